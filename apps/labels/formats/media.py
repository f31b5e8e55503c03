"""Writing zips: safe entry names, and images copied piece by piece."""

from __future__ import annotations

import re
import shutil
import zipfile
from typing import IO

from apps.labels.formats.items import ExportedImage

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
STAMP = (2000, 1, 1, 0, 0, 0)
"""Entries carry no time, so that the same labels give the same bytes."""


class Names:
    """Gives each file a name of its own within the archive."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def claim(self, name: str) -> str:
        """``name`` made safe as a relative path; numbered when another image has taken it."""
        safe = self._free(safe_path(name))
        self._taken.add(safe.casefold())
        return safe

    def _free(self, safe: str) -> str:
        stem, dot, suffix = safe.rpartition(".")
        stem, suffix = (stem, dot + suffix) if stem else (safe, "")
        number, found = 1, safe
        while found.casefold() in self._taken:
            number += 1
            found = f"{stem}-{number}{suffix}"
        return found


def safe_path(name: str) -> str:
    """A relative path that stays in its folder on every system."""
    parts = [_UNSAFE.sub("_", part).strip() for part in name.replace("\\", "/").split("/")]
    return "/".join(part for part in parts if part not in ("", ".", ".."))[-200:].lstrip("/") or "image"


def put_text(archive: zipfile.ZipFile, name: str, text: str) -> None:
    """A small deflated entry."""
    entry = zipfile.ZipInfo(name, STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text)


def put_stream(archive: zipfile.ZipFile, name: str, source: IO[bytes], *, deflate: bool = False) -> None:
    """An entry copied in pieces; images are stored, as they are packed already."""
    entry = zipfile.ZipInfo(name, STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with archive.open(entry, "w", force_zip64=True) as target:
        shutil.copyfileobj(source, target, 1 << 20)


def put_media(archive: zipfile.ZipFile, folder: str, name: str, image: ExportedImage) -> None:
    """The image's bytes, when it brings them."""
    if image.media is not None:
        with image.media() as source:
            put_stream(archive, f"{folder}/{name}", source)
