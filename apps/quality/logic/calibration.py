"""From log odds to a probability of error, by verdicts.

Three models, each used only when it has earned it:

fixed       the scorer's own formula; uncalibrated.
calibrated  logit P = a * odds + b + u_class, from ``FEW`` verdicts of both outcomes on: a weak prior holds a near 1 and
            b near 0, and u_class, only of classes with at least ``PER_CLASS`` verdicts, is shrunk towards 0. From
            ``BENDABLE`` verdicts the line may be bent into monotone steps, if that wins the test below.
learned     logistic regression on the evidence columns with ridge, beside a * odds + b, from ``MANY`` verdicts with
            ``MANY_ERRORS`` errors on: it is ahead when, in cross-validation grouped by data unit, the one-sided 95 %
            lower bound of its paired gain in log loss is above 0 in two partitions; it replaces the formula when it was
            ahead in two fits running.

Verdicts weigh 1 / selection probability, capped at ``CAP`` times the median.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apps.quality.logic.calibrated import (
    FEW,
    PER_CLASS,
    Formula,
    Model,
    Rows,
    Truth,
    apply,
    by_formula,
    by_learning,
    by_rate,
    classes_heard,
    log_odds_of,
    with_steps,
)
from apps.quality.logic.calibration_figures import constant_of, figures, held_out, paired_gain
from apps.quality.logic.checks import Array
from apps.quality.logic.logistic import CAP, cap_weights, logistic
from apps.quality.logic.numbers import sigmoid

MANY, MANY_ERRORS, BENDABLE = 200, 20, 300
RUNNING = 2
PARTITIONS = (0, 1)


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


@dataclass(frozen=True)
class Lesson:
    """What verdicts taught. ``ahead``: fits running, this one included, in which the learned model was better.

    ``figures``: counts, the cap, held-out figures, and each challenger's paired gain with its lower bound.
    """

    model: Model
    figures: dict[str, Any]
    ahead: int


def learn(
    odds: Array, columns: Array, groups: Array, units: Array, weights: Array, hit: Array, *, ahead: int = 0
) -> Lesson:
    """From ``m`` verdicts: log odds (m,), evidence (m, f) with nan rows where there is none, classes, data units,
    1 / selection probability and whether each was an error. ``ahead`` is what the fit before this one answered."""
    truth = Truth(hit.astype(np.float64), cap_weights(weights.astype(np.float64)))
    rows, said = Rows(odds, columns, groups), counts(weights, hit)
    if len(hit) < FEW or not 0 < truth.hit.sum() < len(hit):
        return Lesson(Model(), said, 0)
    heard = classes_heard(groups)
    formula = formula_or_rate(rows, truth, heard)
    said["contradicted"] = formula.slope == 0
    if len(hit) >= BENDABLE and formula.slope > 0:
        test = challenge(plain_fitter(heard), bent_fitter(heard), rows, truth, units)
        said["steps"] = test
        formula = with_steps(formula, rows, truth) if test["ahead"] else formula
    bent = bool(formula.steps.shape[1])
    fitter = bent_fitter(heard) if bent else plain_fitter(heard)
    model = Model("calibrated", formula)
    full = np.flatnonzero(np.isfinite(columns).all(axis=1)) if columns.shape[1] else np.zeros(0, int)
    running = 0
    if len(full) >= MANY and truth.hit[full].sum() >= MANY_ERRORS:
        test = challenge(fitter, learned_fitter, rows.at(full), truth.at(full), units[full])
        said["learned"], running = test, min(ahead + 1, RUNNING) if test["ahead"] else 0
        if running >= RUNNING:
            model = replace(model, kind="learned", learned=by_learning(rows.at(full), truth.at(full)))
            rows, truth, units, fitter = rows.at(full), truth.at(full), units[full], learned_fitter
    return Lesson(model, said | worth(fitter, rows, truth, units), running)


def counts(weights: Array, hit: Array) -> dict[str, Any]:
    cap = CAP * float(np.median(weights)) if len(weights) else CAP
    capped = int((weights > cap).sum())
    return {"verdicts": len(hit), "errors": int(hit.sum()), "cap": CAP, "cap_weight": cap, "capped": capped}


def worth(fitter: Callable[[Rows, Truth], Callable[[Rows], Array]], rows: Rows, truth: Truth, units: Array) -> Any:
    """The held-out figures; nothing where the units are too few to fold."""
    z, rates = (held_out(each, rows, truth, units, PARTITIONS[0]) for each in (fitter, constant_of))
    return {} if z is None or rates is None else figures(z, rates, truth)


def challenge(old: Any, new: Any, rows: Rows, truth: Truth, units: Array) -> dict[str, Any]:
    """The paired test, in every partition: the least ``gain`` and ``lower`` bound, and whether it is ``ahead``."""
    found = []
    for seed in PARTITIONS:
        before, after = (held_out(each, rows, truth, units, seed) for each in (old, new))
        if before is None or after is None:
            return {"ahead": False, "gain": None, "lower": None}
        found.append(paired_gain(before, after, truth, units))
    gain, lower = min(mean for mean, _ in found), min(bound for _, bound in found)
    return {"ahead": lower > 0, "gain": gain, "lower": lower if np.isfinite(lower) else None}


def formula_or_rate(rows: Rows, truth: Truth, heard: Array) -> Formula:
    return by_formula(rows, truth, heard) or by_rate(truth)


def plain_fitter(heard: Array) -> Callable[[Rows, Truth], Callable[[Rows], Array]]:
    return lambda rows, truth: formula_or_rate(rows, truth, heard).of


def bent_fitter(heard: Array) -> Callable[[Rows, Truth], Callable[[Rows], Array]]:
    def fitter(rows: Rows, truth: Truth) -> Callable[[Rows], Array]:
        found = formula_or_rate(rows, truth, heard)
        return with_steps(found, rows, truth).of if found.slope > 0 else found.of

    return fitter


def learned_fitter(rows: Rows, truth: Truth) -> Callable[[Rows], Array]:
    return by_learning(rows, truth).of


def fit(odds: Array, columns: Array, *, groups: Array, units: Array, verdicts: Verdicts) -> Fit:
    """``groups`` (n,) classes, whose effects are shrunk; ``units`` (n,) data units, which folds never divide.

    Verdicts that come all at once are one fit: its two partitions stand for two fits running.
    """
    at = verdicts.index
    known = (odds[at], columns[at], groups[at], units[at])
    model = learn(*known, verdicts.weight, verdicts.is_error.astype(bool), ahead=RUNNING - 1).model
    z = log_odds_of(model, Rows(odds, columns, groups))
    return Fit(sigmoid(z), z if model.kind == "learned" else odds, model.kind)


__all__ = [
    "CAP",
    "FEW",
    "PER_CLASS",
    "Fit",
    "Lesson",
    "Model",
    "Verdicts",
    "apply",
    "cap_weights",
    "fit",
    "learn",
    "logistic",
]
