"""How typical an image is of its set: high where many others are near, and never the other way round.

The few that stand for a class are medoids: ``gridding.standing_for``, by which the grid's reference images are chosen.
"""

from __future__ import annotations

import numpy as np

from apps.quality.logic.checks import Array


def density(distance: Array, typical: float) -> Array:
    """(n,) in [0, 1] from the distances (n, k) of the nearest others: 2^(-mean / ``typical``).

    ``typical`` is the median of those means over the set: the median image has 0.5, one among copies 1, and an outlier
    near 0, without moving the others.
    """
    if not distance.shape[1]:
        return np.full(len(distance), 0.5)
    return np.asarray(np.exp2(-distance.mean(axis=1) / max(typical, 1e-6)))
