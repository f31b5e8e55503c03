"""What a calibration is worth on verdicts it was not fitted to: cross-validation that never divides a data unit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from apps.quality.logic.calibrated import Rows, Truth
from apps.quality.logic.checks import Array
from apps.quality.logic.logistic import log_loss, logistic
from apps.quality.logic.numbers import log_odds, sigmoid

FOLDS, BINS = 5, 10
ONE_SIDED_95 = 1.645

Fitter = Callable[[Rows, Truth], Callable[[Rows], Array]]


def held_out(fitter: Fitter, rows: Rows, truth: Truth, units: Array, seed: int) -> Array | None:
    """(n,) log odds, each from a fit to the other folds; None where the units are too few to fold."""
    names, of_unit = np.unique(units, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[of_unit]
    z = np.zeros(len(units))
    for number in range(FOLDS):
        out, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if not len(out) or not len(rest):
            return None
        z[out] = fitter(rows.at(rest), truth.at(rest))(rows.at(out))
    return z


def paired_gain(old: Array, new: Array, truth: Truth, units: Array) -> tuple[float, float]:
    """Mean gain in log loss per verdict of ``new`` over ``old``, and its one-sided 95 % lower bound, by data unit."""
    _, of_unit = np.unique(units, return_inverse=True)
    gain = truth.weight * (log_loss(old, truth.hit) - log_loss(new, truth.hit))
    by_unit = np.bincount(of_unit, gain)
    if len(by_unit) < 2:
        return float(gain.mean()), float("-inf")
    error = by_unit.std(ddof=1) / np.sqrt(len(by_unit))
    scale = len(by_unit) / len(gain)
    return float(by_unit.mean() * scale), float((by_unit.mean() - ONE_SIDED_95 * error) * scale)


def figures(z: Array, rates: Array, truth: Truth) -> dict[str, float]:
    """Of held-out log odds ``z`` beside ``rates`` (n,), the held-out constant's: log loss, skill over the constant,
    slope and intercept of the truth on the log odds, ECE of both, Brier. All weighted."""
    p, weight = sigmoid(z), truth.weight
    loss = float(np.average(log_loss(z, truth.hit), weights=weight))
    constant = float(np.average(log_loss(rates, truth.hit), weights=weight))
    x = np.column_stack([z, np.ones(len(z))])
    slope, intercept = logistic(x, truth.hit, weight, np.array([1.0, 0.0]), np.full(2, 1e-6))
    return {
        "log_loss": loss,
        "log_loss_constant": constant,
        "skill": 1 - loss / constant if constant > 0 else 0.0,
        "slope": float(slope),
        "intercept": float(intercept),
        "ece": calibration_error(p, truth),
        "ece_constant": calibration_error(sigmoid(rates), truth),
        "brier": float(np.average((p - truth.hit) ** 2, weights=weight)),
    }


def calibration_error(p: Array, truth: Truth) -> float:
    """ECE over ``BINS`` bins of equal width."""
    of = np.minimum((p * BINS).astype(int), BINS - 1)
    gap = np.bincount(of, truth.weight * truth.hit, BINS) - np.bincount(of, truth.weight * p, BINS)
    return float(np.abs(gap).sum() / truth.weight.sum())


def constant_of(_: Rows, truth: Truth) -> Callable[[Rows], Array]:
    """The fitter of the constant rate, which every figure is compared with."""
    z = log_odds(np.array(truth.rate()))
    return lambda rows: np.full(len(rows.odds), z)
