"""Boxes of many images in flat arrays, and the pairs of them that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.quality.logic.checks import Array

PAIRS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Boxes:
    """``image`` (n,) image numbers, ``box`` (n, 4) xyxy pixels, ``kind`` (n,) classes, ``score`` (n,) if predicted."""

    image: Array
    box: Array
    kind: Array
    score: Array | None = None

    def __len__(self) -> int:
        return len(self.image)


@dataclass(frozen=True)
class Pairs:
    """Overlapping pairs: ``first`` and ``second`` are row numbers, ``iou`` > 0."""

    first: Array
    second: Array
    iou: Array

    def where(self, kept: Array) -> Pairs:
        return Pairs(self.first[kept], self.second[kept], self.iou[kept])


@dataclass(frozen=True)
class Overlaps:
    """IoU pairs that were measured elsewhere, of masks, polygons or rotated boxes: ``between`` labels and predictions,
    among ``labels`` and among ``predictions``. Pairs that do not touch, and a row with itself, may be left out."""

    between: Pairs
    labels: Pairs
    predictions: Pairs


def areas(box: Array) -> Array:
    return np.asarray((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]))


def overlapping(one: Boxes, other: Boxes, images: int) -> Pairs:
    """All pairs of the same image with IoU > 0; images are taken a few at a time, so that memory stays bounded."""
    parts = [overlaps(one.box, other.box, i, j) for i, j in candidates(one.image, other.image, images)]
    if not parts:
        return no_pairs()
    return Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("first", "second", "iou")))


def no_pairs() -> Pairs:
    empty = np.zeros(0, np.int64)
    return Pairs(empty, empty, np.zeros(0))


def measured(labels: Boxes, predictions: Boxes, images: int) -> Overlaps:
    """The overlaps of upright boxes."""
    between = overlapping(labels, predictions, images)
    return Overlaps(between, overlapping(labels, labels, images), overlapping(predictions, predictions, images))


def candidates(one: Array, other: Array, images: int) -> Iterator[tuple[Array, Array]]:
    """Row numbers of every pair within an image, in portions of whole images."""
    rows, columns = np.argsort(one, kind="stable"), np.argsort(other, kind="stable")
    n, m = np.bincount(one, minlength=images), np.bincount(other, minlength=images)
    row_start, column_start = np.cumsum(n) - n, np.cumsum(m) - m
    counts = n * m
    portion = np.cumsum(counts) // PAIRS_AT_ONCE
    for number in np.unique(portion[counts > 0]):
        chosen = np.flatnonzero((portion == number) & (counts > 0))
        size = counts[chosen]
        of = np.repeat(chosen, size)
        place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        yield rows[row_start[of] + place // m[of]], columns[column_start[of] + place % m[of]]


def overlaps(one: Array, other: Array, i: Array, j: Array) -> Pairs:
    """IoU of the given pairs, those that do not touch left out."""
    a, b = one[i], other[j]
    width = np.minimum(a[:, 2], b[:, 2]) - np.maximum(a[:, 0], b[:, 0])
    height = np.minimum(a[:, 3], b[:, 3]) - np.maximum(a[:, 1], b[:, 1])
    kept = (width > 0) & (height > 0)
    common = width[kept] * height[kept]
    union = areas(a[kept]) + areas(b[kept]) - common
    return Pairs(i[kept], j[kept], common / np.maximum(union, 1e-9))
