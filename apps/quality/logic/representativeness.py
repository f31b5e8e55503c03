"""How typical an image is of its set: high where many others are near, and never the other way round."""

from __future__ import annotations

import numpy as np

from apps.quality.logic.checks import Array

ROUNDS = 20


def density(distance: Array, typical: float) -> Array:
    """(n,) in [0, 1] from the distances (n, k) of the nearest others: 2^(-mean / ``typical``).

    ``typical`` is the median of those means over the set: the median image has 0.5, one among copies 1, and an outlier
    near 0, without moving the others.
    """
    if not distance.shape[1]:
        return np.full(len(distance), 0.5)
    return np.asarray(np.exp2(-distance.mean(axis=1) / max(typical, 1e-6)))


def medoids(x: Array, count: int) -> Array:
    """Row numbers of at most ``count`` rows that stand for the others: k-medoids of unit vectors by cosine.

    Begun with the row nearest to the mean and then those farthest from the chosen; each round takes the middle of each
    part. The order is that of the size of the parts, largest first. Memory grows with n times ``count`` only.
    """
    n = len(x)
    if n == 0 or count < 1:
        return np.zeros(0, np.int64)
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    chosen = first(unit, min(count, n))
    for _ in range(ROUNDS):
        part = (unit @ unit[chosen].T).argmax(axis=1)
        new = np.array([middle(unit, np.flatnonzero(part == i), chosen[i]) for i in range(len(chosen))])
        if (new == chosen).all():
            break
        chosen = new
    size = np.bincount((unit @ unit[chosen].T).argmax(axis=1), minlength=len(chosen))
    return np.asarray(chosen[np.argsort(-size, kind="stable")])


def first(unit: Array, count: int) -> Array:
    chosen = [int((unit @ unit.mean(axis=0)).argmax())]
    close = unit @ unit[chosen[0]]
    while len(chosen) < count:
        farthest = int(close.argmin())
        if farthest in chosen:
            break
        chosen.append(farthest)
        close = np.maximum(close, unit @ unit[farthest])
    return np.array(chosen)


def middle(unit: Array, rows: Array, otherwise: int) -> int:
    """The row of a part with the highest mean cosine to all of it, which is that with its mean vector."""
    return int(rows[(unit[rows] @ unit[rows].mean(axis=0)).argmax()]) if len(rows) else int(otherwise)
