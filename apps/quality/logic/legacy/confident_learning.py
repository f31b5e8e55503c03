"""cleanlab's confident joint and its filters: which labels are called issues, yes or no.

Source: cleanlab 2.9.0, ``count`` and ``filter``; Northcutt et al., "Confident Learning", 2021.
"""

from __future__ import annotations

import numpy as np

from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.legacy.cleanlab import SMALL, TINY, normalized_margin, self_confidence, thresholds

FILTERS = (
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
)


def confident(p: Array, y: Array) -> Array:
    """(n,) the class each row is confident in, -1 for none."""
    sure = p >= thresholds(p, y) - SMALL
    several = sure.sum(axis=1)
    return np.where(several == 0, -1, np.where(several > 1, p.argmax(axis=1), sure.argmax(axis=1)))


def joint(p: Array, y: Array, *, calibrate: bool = True) -> Array:
    """(k, k) whole numbers, rows given, columns confident; calibrated to the given counts, row sums kept."""
    k, guess = p.shape[1], confident(p, y)
    sure = guess >= 0
    counts = np.bincount(y[sure] * k + guess[sure], minlength=k * k).reshape(k, k)
    np.fill_diagonal(counts, np.maximum(counts.diagonal(), 1))
    if not calibrate:
        return counts
    given = np.bincount(y, minlength=k)
    scaled = counts / np.maximum(counts.sum(axis=1), TINY)[:, None] * given[:, None]
    return rounded_rows(scaled / np.maximum(scaled.sum(), TINY) * given.sum())


def rounded_rows(values: Array) -> Array:
    """Every row rounded to whole numbers that keep its rounded sum."""
    return np.array([rounded(row) for row in values])


def rounded(row: Array) -> Array:
    whole, wanted = row.round(), row.sum().round()
    while abs(whole.sum().round() - wanted) > SMALL:
        gap = wanted - whole.sum().round()
        one = -1 if gap < 0 else 1
        chosen = np.argsort(row - whole)[::-one][: min(int(abs(gap)), len(row))]
        whole[chosen] += one
    return np.asarray(whole.astype(np.int64))


def issues(p: Array, y: Array, *, by: str = "prune_by_noise_rate", fraction: float = 1.0, keep: int = 1) -> Array:
    """(n,) which labels are called issues. ``fraction`` of the noise and at least ``keep`` rows of a class are left by
    the filters that prune."""
    if by not in FILTERS:
        raise BadInput(f"filter: one of {', '.join(FILTERS)} is needed.")
    if by == "low_normalized_margin":
        return lowest(normalized_margin(p, y), off_diagonal(p, y))
    if by == "low_self_confidence":
        return lowest(self_confidence(p, y), off_diagonal(p, y))
    if by == "confident_learning":
        return off_diagonal(p, y)
    found = p.argmax(axis=1) != y if by == "predicted_neq_given" else pruned(p, y, by, fraction, keep)
    return found & ~agreed(p, y)


def off_diagonal(p: Array, y: Array) -> Array:
    guess = confident(p, y)
    return np.asarray((guess >= 0) & (guess != y) & ~agreed(p, y))


def agreed(p: Array, y: Array) -> Array:
    """Whether the prediction is the label, ties within 1e-6 in its favour."""
    leaning = p.copy()
    leaning[np.arange(len(y)), y] += SMALL
    return np.asarray(leaning.argmax(axis=1) == y)


def lowest(score: Array, flagged: Array) -> Array:
    out = np.zeros(len(score), bool)
    out[np.argsort(score)[: int(flagged.sum())]] = True
    return out


def pruned(p: Array, y: Array, by: str, fraction: float, keep: int) -> Array:
    counts = prune_counts(joint(p, y).T, keep, fraction)
    by_class, by_rate = np.zeros(len(y), bool), np.zeros(len(y), bool)
    for k in range(p.shape[1]):
        rows = np.flatnonzero(y == k)
        if len(rows) <= keep:
            continue
        wrong = max(len(rows) - counts[k, k], 0)
        by_class[rows[np.argsort(p[rows, k])[:wrong]]] = True
        for j in range(p.shape[1]):
            if j != k and counts[j, k] > 0:
                order = np.argsort(-(p[rows, j] - p[rows, k]))
                by_rate[rows[order[: counts[j, k]]]] = True
    return {"prune_by_class": by_class, "prune_by_noise_rate": by_rate, "both": by_class & by_rate}[by]


def prune_counts(counts: Array, keep: int, fraction: float) -> Array:
    """How many to prune, rows true, columns given: at least ``keep`` on the diagonal, the rest times ``fraction``."""
    diagonal = np.maximum(counts.diagonal(), keep)
    others = np.maximum(np.count_nonzero(counts, axis=0) - 1.0, 1.0)
    new = np.maximum(counts - (diagonal - counts.diagonal()) / others, 0)
    np.fill_diagonal(new, diagonal)
    less = new * fraction
    np.fill_diagonal(less, new.diagonal())
    np.fill_diagonal(less, new.diagonal() + (new - less).sum(axis=0))
    return rounded_rows(less.astype(np.int64).astype(float))
