"""COCO run-length masks: checked by their runs, so that a hostile mask costs no more than its text.

The compressed form (pycocotools ``rleToString``): each run length, from the third odd or even one on as the difference
to the run two before, in little-endian groups of five bits, one character ``chr(48 + bits)`` each, 0x20 marking that
more follow and 0x10 of the last carrying the sign. Runs go down the columns and begin with background.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from apps.labels.logic.numbers import members, refuse

MAX_COUNTS = 4_000_000
"""Characters of one compressed mask."""

LONGEST_RUN = 7
"""Characters of one run: 35 bits, more than any image has pixels."""

Runs = npt.NDArray[np.int64]
Bounds = tuple[float, float, float, float]


def check_bitmask(geometry: Any, *, width: int, height: int, pointer: str) -> tuple[Bounds, float]:
    """Bounding box (x, y, width, height in pixels) and area of ``{"size": [h, w], "counts": "…"}``. Raises Invalid."""
    mask = members(geometry, ("size", "counts"), pointer)
    size, counts = mask["size"], mask["counts"]
    if not isinstance(size, list) or [type(value) for value in size] != [int, int] or size != [height, width]:
        refuse(f"{pointer}/size", "wrong_size", f"size is the image's [height, width]: [{height}, {width}].")
    if not isinstance(counts, str):
        refuse(f"{pointer}/counts", "bad_counts", "counts is the compressed text of COCO.")
    runs = read_runs(counts, pixels=width * height, pointer=f"{pointer}/counts")
    area = int(runs[1::2].sum())
    if area == 0:
        refuse(f"{pointer}/counts", "empty", "The mask covers no pixel.")
    x, y, w, h = coco_mask.toBbox({"size": [height, width], "counts": counts.encode("ascii")})
    return (float(x), float(y), float(w), float(h)), float(area)


def read_runs(counts: str, *, pixels: int, pointer: str) -> Runs:
    """The run lengths of a compressed mask, which together make exactly ``pixels``. Raises Invalid at ``pointer``."""
    if not counts or len(counts) > MAX_COUNTS or not counts.isascii():
        refuse(pointer, "bad_counts", f"counts is 1 to {MAX_COUNTS} characters of COCO's compressed form.")
    runs = _decode(counts)
    if runs is None:
        refuse(pointer, "bad_counts", "counts is not COCO's compressed form.")
    if bool((runs < 0).any()) or bool((runs > pixels).any()) or int(runs.sum()) != pixels:
        refuse(pointer, "bad_counts", f"The runs of counts do not add up to the image's {pixels} pixels.")
    return runs


def _decode(counts: str) -> Runs | None:
    """The numbers of the compressed text, or None when it is none."""
    bits = np.frombuffer(counts.encode("ascii"), dtype=np.uint8).astype(np.int64) - 48
    if bool((bits < 0).any()) or bool((bits > 63).any()):
        return None
    ends = np.flatnonzero((bits & 32) == 0)
    if len(ends) == 0 or ends[-1] != len(bits) - 1:
        return None
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if int(lengths.max()) > LONGEST_RUN:
        return None
    place = np.arange(len(bits)) - np.repeat(starts, lengths)
    values: Runs = np.add.reduceat((bits & 31) << (5 * place), starts)
    values = np.where(bits[ends] & 16, values - (np.int64(1) << (5 * lengths)), values)
    # From the fourth run on (index 3) each is the difference to the run two before it.
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def compress(runs: list[int], *, width: int, height: int) -> str:
    """The compressed text of plain run lengths, which the caller has checked to add up to the image."""
    packed = coco_mask.frPyObjects({"size": [height, width], "counts": runs}, height, width)
    text: str = packed["counts"].decode("ascii")
    return text
