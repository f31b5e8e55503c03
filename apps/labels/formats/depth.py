"""A stream of JSON that refuses to nest deeply: the streaming parser spells out the path of every level, so a hundred
thousand brackets would cost it gigabytes."""

from __future__ import annotations

from typing import IO

import numpy as np

from apps.labels.formats.items import bad_file

MAX_DEPTH = 64

_STEP = np.zeros(256, dtype=np.int8)
_STEP[[ord("["), ord("{")]] = 1
_STEP[[ord("]"), ord("}")]] = -1
_QUOTE = ord('"')


class Shallow:
    """Passes ``source`` on piece by piece. Raises Invalid before a piece that goes deeper than MAX_DEPTH."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._depth = 0
        self._in_string = 0
        self._escape = b""

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self._check(piece)
        return piece

    def _check(self, piece: bytes) -> None:
        text = self._escape + piece
        plain = text.replace(b"\\\\", b"  ")
        # A last backslash escapes what the next piece begins with.
        self._escape = b"\\" if plain.endswith(b"\\") else b""
        plain = plain.replace(b'\\"', b"  ")
        bytes_ = np.frombuffer(plain, dtype=np.uint8)
        if not len(bytes_):
            return
        strings = np.cumsum(bytes_ == _QUOTE) + self._in_string
        steps = np.cumsum(np.where(strings & 1, 0, _STEP[bytes_]), dtype=np.int64)
        if self._depth + int(steps.max()) > MAX_DEPTH:
            raise bad_file(f"The JSON is nested deeper than {MAX_DEPTH} levels.")
        self._depth += int(steps[-1])
        self._in_string = int(strings[-1]) & 1
