"""cleanlab's label quality of classifications; lower is worse. Source: cleanlab 2.9.0, ``rank`` and ``filter``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.published import best_other, own

SMALL = 1e-6
TINY = 1e-100
TEMPERATURES = (1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 2e2)


def thresholds(p: Array, y: Array) -> Array:
    """(k,) mean p_k of the rows labelled k, at least 2e-6; 2 for a class without rows."""
    found = [p[y == k, k].mean() if (y == k).any() else 2.0 for k in range(p.shape[1])]
    return np.asarray(np.maximum(np.array(found), 2 * SMALL))


def adjusted(p: Array, y: Array) -> Array:
    """Probabilities less their class's threshold, shifted to be positive and scaled to the sum 1."""
    limits = thresholds(p, y)
    moved = p - limits + limits.max()
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def self_confidence(p: Array, y: Array) -> Array:
    return own(p, y)


def normalized_margin(p: Array, y: Array) -> Array:
    return (own(p, y) - best_other(p, y) + 1) / 2


def confidence_weighted_entropy(p: Array, y: Array) -> Array:
    log = np.log(p, where=p > 0, out=np.zeros_like(p, dtype=np.float64))
    q = -(p * log).sum(axis=1) / np.log(p.shape[1]) / np.maximum(own(p, y), SMALL)
    return np.asarray(np.log(q + 1) / np.maximum(q, SMALL))


def adjusted_self_confidence(p: Array, y: Array) -> Array:
    return self_confidence(adjusted(p, y), y)


def adjusted_normalized_margin(p: Array, y: Array) -> Array:
    return normalized_margin(adjusted(p, y), y)


METHODS = {
    "self_confidence": self_confidence,
    "normalized_margin": normalized_margin,
    "confidence_weighted_entropy": confidence_weighted_entropy,
}


def ensemble(several: Sequence[Array], y: Array, *, method: str = "self_confidence", weigh: str = "accuracy") -> Array:
    """The weighted mean of the models' scores. ``weigh``: ``uniform``, ``accuracy`` (agreement with the labels) or
    ``log_loss_search`` (exp(-t log loss), t from a list such that the mixed probabilities have the least loss)."""
    if not several or method not in METHODS:
        raise BadInput(f"ensemble: at least one model and one of {', '.join(METHODS)} are needed.")
    scores = np.stack([METHODS[method](p, y) for p in several], axis=1)
    if weigh == "uniform":
        return np.asarray(scores.mean(axis=1))
    if weigh == "accuracy":
        right = np.array([(p.argmax(axis=1) == y).mean() for p in several])
        return np.asarray((scores * (right / right.sum())).sum(axis=1))
    if weigh == "log_loss_search":
        return np.asarray((scores * searched(several, y)).sum(axis=1))
    raise BadInput("ensemble: weigh is uniform, accuracy or log_loss_search.")


def searched(several: Sequence[Array], y: Array) -> Array:
    best, chosen = np.inf, np.full(len(several), 1 / len(several))
    clipped = [np.maximum(p, SMALL) for p in several]
    losses = np.array([log_loss(q / q.sum(axis=1, keepdims=True), y) for q in clipped])
    for t in TEMPERATURES:
        weight = np.exp(-t * losses)
        if not weight.sum() > 0:
            continue
        weight = weight / weight.sum()
        loss = log_loss(sum(w * p for w, p in zip(weight, several, strict=True)), y)
        if loss < best:
            best, chosen = loss, weight
    return chosen


def log_loss(p: Array, y: Array) -> float:
    q = np.clip(p, np.finfo(p.dtype).eps, 1 - np.finfo(p.dtype).eps)
    return float(-np.log(own(q, y)).mean())
