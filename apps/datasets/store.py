"""Where the bytes are: keys of ours in Django's default storage (local files, or any S3-compatible store)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import IO
from uuid import UUID

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

log = logging.getLogger(__name__)

ROOT = "units"


def key_of(dataset_id: UUID, unit_id: UUID, part: str) -> str:
    """The key of one part of a data unit: nothing in it comes from outside."""
    return f"{ROOT}/{dataset_id.hex}/{unit_id.hex[-2:]}/{unit_id.hex}{part}"


def put(key: str, content: IO[bytes] | bytes) -> str:
    """Stores the bytes; answers the key, which the storage never changes for a fresh one."""
    if isinstance(content, bytes):
        return str(default_storage.save(key, ContentFile(content)))
    content.seek(0)
    return str(default_storage.save(key, File(content, name=key)))


def remove(keys: Iterable[str]) -> None:
    """Deletes what a failed addition has stored. A failure here leaves only unused bytes, and is logged."""
    for key in keys:
        if not key:
            continue
        try:
            default_storage.delete(key)
        except Exception as error:  # noqa: BLE001  any storage's own exception types
            log.warning("unused media stays", extra={"key": key, "error": repr(error)})


def open_key(key: str) -> IO[bytes]:
    """The bytes of a key. Raises FileNotFoundError (or the storage's own)."""
    return default_storage.open(key, "rb")
