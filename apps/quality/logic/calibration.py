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
HELD = 1e9


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


@dataclass(frozen=True)
class Rows:
    """What a model may look at, for the rows with verdicts or for all."""

    odds: Array
    columns: Array
    groups: Array

    def at(self, index: Array) -> Rows:
        return Rows(self.odds[index], self.columns[index], self.groups[index])


@dataclass(frozen=True)
class Truth:
    """(m,) verdicts as numbers, and their weights."""

    hit: Array
    weight: Array

    def at(self, index: Array) -> Truth:
        return Truth(self.hit[index], self.weight[index])


def by_formula(known: Rows, truth: Truth, asked: Rows, heard: Array) -> Array | None:
    """Log odds of ``asked`` rows; None where the verdicts contradict the formula (too few to turn its order round).

    First the project's a and b; then, those held, the effects of the classes in ``heard``: other classes have none.
    """

    def plain(of: Rows) -> Array:
        return np.column_stack([of.odds, np.ones(len(of.odds))])

    prior = np.array([SLOPE_PRIOR, OFFSET_PRIOR])
    beta = logistic(plain(known), truth.hit, truth.weight, np.array([1.0, 0.0]), prior)
    if beta[0] <= 0:
        return None

    def classes(of: Rows) -> Array:
        return np.column_stack([plain(of) @ beta, of.groups[:, None] == heard[None, :]]).astype(np.float64)

    centre, precision = np.r_[1.0, np.zeros(len(heard))], np.r_[HELD, np.full(len(heard), CLASS_PRIOR)]
    effects = logistic(classes(known), truth.hit, truth.weight, centre, precision)
    return np.asarray(plain(asked) @ beta + by_class(asked.groups, heard, effects[1:]))


def by_class(groups: Array, heard: Array, effects: Array) -> Array:
    """(n,) the effect of each row's class, 0 where it has none."""
    table = np.zeros(1 + int(max(groups.max(initial=0), heard.max(initial=0))))
    table[heard] = effects
    return table[groups]


def by_learning(known: Rows, truth: Truth, asked: Rows) -> Array:
    """Log odds of ``asked`` rows from the evidence, standardised over the known rows and pulled towards the formula."""
    middle, spread = known.columns.mean(axis=0), known.columns.std(axis=0)
    usable = spread > 1e-9

    def design(of: Rows) -> Array:
        z = np.clip((of.columns[:, usable] - middle[usable]) / spread[usable], -5, 5)
        return np.column_stack([of.odds, np.ones(len(of.odds)), z])

    more = int(usable.sum())
    centre = np.r_[1.0, 0.0, np.zeros(more)]
    precision = np.r_[SLOPE_PRIOR, OFFSET_PRIOR, np.full(more, RIDGE)]
    return np.asarray(design(asked) @ logistic(design(known), truth.hit, truth.weight, centre, precision))


def fit(odds: Array, columns: Array, *, groups: Array, units: Array, verdicts: Verdicts) -> Fit:
    """``groups`` (n,) classes, whose effects are shrunk; ``units`` (n,) data units, which folds never divide."""
    at, hit = verdicts.index, verdicts.is_error.astype(np.float64)
    if len(at) < FEW or not 0 < hit.sum() < len(hit):
        return Fit(sigmoid(odds), odds, "fixed")
    everything, truth = Rows(odds, columns, groups), Truth(hit, verdicts.weight)
    known, heard = everything.at(at), np.flatnonzero(np.bincount(groups[at]) >= PER_CLASS)
    enough = columns.shape[1] and len(at) >= MANY and hit.sum() >= MANY_ERRORS
    if enough and all(gains(known, truth, units[at], heard, seed) for seed in (0, 1)):
        learned = by_learning(known, truth, everything)
        return Fit(sigmoid(learned), learned, "learned")
    z = by_formula(known, truth, everything, heard)
    if z is None:
        return Fit(np.full(len(odds), constant(truth)), odds, "calibrated")
    return Fit(sigmoid(z), odds, "calibrated")


def constant(truth: Truth) -> float:
    return float(np.average(truth.hit, weights=truth.weight))


def gains(known: Rows, truth: Truth, units: Array, heard: Array, seed: int) -> bool:
    """Whether the learned model's paired gain in held-out log loss, summed by data unit, has a lower bound above 0."""
    names, of_unit = np.unique(units, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[of_unit]
    gain = np.zeros(len(units))
    for number in range(FOLDS):
        out, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if not len(out) or not len(rest):
            return False
        formula = by_formula(known.at(rest), truth.at(rest), known.at(out), heard)
        if formula is None:
            share = np.clip(constant(truth.at(rest)), 1e-6, 1 - 1e-6)
            formula = np.full(len(out), np.log(share / (1 - share)))
        learned = by_learning(known.at(rest), truth.at(rest), known.at(out))
        gain[out] = truth.weight[out] * (log_loss(formula, truth.hit[out]) - log_loss(learned, truth.hit[out]))
    by_unit = np.bincount(of_unit, gain)
    error = by_unit.std(ddof=1) / np.sqrt(len(by_unit))
    return bool(by_unit.mean() - ONE_SIDED_95 * error > 0)


def log_loss(z: Array, hit: Array) -> Array:
    return np.asarray(np.logaddexp(0, z) - hit * z)
