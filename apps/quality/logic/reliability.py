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


@dataclass(frozen=True, eq=False)
class Rescaling:
    """(2,) each: slope and offset of the confidence's log odds, for ``right`` and for ``any``."""

    right: Array
    any: Array

    def of(self, score: Array) -> Reliability:
        x = features(score)
        return Reliability(sigmoid(x @ self.right), sigmoid(x @ self.any))


def features(score: Array) -> Array:
    return np.column_stack([log_odds(score, edge=1e-4), np.ones(len(score))])


def line(score: Array, hit: Array) -> Array:
    """(alpha, beta) of sigmoid(alpha logit s + beta), fitted to ``hit`` with a prior of weight 8 at (1, 0); plain
    Newton diverges."""
    return logistic(features(score), hit, np.ones(len(hit)), np.array([1.0, 0.0]), np.full(2, PRIOR))


def rescaling(predictions: Boxes, pairs: Pairs, same: Array) -> Rescaling:
    m, score = len(predictions), np.asarray(predictions.score)
    agrees = group_max(m, pairs.second, np.where(same, pairs.iou, 0)) >= MATCH
    covers = group_max(m, pairs.second, pairs.iou) >= MATCH
    return Rescaling(line(score, agrees.astype(float)), line(score, covers.astype(float)))
