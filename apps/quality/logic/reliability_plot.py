"""How far claimed probabilities come true, and how many errors a look finds when the likeliest are looked at first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.certificate.intervals import clopper_pearson
from apps.quality.logic.checks import Array
from apps.quality.logic.logistic import cap_weights

LEAST, MOST_BINS, PER_BIN = 20, 15, 10
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Bin:
    """``claimed`` the mean probability of ``n`` verdicts, ``observed`` the share of errors in ``low`` to ``high``, its
    95 % interval (Clopper and Pearson)."""

    claimed: float
    observed: float
    low: float
    high: float
    n: int
    errors: int


def bins(p: Array, wrong: Array) -> list[Bin]:
    """At most ``MOST_BINS`` of equal mass; equal probabilities stay together. None below ``LEAST`` verdicts."""
    if len(p) < LEAST:
        return []
    number = max(1, min(MOST_BINS, len(p) // PER_BIN))
    edges = np.unique(np.quantile(p, np.linspace(0, 1, number + 1)[1:-1]))
    of = np.searchsorted(edges, p, side="left")
    found = []
    for one in np.unique(of):
        inside = of == one
        n, errors = int(inside.sum()), int(wrong[inside].sum())
        low, high = clopper_pearson(errors, n)
        found.append(Bin(float(p[inside].mean()), errors / n, low, high, n, errors))
    return found


@dataclass(frozen=True)
class Point:
    """After the ``looks`` (a share of all) likeliest: the shares of all errors found in this order, in the best
    possible one and in none."""

    looks: float
    found: float
    oracle: float
    random: float


def found_per_look(p: Array, wrong: Array, weight: Array) -> list[Point]:
    """``weight`` (n,) 1 / probability of the draw: the curve is that of all labels. Equal probabilities count as if in
    random order. Empty below ``LEAST`` verdicts or without an error."""
    if len(p) < LEAST or not wrong.any():
        return []
    weight = cap_weights(weight)
    values, of = np.unique(-p, return_inverse=True)
    mass, errors = np.bincount(of, weight, len(values)), np.bincount(of, weight * wrong, len(values))
    looks = np.r_[0, np.cumsum(mass)] / mass.sum()
    found = np.r_[0, np.cumsum(errors)] / errors.sum()
    rate = float(errors.sum() / mass.sum())
    return [Point(s, float(np.interp(s, looks, found)), min(1.0, s / rate), s) for s in SHARES]
