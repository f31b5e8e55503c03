"""Reading an upload: files that are too large are dropped while they arrive, and remembered by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from rest_framework.parsers import DataAndFiles, MultiPartParser

from apps.common.errors import FieldError, Invalid, TooLarge
from apps.common.parsers import loads_strict
from apps.datasets.logic.metadata import base_name, check_metadata, clean_name
from apps.datasets.operations import FileError, Incoming

MAX_FILES = 100
MAX_METADATA = 8 * 2**20
KNOWN = ("files", "metadata")


class SizeLimit(FileUploadHandler):
    """Stands before the handlers that keep the bytes: counts them, and drops the file that passes ``limit``."""

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__(request)
        self.limit = limit
        self.dropped: list[FileError] = []
        self._count = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._count = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._count += len(raw_data)
        if self._count > self.limit:
            detail = f"The file has more than {self.limit} bytes."
            self.dropped.append(FileError(clean_name(self.file_name or ""), "too_large", detail))
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class UploadParser(MultiPartParser):
    """``multipart/form-data`` whose limits are refusals like any other."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        try:
            return super().parse(stream, media_type, dict(parser_context or {}))
        except (TooManyFilesSent, TooManyFieldsSent):
            raise TooLarge(f"One request takes up to {MAX_FILES} files.", code="too_many_files") from None
        except RequestDataTooBig:
            raise TooLarge("The metadata is too large.") from None


def read_upload(data: Any, dropped: list[FileError]) -> list[Incoming]:
    """The files of an upload (a ``QueryDict``) with their metadata; ``dropped`` were too large.

    Raises Invalid, TooLarge.
    """
    for name in data:
        if name not in KNOWN:
            raise Invalid.at(f"/{name}", f"An upload has the parts {' and '.join(KNOWN)}.", code="unknown_field")
    files = [file for file in data.getlist("files") if hasattr(file, "chunks")]
    if len(files) != len(data.getlist("files")):
        raise Invalid.at("/files", "files are file parts, with a file name.", code="not_a_file")
    if not files and not dropped:
        raise Invalid.at("/files", "Send at least one file.", code="required")
    if len(files) + len(dropped) > MAX_FILES:
        raise TooLarge(f"One request takes up to {MAX_FILES} files.", code="too_many_files")
    metadata = _read_metadata(data.getlist("metadata"))
    names = {base_name(file.name or "") for file in files} | {error.name for error in dropped}
    for name in metadata:
        if name not in names:
            raise Invalid.at(f"/metadata/{name}", "No file of the request has this name.", code="unknown_file")
    return [Incoming(name, file, metadata.get(name, {})) for file in files for name in [base_name(file.name or "")]]


def _read_metadata(parts: list[Any]) -> dict[str, dict[str, Any]]:
    """The ``metadata`` part: a JSON object by file name, as a text or as a file."""
    if not parts:
        return {}
    part = parts[-1]
    raw = part.read(MAX_METADATA + 1) if hasattr(part, "chunks") else str(part).encode(errors="surrogatepass")
    if len(raw) > MAX_METADATA:
        raise TooLarge("The metadata is too large.")
    try:
        value = loads_strict(raw)
    except Invalid as error:
        raise Invalid("metadata is not JSON.", errors=[FieldError("/metadata", "malformed", error.detail)]) from None
    if not isinstance(value, dict):
        raise Invalid.at("/metadata", "metadata is an object by file name.", code="not_an_object")
    return {base_name(name): check_metadata(item, f"/metadata/{name}") for name, item in value.items()}
