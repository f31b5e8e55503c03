"""Like beside like: the medoid of a set, a chain from neighbour to neighbour, a few that stand for all; and what a
share of hidden errors that was found says of the instrument."""

from __future__ import annotations

import numpy as np

from apps.quality.logic.certificate.intervals import beta_cdf, halve
from apps.quality.logic.checks import Array

FOUND, MISSED = 8.0, 2.0
"""The prior of a sensitivity: an instrument that nobody has measured finds four errors in five."""


def distances(vectors: Array) -> Array:
    """(n, n) Euclidean distances of (n, d) vectors."""
    own = np.asarray(vectors, np.float64)
    square = (own**2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(square[:, None] + square[None] - 2 * own @ own.T, 0.0)))


def medoid(away: Array) -> int:
    """The row with the least sum of distances to all others; the first of equals."""
    return int(np.argmin(away.sum(axis=1)))


def chain(away: Array, start: int) -> list[int]:
    """Every row once: from ``start`` always on to the nearest that is left. Quadratic; for some hundreds of rows."""
    n = len(away)
    left = np.ones(n, bool)
    order = [start]
    left[start] = False
    for _ in range(n - 1):
        row = np.where(left, away[order[-1]], np.inf)
        order.append(int(np.argmin(row)))
        left[order[-1]] = False
    return order


def standing_for(away: Array, most: int) -> list[int]:
    """Up to ``most`` rows such that each row is near one of them: the medoid, then always the one that brings all
    others nearest (greedy k-medoids)."""
    if not len(away) or most < 1:
        return []
    chosen = [medoid(away)]
    near = away[chosen[0]].copy()
    while len(chosen) < min(most, len(away)):
        gain = np.maximum(near[None] - away, 0.0).sum(axis=1)
        gain[chosen] = -1.0
        chosen.append(int(np.argmax(gain)))
        near = np.minimum(near, away[chosen[-1]])
    return chosen


def sensitivity(found: int, there: int, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean and interval of the posterior Beta(8 + found, 2 + missed)."""
    a, b, tail = found + FOUND, there - found + MISSED, (1 - confidence) / 2
    low = halve(lambda q: beta_cdf(q, a, b) >= tail)
    high = halve(lambda q: beta_cdf(q, a, b) >= 1 - tail)
    return a / (a + b), low, high


def hidden_number(size: int, share: float, toss: float) -> int:
    """How many known errors a batch of ``size`` hides: ``share`` of it, the fraction decided by ``toss`` in [0, 1)."""
    return int(size * share + toss)
