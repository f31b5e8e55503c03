"""A calibration that can be kept: what turns log odds and evidence into a probability of error.

formula     slope * odds + offset + the class's effect, then, where they won, monotone steps
learned     slope * odds + offset + evidence standardised over the rows it was learned from
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.logistic import logistic, offsets
from apps.quality.logic.numbers import log_odds, sigmoid

FEW, PER_CLASS = 20, 30
SLOPE_PRIOR, OFFSET_PRIOR, CLASS_PRIOR, RIDGE = 4.0, 0.1, 4.0, 4.0  # precisions of the normal priors
PER_STEP, STEPS, STEP_PRIOR = 30, 15, 4.0


def nothing() -> Array:
    return np.zeros(0)


@dataclass(frozen=True)
class Rows:
    """What a model may look at: ``odds`` (n,), ``columns`` (n, f), nan where none are known, ``groups`` (n,)."""

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

    def rate(self) -> float:
        return float(np.average(self.hit, weights=self.weight))


@dataclass(frozen=True, eq=False)
class Formula:
    """``heard`` (k,) sorted classes with ``effects`` (k,) of their own; ``steps`` (2, j): from, to."""

    slope: float = 1.0
    offset: float = 0.0
    heard: Array = field(default_factory=nothing)
    effects: Array = field(default_factory=nothing)
    steps: Array = field(default_factory=lambda: np.zeros((2, 0)))

    def of(self, rows: Rows) -> Array:
        z = self.slope * rows.odds + self.offset + self.effects_of(rows.groups)
        return by_steps(self.steps, z) if self.steps.shape[1] else np.asarray(z)

    def effects_of(self, groups: Array) -> Array:
        """(n,) the effect of each row's class, 0 where it has none."""
        if not len(self.heard):
            return np.zeros(len(groups))
        named = groups.astype(np.str_) if self.heard.dtype.kind == "U" else groups
        place = np.minimum(np.searchsorted(self.heard, named), len(self.heard) - 1)
        return np.asarray(np.where(self.heard[place] == named, self.effects[place], 0.0))


@dataclass(frozen=True, eq=False)
class Learned:
    """``coefficients`` (2 + f,): of the odds, the constant, and each column less its mean by its spread, held at 5."""

    coefficients: Array
    means: Array
    spreads: Array

    def of(self, rows: Rows) -> Array:
        return np.asarray(standardised(rows, self.means, self.spreads) @ self.coefficients)

    def fits(self, columns: Array) -> bool:
        return bool(columns.shape[1] == len(self.means))


@dataclass(frozen=True, eq=False)
class Model:
    """``kind``: fixed, calibrated or learned. ``scorer``: whose evidence was learned from ("" for any)."""

    kind: str = "fixed"
    formula: Formula = field(default_factory=Formula)
    learned: Learned | None = None
    scorer: str = ""

    def as_json(self) -> dict[str, Any]:
        of, known = self.formula, self.learned
        out: dict[str, Any] = {"kind": self.kind, "scorer": self.scorer, "slope": of.slope, "offset": of.offset}
        out["effects"] = {str(name): float(effect) for name, effect in zip(of.heard, of.effects, strict=True)}
        out["steps"] = of.steps.tolist() if of.steps.shape[1] else []
        if known:
            out["learned"] = {name: getattr(known, name).tolist() for name in ("coefficients", "means", "spreads")}
        return out

    @staticmethod
    def of_json(data: Mapping[str, Any]) -> Model:
        effects = sorted(data.get("effects", {}).items())
        formula = Formula(
            float(data.get("slope", 1.0)),
            float(data.get("offset", 0.0)),
            np.array([name for name, _ in effects], dtype=np.str_),
            np.array([effect for _, effect in effects], dtype=np.float64),
            np.array(data["steps"], dtype=np.float64) if data.get("steps") else np.zeros((2, 0)),
        )
        known = data.get("learned")
        learned = (
            Learned(**{name: np.array(value, dtype=np.float64) for name, value in known.items()}) if known else None
        )
        return Model(str(data.get("kind", "fixed")), formula, learned, str(data.get("scorer", "")))


def log_odds_of(model: Model, rows: Rows) -> Array:
    """(n,). A row without the evidence that was learned from gets the formula."""
    z = model.formula.of(rows)
    if model.learned is None or model.kind != "learned" or not model.learned.fits(rows.columns):
        return z
    known = np.flatnonzero(np.isfinite(rows.columns).all(axis=1))
    z[known] = model.learned.of(rows.at(known))
    return z


def apply(model: Model, odds: Array, columns: Array, groups: Array) -> Array:
    """(n,) P(error) from log odds (n,), evidence (n, f) and classes (n,)."""
    return sigmoid(log_odds_of(model, Rows(odds, columns, groups)))


def standardised(rows: Rows, means: Array, spreads: Array) -> Array:
    usable = spreads > 1e-9
    z = np.clip((rows.columns - means) / np.where(usable, spreads, 1), -5, 5) * usable
    return np.column_stack([rows.odds, np.ones(len(rows.odds)), z])


def classes_heard(groups: Array) -> Array:
    """Sorted classes with at least ``PER_CLASS`` verdicts: only they have effects of their own."""
    names, count = np.unique(groups, return_counts=True)
    return np.asarray(names[count >= PER_CLASS])


def by_formula(known: Rows, truth: Truth, heard: Array) -> Formula | None:
    """None where the verdicts contradict the formula: they are too few to turn its order round.

    First the project's slope and offset; then, those held, the effects of the classes in ``heard``.
    """
    prior = np.array([SLOPE_PRIOR, OFFSET_PRIOR])
    plain = np.column_stack([known.odds, np.ones(len(known.odds))])
    slope, offset = logistic(plain, truth.hit, truth.weight, np.array([1.0, 0.0]), prior)
    if slope <= 0:
        return None
    if not len(heard):
        return Formula(float(slope), float(offset))
    own = np.flatnonzero(np.isin(known.groups, heard))
    of, z = np.searchsorted(heard, known.groups[own]), slope * known.odds[own] + offset
    effects = offsets(z, truth.hit[own], truth.weight[own], of, len(heard), CLASS_PRIOR)
    return Formula(float(slope), float(offset), heard, effects)


def by_rate(truth: Truth) -> Formula:
    """The same probability for everything."""
    return Formula(0.0, float(log_odds(np.array(truth.rate()))))


def by_learning(known: Rows, truth: Truth) -> Learned:
    """From the evidence, standardised over the known rows and pulled towards the formula. All rows have columns."""
    means, spreads = known.columns.mean(axis=0), known.columns.std(axis=0)
    more = len(means)
    centre = np.r_[1.0, 0.0, np.zeros(more)]
    precision = np.r_[SLOPE_PRIOR, OFFSET_PRIOR, np.full(more, RIDGE)]
    x = standardised(known, means, spreads)
    return Learned(logistic(x, truth.hit, truth.weight, centre, precision), means, spreads)


def with_steps(formula: Formula, known: Rows, truth: Truth) -> Formula:
    """The formula bent to what was seen: equally many verdicts a step, steps that fall merged (isotonic regression),
    each shrunk to the formula by ``STEP_PRIOR`` verdicts, and straight lines between their centres."""
    z = formula.of(known)
    parts = np.array_split(np.argsort(z, kind="stable"), max(2, min(STEPS, len(z) // PER_STEP)))
    blocks: list[Array] = []
    for part in parts:
        blocks.append(part)
        while len(blocks) > 1 and share(blocks[-1], z, truth) <= share(blocks[-2], z, truth):
            last = blocks.pop()
            blocks[-1] = np.r_[blocks[-1], last]
    centres = np.array([np.average(z[block], weights=truth.weight[block]) for block in blocks])
    seen = log_odds(np.array([share(block, z, truth) for block in blocks]))
    return Formula(formula.slope, formula.offset, formula.heard, formula.effects, np.stack([centres, seen]))


def share(block: Array, z: Array, truth: Truth) -> float:
    weight = truth.weight[block]
    claimed = float(np.average(sigmoid(z[block]), weights=weight))
    return float((weight @ truth.hit[block] + STEP_PRIOR * claimed) / (weight.sum() + STEP_PRIOR))


def by_steps(steps: Array, z: Array) -> Array:
    """Lines between the steps' centres; beyond the outermost the formula's own slope goes on."""
    at, to = steps
    inside = np.interp(z, at, to)
    return np.asarray(inside + np.minimum(z - at[0], 0) + np.maximum(z - at[-1], 0))
