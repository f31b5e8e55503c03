"""From pairs that show the same picture to groups, the copy to keep, and labels that contradict each other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from apps.quality.logic.checks import Array

SAME_PLACE = 0.5
INSIDE = 0.6
"""Share of a label's area that must lie on the other image before the other one can lack it."""

SHARPER = 0.1
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Copy:
    """What decides which copy is kept. ``blur`` is the image check's."""

    labels: int
    blur: float
    pixels: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """``kind`` class or missing; row numbers of the labels, -1 where there is none."""

    kind: str
    one: int
    other: int


def groups(pairs: Iterable[tuple[K, K]]) -> list[list[K]]:
    """Everything that hangs together, in order of appearance: union-find with halved paths."""
    parent: dict[K, K] = {}

    def root(key: K) -> K:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for one, other in pairs:
        a, b = root(one), root(other)
        if a != b:
            parent[b] = a
    found: dict[K, list[K]] = {}
    for key in parent:
        found.setdefault(root(key), []).append(key)
    return list(found.values())


def best(copies: Sequence[Copy]) -> int:
    """A labelled copy before others, since its work would be lost; then the sharpest, by steps; then the largest."""
    ranks = [(copy.labels > 0, -round(copy.blur / SHARPER), copy.pixels, copy.bytes) for copy in copies]
    return max(range(len(copies)), key=lambda i: (ranks[i], -i))


def disagreements(one: Array, one_kind: Array, other: Array, other_kind: Array, back: Array) -> list[Disagreement]:
    """``one`` (n, 4) xyxy and ``other`` (m, 4) in parts of the second image, ``back`` (m, 4) the latter on the first.

    The best overlapping pairs from IoU 0.5 are the same thing; where their classes differ, one of the two is wrong.
    What lies on both images and has no partner is missing in one or too much in the other.
    """
    overlap = iou(one, other)
    found: list[Disagreement] = []
    left, right = set(range(len(one))), set(range(len(other)))
    if overlap.size:
        order = np.argsort(-(overlap + 1e-3 * (one_kind[:, None] == other_kind[None])), axis=None, kind="stable")
        for flat in order.tolist():
            i, j = divmod(flat, len(other))
            if not left or not right or overlap[i, j] < SAME_PLACE - 1e-3:
                break
            if overlap[i, j] < SAME_PLACE or i not in left or j not in right:
                continue
            left.discard(i)
            right.discard(j)
            if one_kind[i] != other_kind[j]:
                found.append(Disagreement("class", i, j))
    found += [Disagreement("missing", i, -1) for i in sorted(left) if seen(one[i])]
    return found + [Disagreement("missing", -1, j) for j in sorted(right) if seen(back[j])]


def seen(box: Array) -> bool:
    """Whether most of a box lies within 0 to 1."""
    side, there = box[2:] - box[:2], np.clip(box[2:], 0, 1) - np.clip(box[:2], 0, 1)
    return bool(there.prod() >= INSIDE * max(float(side.prod()), 1e-12))


def iou(one: Array, other: Array) -> Array:
    """(n, m)."""
    if not len(one) or not len(other):
        return np.zeros((len(one), len(other)))
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    area = [(x[:, 2:] - x[:, :2]).prod(axis=1) for x in (one, other)]
    return np.asarray(both / np.maximum(area[0][:, None] + area[1][None] - both, 1e-12))
