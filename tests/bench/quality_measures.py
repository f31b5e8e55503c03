"""How well a score finds errors, and how well a probability means what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.quality.logic.calibration import logistic
from apps.quality.logic.numbers import log_odds

Array = NDArray[Any]


def auroc(wrong: Array, score: Array) -> float:
    """Ties count half; nan where one side is empty."""
    if wrong.all() or not wrong.any():
        return float("nan")
    _, of, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[of]
    p = int(wrong.sum())
    return float((rank[wrong].sum() - p * (p + 1) / 2) / (p * (len(wrong) - p)))


def average_precision(wrong: Array, score: Array) -> float:
    """Step-wise; ties form one step."""
    order = np.argsort(-score, kind="stable")
    hit, value = wrong[order], score[order]
    last = np.r_[np.flatnonzero(np.diff(value)), len(value) - 1]
    found = np.cumsum(hit)[last]
    return float((np.diff(np.r_[0, found / wrong.sum()]) * found / (last + 1)).sum())


def precision_at_n(wrong: Array, score: Array) -> float:
    """Among as many top rows as there are errors."""
    return float(wrong[np.argsort(-score, kind="stable")[: int(wrong.sum())]].mean())


def skill(wrong: Array, p: Array) -> float:
    """1 - log loss over that of the constant rate."""

    def loss(q: Array) -> float:
        return float(-np.where(wrong, np.log(q), np.log1p(-q)).mean())

    return 1 - loss(np.clip(p, 1e-6, 1 - 1e-6)) / loss(np.full(len(p), wrong.mean()))


def slope(wrong: Array, p: Array) -> float:
    """Of the logistic regression of the truth on the log odds: 1 is right, less is overconfident."""
    x = np.column_stack([log_odds(p), np.ones(len(p))])
    return float(logistic(x, wrong.astype(float), np.ones(len(p)), np.array([1.0, 0.0]), np.zeros(2))[0])


def calibration_error(wrong: Array, p: Array, bins: int = 10) -> float:
    """ECE over equal-width bins."""
    of = np.minimum((p * bins).astype(int), bins - 1)
    gap = np.bincount(of, wrong, bins) - np.bincount(of, p, bins)
    return float(np.abs(gap).sum() / len(p))
