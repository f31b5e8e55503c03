"""From log odds to a probability of error, by verdicts.

Three models, each used only when it has earned it:

fixed       the scorer's own formula; uncalibrated.
calibrated  logit P = a * odds + b + u_class, from ``FEW`` verdicts of both outcomes on: a weak prior holds a near 1 and
            b near 0, and u_class, only of classes with at least ``PER_CLASS`` verdicts, is shrunk towards 0.
learned     logistic regression on the evidence columns with ridge, beside a * odds + b, from ``MANY`` verdicts with
            ``MANY_ERRORS`` errors on: it replaces the calibrated formula only when, in cross-validation grouped by data
            unit, the one-sided 95 % lower bound of its paired gain in log loss is above 0, in two partitions running.

Verdicts weigh 1 / selection probability, capped at ``CAP`` times the median.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import sigmoid

FEW, MANY, MANY_ERRORS, PER_CLASS = 20, 200, 20, 30
CAP = 20.0
FOLDS = 5
ONE_SIDED_95 = 1.645
SLOPE_PRIOR, OFFSET_PRIOR, CLASS_PRIOR, RIDGE = 4.0, 0.1, 4.0, 4.0  # precisions of the normal priors


@dataclass(frozen=True)
class Verdicts:
    """``index`` (m,) rows of the scored labels, ``is_error`` (m,) bool, ``weight`` (m,) 1 / selection probability."""

    index: Array
    is_error: Array
    weight: Array

    @staticmethod
    def of(index: Array, is_error: Array, weight: Array | None = None) -> Verdicts:
        return Verdicts(index, is_error, cap_weights(np.ones(len(index)) if weight is None else weight))


@dataclass(frozen=True)
class Fit:
    """For all labels: ``p_error``, ``ranking`` (log odds without the offset that only calibrates), and which model."""

    p_error: Array
    ranking: Array
    model: str


def cap_weights(weight: Array) -> Array:
    """At most ``CAP`` times the median, then scaled to the mean 1."""
    if not len(weight):
        return weight
    capped = np.minimum(weight, CAP * np.median(weight))
    return np.asarray(capped / capped.mean())


def logistic(x: Array, hit: Array, weight: Array, centre: Array, precision: Array) -> Array:
    """Coefficients that maximise the weighted likelihood under normal priors; Newton with step halving."""
    beta = centre.astype(np.float64).copy()

    def loss(b: Array) -> float:
        z = x @ b
        prior = float((precision * (b - centre) ** 2).sum()) / 2
        return float((weight * (np.logaddexp(0, z) - hit * z)).sum()) + prior

    here = loss(beta)
    for _ in range(50):
        q = sigmoid(x @ beta)
        slope = x.T @ (weight * (q - hit)) + precision * (beta - centre)
        bend = (x * (weight * q * (1 - q))[:, None]).T @ x + np.diag(precision + 1e-9)
        step, part = np.linalg.solve(bend, slope), 1.0
        while (there := loss(beta - part * step)) > here and part > 1e-6:
            part /= 2
        if there >= here - 1e-10:
            break
        beta, here = beta - part * step, there
    return beta


def formula_design(odds: Array, groups: Array, heard: Array) -> tuple[Array, Array, Array]:
    """Design, prior centre and precision of the calibrated formula; a column for every class in ``heard``."""
    x = np.column_stack([odds, np.ones(len(odds)), groups[:, None] == heard[None, :]]).astype(np.float64)
    centre = np.r_[1.0, 0.0, np.zeros(len(heard))]
    return x, centre, np.r_[SLOPE_PRIOR, OFFSET_PRIOR, np.full(len(heard), CLASS_PRIOR)]


def learned_design(odds: Array, columns: Array, known: Array) -> tuple[Array, Array, Array]:
    """Beside odds and offset the evidence, standardised over the rows with verdicts and pulled towards 0."""
    middle, spread = columns[known].mean(axis=0), columns[known].std(axis=0)
    usable = spread > 1e-9
    z = np.clip((columns[:, usable] - middle[usable]) / spread[usable], -5, 5)
    x = np.column_stack([odds, np.ones(len(odds)), z])
    more = int(usable.sum())
    return x, np.r_[1.0, 0.0, np.zeros(more)], np.r_[SLOPE_PRIOR, OFFSET_PRIOR, np.full(more, RIDGE)]


def fit(odds: Array, columns: Array, *, groups: Array, units: Array, verdicts: Verdicts) -> Fit:
    """``groups`` (n,) classes, whose effects are shrunk; ``units`` (n,) data units, which folds never divide."""
    at, hit = verdicts.index, verdicts.is_error.astype(np.float64)
    if len(at) < FEW or not 0 < hit.sum() < len(hit):
        return Fit(sigmoid(odds), odds, "fixed")
    counted = np.bincount(groups[at])
    formula = formula_design(odds, groups, np.flatnonzero(counted >= PER_CLASS))
    if columns.shape[1] and len(at) >= MANY and hit.sum() >= MANY_ERRORS:
        learned = learned_design(odds, columns, at)
        if all(gains(formula, learned, units, verdicts, seed) for seed in (0, 1)):
            x, centre, precision = learned
            z = x @ logistic(x[at], hit, verdicts.weight, centre, precision)
            return Fit(sigmoid(z), z, "learned")
    x, centre, precision = formula
    beta = logistic(x[at], hit, verdicts.weight, centre, precision)
    if beta[0] <= 0:  # these verdicts contradict the formula; too few to turn its order round
        return Fit(np.full(len(odds), float(np.average(hit, weights=verdicts.weight))), odds, "calibrated")
    return Fit(sigmoid(x @ beta), odds, "calibrated")


def gains(
    formula: tuple[Array, Array, Array],
    learned: tuple[Array, Array, Array],
    units: Array,
    verdicts: Verdicts,
    seed: int,
) -> bool:
    """Whether the lower bound of the learned model's paired gain, summed by data unit, is above 0."""
    known = units[verdicts.index]
    gain = verdicts.weight * (
        held_out_loss(formula, known, verdicts, seed) - held_out_loss(learned, known, verdicts, seed)
    )
    _, of_unit = np.unique(known, return_inverse=True)
    by_unit = np.bincount(of_unit, gain)
    error = by_unit.std(ddof=1) / np.sqrt(len(by_unit)) if len(by_unit) > 1 else np.inf
    return bool(by_unit.mean() - ONE_SIDED_95 * error > 0)


def held_out_loss(design: tuple[Array, Array, Array], known: Array, verdicts: Verdicts, seed: int) -> Array:
    """(m,) log loss of every verdict under the model fitted to the other folds."""
    x, centre, precision = design
    x, hit = x[verdicts.index], verdicts.is_error.astype(np.float64)
    names, of_unit = np.unique(known, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[of_unit]
    z = np.zeros(len(hit))
    for number in range(FOLDS):
        out = fold == number
        if out.any() and not out.all():
            z[out] = x[out] @ logistic(x[~out], hit[~out], verdicts.weight[~out], centre, precision)
    return np.asarray(np.logaddexp(0, z) - hit * z)
