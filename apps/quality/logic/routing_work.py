"""What looking at a task is expected to find, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.quality.logic.checks import Array

KINDS = ("wrong_class", "badly_located", "missing", "spurious", "duplicate", "wrong_attribute")
FIXED, LOOK = 8.0, 2.0
FIX: Mapping[str, float] = {
    "wrong_class": 4.0,
    "badly_located": 10.0,
    "missing": 15.0,
    "spurious": 3.0,
    "duplicate": 3.0,
    "wrong_attribute": 5.0,
}
"""Seconds until something is measured: to open a task, to look at a label that is right, to put an error right."""
SENSITIVITY = 0.8
PRIOR, SLOWEST = 10.0, 120.0


@dataclass(frozen=True)
class Prices:
    """``costs`` and ``fix`` (seconds) by kind of error, ``class_costs`` by class id, 1 where nothing is said.
    ``pace``: how long people really take, by what is expected. ``sensitivity``: the share of errors that they find."""

    costs: Mapping[str, float] = field(default_factory=dict)
    class_costs: Mapping[str, float] = field(default_factory=dict)
    fix: Mapping[str, float] = field(default_factory=lambda: dict(FIX))
    look: float = LOOK
    fixed: float = FIXED
    pace: float = 1.0
    sensitivity: float = SENSITIVITY

    def cost(self, kind: str) -> float:
        return float(self.costs.get(kind, 1.0))

    def cost_of_class(self, class_id: str) -> float:
        return float(self.class_costs.get(class_id, 1.0))

    def by_kind(self) -> tuple[Array, Array]:
        """(k,) costs and (k,) seconds in the order of KINDS."""
        seconds = [float(self.fix.get(kind, FIX[kind])) for kind in KINDS]
        return np.array([self.cost(kind) for kind in KINDS]), np.array(seconds)


@dataclass(frozen=True)
class Suspects:
    """The scored labels and missing objects of n tasks: ``task`` (m,) the task's place, ``p`` (m,) P(error), ``shares``
    (m, k) of each kind in it, summing to 1, ``class_cost`` (m,)."""

    task: Array
    p: Array
    shares: Array
    class_cost: Array


def shares_of(kinds: Mapping[str, float], kind: str) -> list[float]:
    """How an error splits among KINDS: as the scorer's values do, else all to ``kind``, else evenly."""
    found = [max(float(kinds.get(name) or 0.0), 0.0) for name in KINDS]
    total = sum(found)
    if total > 0:
        return [value / total for value in found]
    if kind in KINDS:
        return [float(name == kind) for name in KINDS]
    return [1 / len(KINDS)] * len(KINDS)


def weigh(suspects: Suspects, labels: Array, prices: Prices) -> tuple[Array, Array]:
    """(n,) expected benefit, sum of P(error by kind) x cost(kind, class) x sensitivity, and (n,) expected seconds.

    ``labels`` (n,) counts the labels that there are to look at.
    """
    n = len(labels)
    costs, fix = prices.by_kind()
    worth = suspects.p * (suspects.shares @ costs) * suspects.class_cost
    work = suspects.p * (suspects.shares @ fix)
    benefit = np.bincount(suspects.task, weights=worth, minlength=n) * prices.sensitivity
    seconds = prices.fixed + prices.look * labels + np.bincount(suspects.task, weights=work, minlength=n)
    return benefit, seconds * prices.pace


def shrunk(measured: Sequence[float], prior: float) -> float:
    """A mean of seconds, drawn to ``prior`` as if that were ten more; pauses are cut off."""
    kept = np.minimum(np.asarray(measured, dtype=np.float64), SLOWEST)
    return float((kept.sum() + PRIOR * prior) / (len(kept) + PRIOR))


def pace_of(real: float, expected: float, tasks: int) -> float:
    """Seconds taken to seconds expected over ``tasks``, drawn to 1 as if ten more had taken just what was expected."""
    if tasks == 0 or expected <= 0:
        return 1.0
    more = PRIOR * expected / tasks
    return float(np.clip((real + more) / (expected + more), 0.2, 5.0))
