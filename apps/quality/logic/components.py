"""Parts and holes of a mask, by joining its runs; no loop over pixels."""

from __future__ import annotations

import numpy as np

from apps.quality.logic.checks import Array

LEAST = 0.005  # of the mask's area: specks are neither parts nor holes


def holes_and_parts(mask: Array) -> tuple[int, int]:
    """How many parts (joined by sides or corners) and holes (joined by sides) a mask with an empty rim has."""
    least = max(1.0, LEAST * mask.sum())
    parts = sizes(mask, corners=True)
    around = sizes(~mask, corners=False)
    return int((parts >= least).sum()), max(int((around >= least).sum()) - 1, 0)


def sizes(mask: Array, *, corners: bool) -> Array:
    """(parts,) number of pixels of each connected part."""
    change = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, start = np.nonzero(change == 1)
    stop = np.nonzero(change == -1)[1]
    if not len(row):
        return np.zeros(0)
    root = joined(len(row), *touching(row, start, stop, mask.shape, int(corners)))
    return np.bincount(np.unique(root, return_inverse=True)[1], stop - start)


def touching(row: Array, start: Array, stop: Array, shape: tuple[int, ...], reach: int) -> tuple[Array, Array]:
    """Pairs of runs in neighbouring rows that overlap, or touch at a corner where ``reach`` is 1."""
    wide = shape[1] + 2
    first = np.searchsorted(row * wide + stop, (row + 1) * wide + start - reach, side="right")
    last = np.searchsorted(row * wide + start, (row + 1) * wide + stop + reach, side="left")
    count = np.maximum(last - first, 0)
    one = np.repeat(np.arange(len(row)), count)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return one, first[one] + place


def joined(count: int, one: Array, other: Array) -> Array:
    """(count,) the least member of each one's group, by passing it on until nothing changes."""
    root = np.arange(count)
    while True:
        before = root.copy()
        least = np.minimum(root[one], root[other])
        np.minimum.at(root, one, least)
        np.minimum.at(root, other, least)
        np.minimum.at(root, before, root)
        root = root[root]
        if (root == before).all():
            return root
