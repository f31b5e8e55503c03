"""Cuts the crops of many rows at once: each image is decoded once, several at a time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from PIL import Image

from lapidary.pictures import cut
from lapidary.rows import Row

THREADS = min(8, os.cpu_count() or 1)
"""Pillow decodes without Python's lock."""


@dataclass
class Cut:
    """The rows whose crops could be made, their crops, and why the others have none."""

    rows: list[int] = field(default_factory=list)
    crops: list[Image.Image] = field(default_factory=list)
    troubles: dict[int, str] = field(default_factory=dict)


@cache
def decoders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="lapidary-decode")


@cache
def ahead() -> ThreadPoolExecutor:
    """Where the next screen is made while this one is judged: a thread of its own, which waits for the decoders."""
    return ThreadPoolExecutor(1, thread_name_prefix="lapidary-ahead")


def first(rows: Sequence[Row], count: int, tile: int) -> Cut:
    """The first ``count`` of the rows that have a picture, in their order."""
    found, at = Cut(), 0
    while at < len(rows) and len(found.rows) < count:
        part = rows[at : at + count - len(found.rows)]
        at += len(part)
        for row, crop in zip(part, crops(part, tile), strict=True):
            if isinstance(crop, str):
                found.troubles[row.row] = crop
            else:
                found.rows.append(row.row)
                found.crops.append(crop)
    return found


def crops(rows: Sequence[Row], tile: int) -> list[Image.Image | str]:
    """One for each row, or why there is none."""
    by_image: dict[str | int, list[int]] = {}
    for at, row in enumerate(rows):
        by_image.setdefault(row.source.key, []).append(at)

    def of(places: list[int]) -> list[Image.Image | str]:
        return cut(rows[places[0]].source, [rows[at].box for at in places], tile)

    made: dict[int, Image.Image | str] = {}
    for places, found in zip(by_image.values(), decoders().map(of, by_image.values()), strict=True):
        made.update(zip(places, found, strict=True))
    return [made[at] for at in range(len(rows))]
