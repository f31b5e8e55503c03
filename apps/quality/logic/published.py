"""The published scores of one label from one model's probabilities; higher means more likely wrong.

``p`` (n, k) are out-of-sample probabilities, ``y`` (n,) the given classes.
"""

from __future__ import annotations

import numpy as np

from apps.quality.logic.checks import Array

TINY = 1e-12


def own(p: Array, y: Array) -> Array:
    """(n,) the probability of the given label."""
    return np.asarray(np.take_along_axis(p, y[:, None], axis=1)[:, 0])


def best_other(p: Array, y: Array) -> Array:
    """(n,) the largest probability of any other class."""
    rest = p.copy()
    np.put_along_axis(rest, y[:, None], -np.inf, axis=1)
    return np.asarray(rest.max(axis=1))


def self_confidence(p: Array, y: Array) -> Array:
    """1 - p_y (cleanlab's score, turned round)."""
    return 1 - own(p, y)


def normalized_margin(p: Array, y: Array) -> Array:
    """(1 + max_{k != y} p_k - p_y) / 2 (cleanlab)."""
    return (1 + best_other(p, y) - own(p, y)) / 2


def entropy(p: Array) -> Array:
    """In nats."""
    return np.asarray(-(p * np.log(np.maximum(p, TINY))).sum(axis=1))


def hardness(p: Array) -> Array:
    """H(p) / log k: 0 certain, 1 knows nothing; comparable between tasks, unlike FiftyOne's entropy in nats."""
    return np.asarray(entropy(p) / np.log(p.shape[1]))


def weighted_entropy(p: Array, y: Array) -> Array:
    """cleanlab's confidence-weighted entropy: with q = H / (log k * p_y), 1 - log(1 + q) / q."""
    q = hardness(p) / np.maximum(own(p, y), 1e-6)
    return 1 - np.log1p(q) / np.maximum(q, 1e-6)


def fiftyone_logits(p: Array, y: Array) -> Array:
    """FiftyOne's mistakenness from logits: (1 + m exp(-H)) / 2, m = -1 where the prediction agrees, else +1."""
    return (1 + np.where(p.argmax(axis=1) == y, -1.0, 1.0) * np.exp(-entropy(p))) / 2


def fiftyone_confidence(p: Array, y: Array) -> Array:
    """The same from the confidence of the predicted label."""
    return np.asarray((1 + np.where(p.argmax(axis=1) == y, -1.0, 1.0) * p.max(axis=1)) / 2)
