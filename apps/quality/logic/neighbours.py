"""What the nearest others in embedding space say of a label, and how alone an image stands.

All by exact cosine distance, in chunks: no n x n matrix is ever held, and the caller's array is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import log_odds, sigmoid

CHUNK = 1024
COUNT = 10
EDGE = 0.02  # ten neighbours cannot say more than 49 to 1
LEAST_TRUST = 0.02
COPY = 0.1  # of the typical nearest distance: nearer than that is more and more a copy


@dataclass(frozen=True)
class Neighbours:
    """``index`` and ``distance`` (n, m), nearest first; distance = 1 - cosine. A row is never its own neighbour."""

    index: Array
    distance: Array


@dataclass(frozen=True)
class Near:
    """What is known of neighbours that are not among the scored rows: ``kind`` (n, m) their classes, -1 for none,
    ``distance`` (n, m), and ``trust`` (n, m) the probability that each one's own label is right."""

    kind: Array
    distance: Array
    trust: Array | None = None


@dataclass(frozen=True)
class Crowd:
    """What all neighbours together are like: ``typical`` distance, ``share`` (k,) of each class, and ``strength``, 0 to
    1, how far they may be believed."""

    typical: float
    share: Array
    strength: float


@dataclass(frozen=True)
class Opinion:
    """``votes`` (n, k) are the neighbours' weights by class; ``strength`` 0 to 1 how far they may be believed."""

    disagreement: Array
    votes: Array
    strength: float


NOBODY = Crowd(1.0, np.zeros(0), 0.0)


def nearest(x: Array, count: int = COUNT) -> Neighbours:
    """The ``count`` nearest others of every row (fewer where there are not as many)."""
    unit = np.asarray(x, np.float32)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    n, m = len(unit), max(min(count, len(unit) - 1), 0)
    index, close = np.zeros((n, m), np.int64), np.zeros((n, m), np.float32)
    for start in range(0, n if m else 0, CHUNK):
        near = unit[start : start + CHUNK] @ unit.T
        rows = np.arange(len(near))
        near[rows, rows + start] = -3
        for place in range(m):  # numpy finds a row's largest many times as fast as it partitions the row
            found = near.argmax(axis=1)
            index[start : start + CHUNK, place], close[start : start + CHUNK, place] = found, near[rows, found]
            near[rows, found] = -3
    return Neighbours(index, np.clip(1 - close, 0, 2))


def crowd_of(near: Neighbours, y: Array, k: int) -> Crowd:
    """``strength`` is the agreement above chance, (a - c) / (1 - c), c = sum of squared class shares, and 0, an
    abstention, where it is within two standard errors of chance."""
    n = len(y)
    share = np.bincount(y, minlength=k) / max(n, 1)
    typical = float(np.median(near.distance.mean(axis=1))) if near.distance.size else 1.0
    chance = float((share**2).sum())
    above = float((y[near.index] == y[:, None]).mean()) - chance if near.index.size else 0.0
    beyond = above > 2 * np.sqrt(chance * (1 - chance) / max(n, 1)) and chance < 1
    return Crowd(typical, share, above / (1 - chance) if beyond else 0.0)


def hear(near: Near, y: Array, crowd: Crowd) -> Opinion:
    """The share of the neighbours' weight that carries another label; 0.5 where there is no neighbour.

    A neighbour weighs exp(-distance / typical distance), less where its class is frequent (square root), and its trust.
    """
    n, k = len(y), len(crowd.share)
    kind, there = np.maximum(near.kind, 0), near.kind >= 0
    weight = np.exp(-near.distance / max(crowd.typical, 1e-9)) / np.sqrt(np.maximum(crowd.share, 1e-12))[kind]
    if near.trust is not None:
        weight = weight * np.maximum(near.trust, LEAST_TRUST)
    weight = np.where(there, weight, 0)
    votes, rows = np.zeros((n, k)), np.arange(n)
    for column in range(kind.shape[1]):
        votes[rows, kind[:, column]] += weight[:, column]
    total = votes.sum(axis=1)
    agree = votes[rows, y] / np.maximum(total, 1e-300)
    return Opinion(np.where(total > 0, 1 - agree, 0.5), votes, crowd.strength)


def disagreement_odds(found: Opinion) -> Array:
    """Log odds of the disagreement, held at 49 to 1, times how far the neighbours may be believed."""
    return found.strength * log_odds(found.disagreement, edge=EDGE)


def trusted_opinion(near: Neighbours, y: Array, crowd: Crowd, model_odds: Array) -> Opinion:
    """Twice: the second time a neighbour counts by the probability that its own label is right, after the first."""
    first = hear(Near(y[near.index], near.distance), y, crowd)
    trust = sigmoid(-(model_odds + disagreement_odds(first)))
    return hear(Near(y[near.index], near.distance, trust[near.index]), y, crowd)


def uniqueness(x: Array) -> Array:
    """(n,) in [0, 1]: 1 - exp(-u / median nearest distance), u = 0.6 d1 + 0.3 d2 + 0.1 d3 (QUALITY.md, section 7.7).

    FiftyOne's weights, but of the true nearest neighbours, and on a scale that one outlier does not move. A copy has 0,
    however far all others are; a lone image has 1.
    """
    if len(x) < 2:
        return np.ones(len(x))
    distance = nearest(x, 3).distance.astype(np.float64)
    return alone(distance, float(np.median(distance[:, 0])))


def alone(distance: Array, typical: float) -> Array:
    """(n,) ``uniqueness`` from the distances (n, 1 to 3) of the nearest others, wherever an index found them, and the
    ``typical`` nearest distance of the whole set."""
    weights = np.array([0.6, 0.3, 0.1])[: distance.shape[1]]
    scale = max(typical, 1e-6)
    known = np.minimum(distance[:, 0] / (COPY * scale), 1)
    return np.asarray(known * (1 - np.exp(-(distance @ (weights / weights.sum())) / scale)))
