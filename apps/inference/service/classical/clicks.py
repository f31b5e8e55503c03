"""GrabCut from clicks alone: how large the object is must be guessed, so three sizes are tried."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.inference.service.classical.grabcut import Box, Cut, Hints, cut, full_size
from apps.inference.service.classical.shapes import contrast, touching

SIZES = (0.2, 0.35, 0.55)
"""Sides of the boxes around the clicks, as parts of the image's."""

ITERATIONS = 2
SIDE = 160
"""Three cuts are made, so each is smaller; on photographs this was a third of the time and no worse than 256."""

FEWEST = 20
"""Reduced pixels below which a mask is not worth showing."""

SAME = 0.95
"""IoU from which on two answers are one."""

Clicks = tuple[tuple[float, float], ...]


def from_clicks(image: NDArray[np.uint8], inside: Clicks, outside: Clicks) -> list[Cut]:
    """The different answers of the sizes, that with the strongest contrast along its outline first."""
    rated: list[tuple[float, Cut]] = []
    for size in SIZES:
        hints = Hints(_box(image, inside, size), inside, outside, iterations=ITERATIONS, side=SIDE)
        found = cut(image, hints)
        if found is not None and np.count_nonzero(found.mask) >= FEWEST:
            rated.append((contrast(found) * (1 - touching(found)), found))
    rated.sort(key=lambda pair: -pair[0])
    different: list[Cut] = []
    shown: list[NDArray[np.bool_]] = []
    for _, found in rated:
        mask = full_size(found.mask, found.span, image.shape[:2])
        if all(_overlap(mask, other) < SAME for other in shown):
            shown.append(mask)
            different.append(found)
    return different


def _box(image: NDArray[np.uint8], inside: Clicks, size: float) -> Box:
    height, width = image.shape[:2]
    half = size * float(np.sqrt(height * width)) / 2
    xs, ys = [x for x, _ in inside], [y for _, y in inside]
    return (
        max(0.0, min(xs) - half),
        max(0.0, min(ys) - half),
        min(float(width), max(xs) + half),
        min(float(height), max(ys) + half),
    )


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    either = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / either if either else 1.0
