"""Small functions that every scorer shares."""

from __future__ import annotations

import numpy as np

from apps.quality.logic.checks import Array


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -40, 40))))


def log_odds(p: Array, *, edge: float = 1e-6) -> Array:
    """log p / (1 - p), with p held between ``edge`` and 1 - ``edge``."""
    q = np.clip(p, edge, 1 - edge)
    return np.asarray(np.log(q) - np.log1p(-q))


def group_max(count: int, index: Array, value: Array) -> Array:
    """The largest value of each group, 0 where a group is empty."""
    out = np.zeros(count)
    np.maximum.at(out, index, value)
    return out


def shift_to_mean(x: Array, share: float) -> float:
    """The offset b for which sigmoid(x + b) has the mean ``share``, found by halving."""
    low, high = -40.0, 40.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(x + middle).mean() < share else (low, middle)
    return (low + high) / 2


def sample(count: int, at_most: int) -> Array:
    """Row numbers: all, or a fixed random choice of ``at_most``, so that a whole pass is not needed to fit a number."""
    if count <= at_most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, at_most, replace=False))
