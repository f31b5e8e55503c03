"""Reading registered storage roots: local folders without following links, and S3-compatible buckets."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.exceptions import ImproperlyConfigured

from apps.common.errors import Conflict, Invalid
from apps.datasets.models import Storage

SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""Other files are passed over without a word; what these hold is judged by its content."""

IN_MEMORY = 4 * 2**20
MAX_PREFIX = 1_000

FoundFile = tuple[str, Callable[[], IO[bytes]]]
"""A path relative to the prefix, and how to open the file (may raise OSError)."""


def check_prefix(prefix: Any) -> str:
    """A relative path below the root, without tricks; "" is the root. Raises Invalid at /prefix."""
    if not isinstance(prefix, str) or len(prefix) > MAX_PREFIX or "\\" in prefix or not prefix.isprintable():
        raise Invalid.at("/prefix", "prefix is a path below the root, with forward slashes.", code="bad_prefix")
    parts = [part for part in prefix.split("/") if part]
    if prefix.startswith("/") or any(part in (".", "..") or ":" in part or "%" in part for part in parts):
        raise Invalid.at("/prefix", "prefix stays below the root.", code="bad_prefix")
    return "/".join(parts)


def images_in(storage: Storage, prefix: str) -> Iterator[FoundFile]:
    """The image files below ``prefix``, in a fixed order. Raises Conflict when the root cannot be read."""
    try:
        if storage.kind == "local":
            yield from _local(storage.root, prefix)
        else:
            yield from _bucket(storage, prefix)
    except FileNotFoundError:
        raise Conflict("The folder is not there.", code="no_folder") from None
    except NotADirectoryError:
        raise Conflict("This is no folder, or a link to one.", code="no_folder") from None
    except OSError as error:
        raise Conflict(
            f"The folder cannot be read: {error.strerror or 'input or output error'}.", code="unreadable"
        ) from None


def _local(root: str, prefix: str) -> Iterator[FoundFile]:
    """Walks by directory handles, each opened below its parent and never through a link: nothing that changes under our
    feet can lead outside the root."""
    below = prefix.split("/") if prefix else []
    top = _open_folder(root, below)
    try:
        for folder, folders, names, _ in os.fwalk(".", follow_symlinks=False, dir_fd=top):
            folders.sort()
            for name in sorted(names):
                if name.lower().endswith(SUFFIXES):
                    path = os.path.normpath(f"{folder}/{name}")
                    yield path, partial(_open_plain, root, [*below, *path.split("/")])
    finally:
        os.close(top)


def _open_folder(root: str, parts: Sequence[str]) -> int:
    """A handle on a folder below the root, no part of the way a link. Raises OSError."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for part in parts:
        parent = handle
        try:
            handle = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        finally:
            os.close(parent)
    return handle


def _open_plain(root: str, parts: Sequence[str]) -> IO[bytes]:
    """A regular file below the root: no link, pipe or device. Raises OSError."""
    folder = _open_folder(root, parts[:-1])
    try:
        handle = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("not a regular file")
    return os.fdopen(handle, "rb")


def _bucket(storage: Storage, prefix: str) -> Iterator[FoundFile]:
    bucket = _open_bucket(storage)
    for item in bucket.objects.filter(Prefix=f"{prefix}/" if prefix else ""):
        key = str(item.key)
        if key.lower().endswith(SUFFIXES):
            name = key[len(prefix) + 1 :] if prefix else key
            yield name, partial(_download, item)


def _open_bucket(storage: Storage) -> Any:
    """The bucket, by way of the same library that keeps media in production."""
    try:
        from storages.backends.s3 import S3Storage
    except (ImportError, ImproperlyConfigured):
        raise Conflict("This server has no support for buckets installed.", code="no_buckets") from None
    return S3Storage(bucket_name=storage.root, **storage.options).bucket


def _download(item: Any) -> IO[bytes]:
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the caller closes it
    with closing(item.get()["Body"]) as body:
        for chunk in body.iter_chunks(65_536):
            file.write(chunk)
    file.seek(0)
    return file
