"""A mask's outline as polygons: no more vertices than it takes, rings that the product's server takes as they are.

A pixel covers [x, x + 1] x [y, y + 1], as on the editor's canvas and in COCO's rasteriser, so the outline runs along
the edges of pixels and a mask of 10 pixels' width is 10 wide. (The points of ``findContours`` are centres of border
pixels: taken for an outline they lose half a pixel all around, a tenth of an object of 20 pixels.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

ENOUGH = 0.991
"""IoU with the mask from which on an outline is good enough: .99 is promised, and rasterisers differ by some pixels."""

TOLERANCES = (2.0, 1.4, 1.0, 0.7, 0.5, 0.25, 0.0)
"""Pixels by which the outline may stray from the edges of pixels, in turn; 0 keeps every corner and every speck.
Finer steps than halves, since below 1 the stairs of pixels begin to show: a disc takes 32 vertices at 1.4, 76 at 1."""

SPECK = 4.0
"""Square pixels below which a part or a hole is left out, where the mask is still met without it."""

MOST_RINGS, MOST_VERTICES = 1_000, 20_000
"""What the server takes of one geometry."""

STRIDE = float(1 << 24)
"""More than any image is wide."""

Ring = NDArray[np.int32]
Rings = list[list[tuple[float, float]]]
Parts = list[Rings]

# Steps of cv2's chain: east, then counter-clockwise on the screen. Index of (dy + 1, dx + 1).
_STEPS = [(1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1)]
_STEP_OF = np.full((3, 3), 0, np.intp)
for _number, (_dx, _dy) in enumerate(_STEPS):
    _STEP_OF[_dy + 1, _dx + 1] = _number
# Of the sides east, north, west, south: the corner where a walk with the object to its left begins.
_CORNERS = {0: (1, 1), 2: (1, 0), 4: (0, 0), 6: (0, 1)}


def _sides() -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """For (direction to the last, to the next border pixel): which sides lie open in between, and their corners."""
    used = np.zeros((8, 8, 4), np.bool_)
    corners = np.zeros((8, 8, 4, 2), np.int32)
    for last in range(8):
        for following in range(8):
            swept = [(last + turn) % 8 for turn in range(1, (following - last - 1) % 8 + 1)]
            for place, side in enumerate(side for side in swept if side in _CORNERS):
                used[last, following, place] = True
                corners[last, following, place] = _CORNERS[side]
    return used, corners


_USED, _CORNER = _sides()


def polygons(mask: NDArray[np.bool_]) -> Parts:
    """The parts of ``mask``, each its outer ring and its holes: simple, inside the image, IoU with it at least .99."""
    rows, columns = extent(mask)
    if rows is None or columns is None:
        return []
    return polygons_in(mask[rows, columns], columns.start, rows.start)


def polygons_in(crop: NDArray[np.bool_], left: int, top: int) -> Parts:
    """The same of a mask that is nothing outside ``crop``, whose first pixel is (left, top)."""
    traced = _traced(crop)
    truth = _crossings([ring for part in traced for ring in part])
    found: Parts = []
    for tolerance in TOLERANCES:
        finer = _simplified(_largest(traced, SPECK if tolerance else 0.0), tolerance)
        if found and sum(len(ring) for part in finer for ring in part) > MOST_VERTICES:
            break
        found = finer
        if _overlap(truth, found) >= ENOUGH:
            break
    return [[[(x + left, y + top) for x, y in ring] for ring in part] for part in found]


def extent(mask: NDArray[np.bool_]) -> tuple[slice, slice] | tuple[None, None]:
    """The rows and columns of what is set, or none."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return None, None
    within = mask[rows[0] : rows[-1] + 1]
    columns = np.flatnonzero(within.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _traced(crop: NDArray[np.bool_]) -> list[list[Ring]]:
    """Parts of exact outlines along the edges of pixels: the outer ring, then its holes."""
    picture = np.ascontiguousarray(crop).view(np.uint8)
    chains, tree = cv2.findContours(picture, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if not chains:
        return []
    parts: dict[int, list[Ring]] = {}
    for number, (chain, parent) in enumerate(zip(chains, tree[0, :, 3].tolist(), strict=True)):
        ring = _along_edges(chain[:, 0].astype(np.int32, copy=False))
        if parent < 0:
            parts.setdefault(number, []).insert(0, ring)
        else:
            parts.setdefault(parent, []).append(ring)
    return list(parts.values())


def _along_edges(chain: NDArray[np.int32]) -> Ring:
    """The corners of the open sides of the border pixels, in the order of the walk."""
    if len(chain) == 1:
        square: Ring = chain + np.array([(0, 0), (0, 1), (1, 1), (1, 0)], np.int32)
        return square
    step = np.roll(chain, -1, axis=0) - chain
    following = _STEP_OF[step[:, 1] + 1, step[:, 0] + 1]
    last = (np.roll(following, 1) + 4) % 8
    corners = chain[:, None, :] + _CORNER[last, following]
    ring: Ring = corners[_USED[last, following]]
    return ring


def _largest(parts: list[list[Ring]], least: float) -> list[list[Ring]]:
    """What is not a speck, and of that no more than the server takes: the largest rings."""
    sized = [[(cv2.contourArea(ring), ring) for ring in part] for part in parts]
    sizes = sorted((size for part in sized for size, _ in part), reverse=True)
    floor = max(least, sizes[MOST_RINGS - 1] if len(sizes) > MOST_RINGS else 0.0)
    kept = [[ring for size, ring in part if size >= floor] for part in sized if part[0][0] >= floor]
    if len(sizes) > MOST_RINGS and sum(map(len, kept)) > MOST_RINGS:  # many of the very same size
        return [[part[0]] for part in kept[:MOST_RINGS]]
    return kept


def _simplified(parts: list[list[Ring]], tolerance: float) -> Parts:
    found: Parts = []
    for part in parts:
        rings = [cv2.approxPolyDP(ring, tolerance, closed=True)[:, 0] for ring in part]
        if len(rings[0]) >= 3:
            found += _sound([ring.tolist() for ring in rings if len(ring) >= 3])
    return found


def _sound(rings: list[list[list[int]]]) -> Parts:
    """The part as it is where it is simple, else the simple parts that it falls into (rings that cross or touch)."""
    shape = Polygon(rings[0], rings[1:])
    if shape.is_valid and shape.area > 0:
        return [_as_rings(shape)]
    mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    pieces = mended.geoms if isinstance(mended, MultiPolygon) else [mended]
    return [_as_rings(piece) for piece in pieces if isinstance(piece, Polygon) and piece.area > 0 and piece.is_valid]


def _as_rings(shape: Polygon) -> Rings:
    return [[(float(x), float(y)) for x, y in ring.coords[:-1]] for ring in (shape.exterior, *shape.interiors)]


def _crossings(rings: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Where the outline crosses the middle of a row of pixels: row * stride + x, sorted. Even-odd, so holes count."""
    if not rings:
        return np.empty(0)
    starts = np.concatenate(rings).astype(np.float64)
    ends = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings]).astype(np.float64)
    first = np.ceil(np.minimum(starts[:, 1], ends[:, 1]) - 0.5).astype(np.int64)
    count = np.ceil(np.maximum(starts[:, 1], ends[:, 1]) - 0.5).astype(np.int64) - first
    edge = np.repeat(np.arange(len(starts)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    (x0, y0), (x1, y1) = starts[edge].T, ends[edge].T
    return np.sort(row * STRIDE + x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0))


def _overlap(truth: NDArray[np.float64], parts: Parts) -> float:
    """IoU with the outline whose crossings ``truth`` is: the lengths between crossings, no picture is drawn."""
    found = _crossings([np.array(ring) for part in parts for ring in part])
    a, b = _covered(truth), _covered(found)
    apart = _covered(np.sort(np.concatenate([truth, found])))
    both = (a + b - apart) / 2
    return both / max(a + b - both, 1e-9)


def _covered(crossings: NDArray[np.float64]) -> float:
    return float((crossings[1::2] - crossings[::2]).sum())
