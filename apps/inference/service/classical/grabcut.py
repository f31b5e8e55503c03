"""GrabCut around a box, clicks or a mask: no weights, no training, colours only.

The work is done on a crop, the object's box and a third around it, reduced to 256 pixels a side: on a photograph that
is ten times quicker than full size and loses one point of IoU. Deterministic: the colour clusters start from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

PADDING = 0.35
"""How much of the box's longer side is looked at around it."""

SIDE = 256
"""Pixels of the reduced crop's longer side."""

ITERATIONS = 3
BRUSH = 0.03
"""Radius of a click, as a part of the crop's shorter side."""

FEWEST = 5
"""Pixels that the colour clusters of either ground need."""

Picture = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of the object, in pixels of the image. ``box`` surrounds it; ``seed`` is roughly it."""

    box: Box
    inside: tuple[tuple[float, float], ...] = ()
    outside: tuple[tuple[float, float], ...] = ()
    seed: Bools | None = None
    iterations: int = ITERATIONS
    side: int = SIDE


@dataclass(frozen=True, slots=True)
class Cut:
    """A mask of the reduced crop, and where that lies: ``span`` is left, top, right, bottom in the image.

    ``raw`` is all that took the object's colours, ``mask`` the connected part of it that was meant.
    """

    picture: Picture
    mask: Bools
    raw: Bools
    span: tuple[int, int, int, int]
    box: tuple[int, int, int, int]


def cut(image: Picture, hints: Hints) -> Cut | None:
    """The object at reduced size, possibly empty, or None where there are too few pixels to tell anything apart."""
    span = _span(image, hints)
    left, top, right, bottom = span
    crop = image[top:bottom, left:right]
    factor = min(1.0, hints.side / max(crop.shape[:2]))
    size = (max(1, round(crop.shape[1] * factor)), max(1, round(crop.shape[0] * factor)))
    picture = cv2.resize(crop, size, interpolation=cv2.INTER_AREA) if factor < 1 else np.ascontiguousarray(crop)
    scale = (size[0] / (right - left), size[1] / (bottom - top))
    box = _inner(hints.box, span, scale, size)
    grounds = _grounds(hints, span, scale, size, box)
    if not _separable(grounds):
        return None
    cv2.setRNGSeed(0)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = np.ascontiguousarray(picture[..., ::-1])
    cv2.grabCut(bgr, grounds, (0, 0, 0, 0), background, foreground, hints.iterations, cv2.GC_INIT_WITH_MASK)
    raw = (grounds & 1).astype(np.bool_)
    clicks = [_place(point, span, scale, size) for point in hints.inside]
    return Cut(picture.astype(np.uint8, copy=False), meant(raw, clicks), raw, span, box)


def meant(raw: Bools, clicks: list[tuple[int, int]]) -> Bools:
    """The connected parts under the clicks, or without such the largest one; small gaps closed."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(raw.view(np.uint8))
    if count <= 1:
        return raw
    chosen = {int(labels[y, x]) for x, y in clicks} - {0} or {1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())}
    kept = np.isin(labels, list(chosen)).astype(np.uint8)
    return cv2.morphologyEx(kept, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)).astype(np.bool_)


def full_size(mask: Bools, span: tuple[int, int, int, int], shape: tuple[int, int]) -> Bools:
    """A reduced mask in the image, its outline smooth rather than in steps."""
    left, top, right, bottom = span
    out = np.zeros(shape, np.bool_)
    if mask.shape == (bottom - top, right - left):
        out[top:bottom, left:right] = mask
        return out
    grey = mask.view(np.uint8) * np.uint8(255)
    out[top:bottom, left:right] = cv2.resize(grey, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR) > 127
    return out


def _span(image: Picture, hints: Hints) -> tuple[int, int, int, int]:
    """The part of the image to look at: the box, every click, and a margin."""
    xs = [hints.box[0], hints.box[2], *(x for x, _ in (*hints.inside, *hints.outside))]
    ys = [hints.box[1], hints.box[3], *(y for _, y in (*hints.inside, *hints.outside))]
    margin = int(max(hints.box[2] - hints.box[0], hints.box[3] - hints.box[1]) * PADDING) + 4
    height, width = image.shape[:2]
    left, top = max(0, int(min(xs)) - margin), max(0, int(min(ys)) - margin)
    return left, top, min(width, int(max(xs)) + margin), min(height, int(max(ys)) + margin)


def _grounds(
    hints: Hints,
    span: tuple[int, int, int, int],
    scale: tuple[float, float],
    size: tuple[int, int],
    box: tuple[int, int, int, int],
) -> Picture:
    """What GrabCut starts from: surely background outside the box, and what the clicks say."""
    left, top, right, bottom = box
    grounds = np.full((size[1], size[0]), cv2.GC_BGD, np.uint8)
    grounds[top:bottom, left:right] = cv2.GC_PR_FGD
    if hints.seed is not None:
        seed = hints.seed[span[1] : span[3], span[0] : span[2]].view(np.uint8) * np.uint8(255)
        likely = cv2.resize(np.ascontiguousarray(seed), size, interpolation=cv2.INTER_AREA) > 127
        inner = grounds[top:bottom, left:right]
        inner[~likely[top:bottom, left:right]] = cv2.GC_PR_BGD
    if not (grounds == cv2.GC_BGD).any():
        # The box is the whole image: its rim is background, likely.
        rim = np.ones(grounds.shape, np.bool_)
        rim[1:-1, 1:-1] = False
        grounds[rim] = cv2.GC_PR_BGD
    radius = max(2, int(min(size) * BRUSH))
    for ground, points in ((cv2.GC_FGD, hints.inside), (cv2.GC_BGD, hints.outside)):
        for point in points:
            cv2.circle(grounds, _place(point, span, scale, size), radius, ground, -1)
    return grounds


def _separable(grounds: Picture) -> bool:
    front = int(np.count_nonzero(grounds & 1))
    return FEWEST <= front <= grounds.size - FEWEST


def _inner(
    box: Box, span: tuple[int, int, int, int], scale: tuple[float, float], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The box in the reduced crop, at least two pixels a side."""
    left, top = int((box[0] - span[0]) * scale[0]), int((box[1] - span[1]) * scale[1])
    left, top = min(max(left, 0), max(size[0] - 2, 0)), min(max(top, 0), max(size[1] - 2, 0))
    right, bottom = int((box[2] - span[0]) * scale[0]), int((box[3] - span[1]) * scale[1])
    return left, top, min(max(right, left + 2), size[0]), min(max(bottom, top + 2), size[1])


def _place(
    point: tuple[float, float], span: tuple[int, int, int, int], scale: tuple[float, float], size: tuple[int, int]
) -> tuple[int, int]:
    x, y = int((point[0] - span[0]) * scale[0]), int((point[1] - span[1]) * scale[1])
    return min(max(x, 0), size[0] - 1), min(max(y, 0), size[1] - 1)
