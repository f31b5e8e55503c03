"""Zip archives from strangers: read entry by entry, every byte counted, nothing unpacked to disk.

Names are only labels here, so a path that climbs out of its folder harms nothing; links, encrypted entries, strange
compressions, repeated names and entries that inflate beyond measure are named and skipped, or refuse the archive.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from apps.common.errors import TooLarge
from apps.labels.formats.items import Problem, bad_file, clip

MAX_ENTRIES = 150_000
MAX_DIRECTORY = 16 * 2**20
"""Bytes of the archive's directory, which is read whole."""

MAX_RATIO = 200
"""How many times its packed size an entry may grow, once it is past FREE_BYTES."""

FREE_BYTES = 2**20
MAX_TOTAL = 16 * 2**30
"""Bytes of all entries read together."""

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
BLOCK = 1 << 16


class Archive:
    """A zip archive within limits. Raises Invalid for what is no zip, TooLarge for what is beyond the limits."""

    def __init__(self, file: IO[bytes]) -> None:
        check_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as error:
            raise bad_file(f"This is not a sound zip archive: {error}") from None
        if len(self._zip.filelist) > MAX_ENTRIES:
            raise TooLarge(f"An archive has at most {MAX_ENTRIES} entries.")
        self._read = 0

    def entries(self, suffix: str) -> Iterator[zipfile.ZipInfo | Problem]:
        """The entries whose names end with ``suffix``, in the archive's order; a Problem for each that is not read."""
        seen: set[str] = set()
        for entry in self._zip.infolist():
            name = entry.filename
            if entry.is_dir() or not name.lower().endswith(suffix) or _is_litter(name):
                continue
            if problem := _unreadable(entry):
                yield problem
            elif name.casefold() in seen:
                yield Problem(
                    clip(name), "repeated_entry", "The archive has two entries of this name; the first is read."
                )
            else:
                seen.add(name.casefold())
                yield entry

    def open(self, entry: zipfile.ZipInfo, *, most: int) -> IO[bytes]:
        """A stream of an entry that counts what it gives. Raises TooLarge while reading beyond ``most`` bytes."""
        try:
            raw = self._zip.open(entry)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, struct.error) as error:
            raise bad_file(f"{clip(entry.filename)} cannot be read: {error}") from None
        return io.BufferedReader(_Counted(self, raw, entry, most), BLOCK)

    def read(self, entry: zipfile.ZipInfo, *, most: int) -> bytes:
        """A whole small entry."""
        with self.open(entry, most=most) as stream:
            return stream.read()

    def count(self, size: int) -> None:
        self._read += size
        if self._read > MAX_TOTAL:
            raise TooLarge("The archive's entries are too large together.")


class _Counted(io.RawIOBase):
    """Bytes of one entry, counted against its limits as they are inflated, whatever its header claims."""

    def __init__(self, archive: Archive, raw: IO[bytes], entry: zipfile.ZipInfo, most: int) -> None:
        self._archive, self._raw, self._entry = archive, raw, entry
        self._left = min(most, max(FREE_BYTES, entry.compress_size * MAX_RATIO))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._raw.read(min(len(buffer), BLOCK))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise bad_file(f"{clip(self._entry.filename)} is damaged: {error}") from None
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(f"{clip(self._entry.filename)} grows beyond measure when it is unpacked.")
        self._archive.count(len(data))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def is_zip(file: IO[bytes]) -> bool:
    """Whether the file begins like a zip archive; its position is left at the start."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in (b"PK\x03\x04", b"PK\x05\x06")


def check_directory(file: IO[bytes]) -> None:
    """Refuses an archive by what its end record says, before its directory is read into memory."""
    size = file.seek(0, io.SEEK_END)
    tail_at = max(0, size - 65_557 - _LOCATOR.size)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise bad_file("This is not a zip archive.")
    _, _, _, _, entries, directory, _, _ = _END.unpack_from(tail, at)
    locator = at - _LOCATOR.size
    if locator >= 0 and tail[locator : locator + 4] == b"PK\x06\x07":
        file.seek(min(_LOCATOR.unpack_from(tail, locator)[2], size))
        record = file.read(_END64.size)
        if len(record) < _END64.size or record[:4] != b"PK\x06\x06":
            raise bad_file("The zip archive's end is damaged.")
        entries, directory = _END64.unpack(record)[7:9]
    file.seek(0)
    if entries > MAX_ENTRIES or directory > MAX_DIRECTORY:
        raise TooLarge(f"An archive has at most {MAX_ENTRIES} entries.")


def _unreadable(entry: zipfile.ZipInfo) -> Problem | None:
    mode = entry.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
        return Problem(clip(entry.filename), "bad_entry", "Links and devices are not read.")
    if entry.flag_bits & 0x1:
        return Problem(clip(entry.filename), "bad_entry", "Encrypted entries are not read.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Problem(clip(entry.filename), "bad_entry", "Only stored and deflated entries are read.")
    return None


def _is_litter(name: str) -> bool:
    """What macOS adds beside the real files."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")
