"""Whether two images show the same picture: one is laid over the other, mirrored or cut by up to an eighth.

The measure is the normalised cross-correlation of what is left of both after their blurred selves are taken away, so
that two smears of one stain under one lamp are as unlike as their cells are. First on a coarse grid, then, where that
is promising, on a finer one around the best place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from apps.quality.descriptors.pictures import Pixels, grey

COARSE, FINE = 32, 112
SCALES = (1.0, 0.969, 0.938, 0.906, 0.875, 0.844)
LEAST = 0.84
PROMISING, SAME = 0.4, 0.78
NOISE = 2.0
"""Grey levels that compression alone may add."""

FAINT = 0.3
"""Of that measure's spread: images with less have nothing by which they could be told apart."""

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the first image lies on the second, in parts of width and height: x' = ``scale[0]`` x + ``shift[0]``, and
    so for y. A negative scale is a mirror image. ``score`` is the correlation, at most 1."""

    score: float
    scale: tuple[float, float]
    shift: tuple[float, float]

    @property
    def flipped(self) -> bool:
        return self.scale[0] < 0 or self.scale[1] < 0

    @property
    def cropped(self) -> bool:
        return abs(abs(self.scale[0]) - 1) > 0.02 or abs(abs(self.scale[1]) - 1) > 0.02

    def inverse(self) -> Alignment:
        """Where the second lies on the first."""
        scale = (1 / self.scale[0], 1 / self.scale[1])
        return Alignment(self.score, scale, (-self.shift[0] * scale[0], -self.shift[1] * scale[1]))

    def box(self, box: Array) -> Array:
        """(n, 4) boxes xyxy in parts of the first image, as boxes on the second."""
        scale, shift = np.array(self.scale * 2), np.array(self.shift * 2)
        moved = box * scale + shift
        return np.concatenate([np.minimum(moved[:, :2], moved[:, 2:]), np.maximum(moved[:, :2], moved[:, 2:])], axis=1)


class Plate:
    """An image made ready to be laid over others: its thumbnail in grey."""

    def __init__(self, pixels: Pixels) -> None:
        levels = np.clip(grey(pixels) + 0.5, 0, 255).astype(np.uint8)
        self.image = Image.fromarray(levels)
        self.ready: dict[int, Array] = {}

    def at(self, side: int) -> Array:
        """(side, side) what is left of the image when its blurred self is taken away, in grey levels."""
        if side not in self.ready:
            small = self.image.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=3.0)
            self.ready[side] = sharp_part(np.asarray(small, np.float32))
        return self.ready[side]

    @property
    def faint(self) -> bool:
        return bool(self.at(COARSE).std() < FAINT)


def sharp_part(x: Array) -> Array:
    """Less the mean around each pixel, and by the spread there: one strong edge does not decide for the whole image."""
    left = x - blurred(x)
    return np.asarray(left / np.sqrt(blurred(left * left) + NOISE**2))


def blurred(x: Array) -> Array:
    """The mean of the square of 2/7 of the side around each pixel."""
    reach = max(2, len(x) // 7)
    padded = np.pad(x.astype(np.float64), ((reach + 1, reach), (reach + 1, reach)), mode="reflect")
    sums = padded.cumsum(axis=0).cumsum(axis=1)
    width = 2 * reach + 1
    window = sums[width:, width:] - sums[:-width, width:] - sums[width:, :-width] + sums[:-width, :-width]
    return np.asarray(window / width**2)


def align(one: Plate, other: Plate, *, across: bool = False, down: bool = False) -> Alignment | None:
    """``one``, mirrored as said, laid over ``other``; None where they are not the same picture, or too faint to say."""
    if one.faint or other.faint:
        return None
    best: Alignment | None = None
    for under, over, swapped in ((other, one, False), (one, other, True)):
        score, scale, x, y = search(over, under, COARSE, SCALES, across, down)
        if score < PROMISING:
            continue
        score, scale, x, y = refined(over, under, across, down, (x, y, scale))
        if score >= SAME and (best is None or score > best.score):
            found = laid(score, scale, x, y, across, down)
            best = found.inverse() if swapped else found
    return best


def refined(
    over: Plate, under: Plate, across: bool, down: bool, around: tuple[float, float, float]
) -> tuple[float, float, float, float]:
    """On the fine grid: the size goes up or down as long as that helps."""
    tried: dict[int, tuple[float, float, float, float]] = {}

    def at(size: int) -> float:
        if size not in tried and LEAST * FINE <= size <= FINE:
            tried[size] = search(over, under, FINE, [size / FINE], across, down, around=around)
        return tried[size][0] if size in tried else -1.0

    size = round(around[2] * FINE)
    while True:
        best = max((size, size - 1, size + 1), key=at)
        if best == size:
            return tried[size]
        size = best


def laid(score: float, scale: float, x: float, y: float, across: bool, down: bool) -> Alignment:
    return Alignment(
        float(score),
        (-scale if across else scale, -scale if down else scale),
        (x + scale if across else x, y + scale if down else y),
    )


def search(
    over: Plate,
    under: Plate,
    side: int,
    scales: tuple[float, ...] | list[float],
    across: bool,
    down: bool,
    around: tuple[float, float, float] | None = None,
) -> tuple[float, float, float, float]:
    """Correlation, scale and left upper corner (in parts) of the best place of ``over``, made smaller, on ``under``."""
    ground = under.at(side)
    best = (-1.0, 1.0, 0.0, 0.0)
    for scale in scales:
        size = round(scale * side)
        piece = over.at(size)
        piece = piece[::-1] if down else piece
        piece = piece[:, ::-1] if across else piece
        rows, columns = places(side - size, side, around, scale)
        scores = correlations(ground, piece, rows, columns)
        at = int(scores.argmax())
        if scores.flat[at] > best[0]:
            row, column = np.unravel_index(at, scores.shape)
            best = (float(scores.flat[at]), size / side, columns[column] / side, rows[row] / side)
    return best


def places(room: int, side: int, around: tuple[float, float, float] | None, scale: float) -> tuple[range, range]:
    """Rows and columns at which the piece is tried: all, or those by the best place of the coarse grid."""
    if around is None:
        return range(room + 1), range(room + 1)
    x, y, before = around
    drift = (before - scale) / 2  # a smaller piece begins later
    reach = side // COARSE + 1
    found = []
    for middle in (y, x):
        low = min(max(round((middle + drift) * side) - reach, 0), room)
        found.append(range(low, min(low + 2 * reach, room) + 1))
    return found[0], found[1]


def correlations(ground: Array, piece: Array, rows: range, columns: range) -> Array:
    """(rows, columns) of the piece with each part of the ground."""
    size = len(piece)
    part = ground[rows.start : rows.stop - 1 + size, columns.start : columns.stop - 1 + size]
    windows = np.lib.stride_tricks.sliding_window_view(part, (size, size))
    flat = windows.reshape(len(rows) * len(columns), -1)
    unit = piece.ravel() - piece.mean()
    unit = unit / max(float(np.linalg.norm(unit)), 1e-9)
    spread = np.sqrt(np.maximum((flat * flat).sum(axis=1) - flat.mean(axis=1) ** 2 * flat.shape[1], 1e-9))
    return np.asarray((flat @ unit / spread).reshape(len(rows), len(columns)))
