"""What a detector's confidence is worth, learned from its agreement with the labels: most labels are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.boxes import Boxes, Pairs
from apps.quality.logic.calibration import logistic
from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import group_max, log_odds, sigmoid

MATCH = 0.5
PRIOR = 8.0


@dataclass(frozen=True)
class Reliability:
    """(m,) per prediction: probability of ``right`` class and place, and that there is ``any`` object."""

    right: Array
    any: Array


def rescale(score: Array, hit: Array) -> Array:
    """sigmoid(alpha logit s + beta), fitted to ``hit`` with a prior of weight 8 at (1, 0); plain Newton diverges."""
    x = np.column_stack([log_odds(score, edge=1e-4), np.ones(len(score))])
    return sigmoid(x @ logistic(x, hit, np.ones(len(hit)), np.array([1.0, 0.0]), np.full(2, PRIOR)))


def reliability(predictions: Boxes, pairs: Pairs, same: Array) -> Reliability:
    m, score = len(predictions), np.asarray(predictions.score)
    agrees = group_max(m, pairs.second, np.where(same, pairs.iou, 0)) >= MATCH
    covers = group_max(m, pairs.second, pairs.iou) >= MATCH
    return Reliability(rescale(score, agrees.astype(float)), rescale(score, covers.astype(float)))
