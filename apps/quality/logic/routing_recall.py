"""Which share of the errors a threshold would find, as far as random looks can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.certificate.intervals import clopper_pearson
from apps.quality.logic.checks import Array

NEEDED = 20
POINTS = 40


@dataclass(frozen=True)
class Found:
    """Tasks in which random looks found errors: ``value`` (t,) of each before the look, ``weight`` (t,) its errors by
    1 / probability, ``errors`` how many errors that were."""

    value: Array
    weight: Array
    errors: int

    @property
    def is_known(self) -> bool:
        return self.errors >= NEEDED

    @property
    def looks(self) -> float:
        """Kish's effective number, a task counting once however many errors it holds."""
        total = float(self.weight.sum())
        return total**2 / float((self.weight**2).sum()) if total > 0 else 0.0


@dataclass(frozen=True)
class Recall:
    threshold: float
    estimate: float
    low: float
    high: float


def recall_at(found: Found, threshold: float, confidence: float = 0.95) -> Recall:
    """The weighted share of errors in tasks with ``value`` >= ``threshold``; Clopper and Pearson's interval on the
    effective number."""
    total = float(found.weight.sum())
    share = float(found.weight[found.value >= threshold].sum()) / total if total > 0 else 0.0
    low, high = clopper_pearson(share * found.looks, found.looks, confidence)
    return Recall(float(threshold), share, low, high)


def threshold_for(found: Found, target: float) -> float:
    """The highest threshold whose estimated recall is at least ``target``. There must be an error."""
    order = np.argsort(-found.value, kind="stable")
    reached = np.cumsum(found.weight[order]) / found.weight.sum()
    place = int(np.searchsorted(reached, target - 1e-9))
    return float(found.value[order[min(place, len(order) - 1)]])


def curve(found: Found) -> list[Recall]:
    """Recall at up to ``POINTS`` thresholds, the highest first."""
    thresholds = np.unique(found.value)[::-1]
    if len(thresholds) > POINTS:
        thresholds = thresholds[np.unique(np.linspace(0, len(thresholds) - 1, POINTS).astype(int))]
    return [recall_at(found, float(one)) for one in thresholds]
