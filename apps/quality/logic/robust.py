"""Numbers measured against their usual value in the same class, in robust standard deviations.

Median and 1.4826 times the median absolute deviation, by class; a class of few rows is drawn to all classes together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from apps.quality.logic.checks import Array, BadInput

SHRINK = 8.0
SD = 1.4826


@dataclass(frozen=True, eq=False)
class Usual:
    """``centre`` and ``spread`` (k, f) by class, ``count`` (k,) of rows they were learned from."""

    centre: Array
    spread: Array
    count: Array

    def arrays(self) -> dict[str, Array]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> Usual:
        """From ``arrays()``. Raises ``BadInput`` where one is missing."""
        for name in ("centre", "spread", "count"):
            if name not in arrays:
                raise BadInput(f"{name}: the array is missing.")
        return Usual(*(np.asarray(arrays[name], np.float64) for name in ("centre", "spread", "count")))


def fit(values: Array, kind: Array, classes: int) -> Usual:
    """``values`` (n, f), rows with nan left out, ``kind`` (n,) their classes."""
    known = np.isfinite(values).all(axis=1)
    values, kind = values[known], kind[known]
    width = values.shape[1]
    if not len(values):
        return Usual(np.zeros((classes, width)), np.ones((classes, width)), np.zeros(classes))
    overall, around = of_rows(values)
    centre, spread = np.tile(overall, (classes, 1)), np.tile(around, (classes, 1))
    count = np.bincount(kind, minlength=classes).astype(float)
    order = np.argsort(kind, kind="stable")
    for c, rows in zip(
        np.flatnonzero(count), np.split(order, np.cumsum(count[count > 0])[:-1].astype(int)), strict=True
    ):
        own, own_spread = of_rows(values[rows])
        weight = count[c] / (count[c] + SHRINK)
        centre[c] = weight * own + (1 - weight) * overall
        spread[c] = weight * own_spread + (1 - weight) * around
    return Usual(centre, spread, count)


def of_rows(values: Array) -> tuple[Array, Array]:
    centre = np.median(values, axis=0)
    return centre, SD * np.median(np.abs(values - centre), axis=0)


def standardised(values: Array, kind: Array, usual: Usual, floor: Array | float = 1e-9) -> Array:
    """(n, f) robust z; ``floor`` (f,) is the least spread, so that what never varies makes no outliers of rounding."""
    if usual.centre.shape[1] != values.shape[1]:
        raise BadInput(f"state: it knows {usual.centre.shape[1]} measures, but there are {values.shape[1]}.")
    return np.asarray((values - usual.centre[kind]) / (usual.spread[kind] + floor))
