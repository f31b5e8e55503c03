"""Labels that no prediction speaks of: what their neighbours and the shapes of their class say.

    odds = 1.2 * N + S + O + b

N log odds of the trusted neighbours' disagreement; S log of how much better the other classes explain the shape (size,
aspect, place) than the given one, times how well shapes tell this project's classes apart at all; O what an odd shape
adds; b such that the mean is the base rate. Where neither knows anything all are 0, and P(error) is the base rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from apps.quality.logic import neighbours, robust
from apps.quality.logic.boxes import areas
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.neighbours import Crowd, Near, Neighbours
from apps.quality.logic.numbers import log_odds, sample, shift_to_mean

VERSION = "unaided-1"
BASE = 0.05
NEIGHBOURS_SLOPE = 1.2
DEGREES = 4.0  # of the t distribution: shapes have heavy tails
MOST = 4.0
CHUNK, FIT_ROWS = 1 << 13, 20_000
ODD_AT, ODD_SLOPE, ODD_MOST = 3.0, 0.4, 2.0
FLOOR = np.array([0.05, 0.05, 0.02, 0.02])


@dataclass(frozen=True, eq=False)
class State:
    """The neighbours' ``typical strength`` () and ``share`` (k,); shapes' ``centre spread`` (k, 4) and ``count`` (k,);
    ``skill`` () of shapes at telling classes apart; ``offset`` ()."""

    typical: Array
    share: Array
    strength: Array
    centre: Array
    spread: Array
    count: Array
    skill: Array
    offset: Array

    @property
    def crowd(self) -> Crowd:
        return Crowd(float(self.typical), self.share, float(self.strength))

    @property
    def usual(self) -> robust.Usual:
        return robust.Usual(self.centre, self.spread, self.count)

    def arrays(self) -> dict[str, Array]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> State:
        """From ``arrays()``. Raises ``BadInput`` where one is missing."""
        names = [field.name for field in fields(State)]
        for name in names:
            if name not in arrays:
                raise BadInput(f"{name}: the array is missing.")
        return State(**{name: np.asarray(arrays[name], np.float64) for name in names})


@dataclass(frozen=True)
class Evidence:
    """``odds`` (n,), ``columns`` (n, 3) N, S and O, ``suggested`` (n,) what most neighbours carry, or what is given."""

    odds: Array
    columns: Array
    suggested: Array


def shape_measures(box: Array, size: Array) -> Array:
    """(n, 4) log relative area, log aspect, and the centre, of xyxy boxes in images of ``size`` (n, 2)."""
    side = np.maximum(box[:, 2:] - box[:, :2], 1e-9)
    relative = np.log(np.maximum(areas(box), 1e-9) / np.maximum(size.prod(axis=1), 1e-9))
    centre = (box[:, :2] + box[:, 2:]) / 2 / np.maximum(size, 1e-9)
    return np.column_stack([relative, np.log(side[:, 0] / side[:, 1]), centre])


def fit(
    y: Array, classes: int, *, shapes: Array | None = None, near: Neighbours | None = None, base: float = BASE
) -> State:
    """``y`` (n,) given classes, ``shapes`` (n, 4) as above, ``near`` the rows' neighbours; ``base`` the share of wrong
    labels that is assumed, or known from audits."""
    crowd = neighbours.crowd_of(near, y, classes) if near is not None else neighbours.NOBODY
    measured = np.full((len(y), len(FLOOR)), np.nan) if shapes is None else shapes
    usual, share = robust.fit(measured, y, classes), np.bincount(y, minlength=classes) / max(len(y), 1)
    skill = skill_of(measured, y, usual, share)
    numbers = {"typical": crowd.typical, "strength": crowd.strength, "skill": skill, "offset": 0.0}
    arrays = {name: np.array(value) for name, value in numbers.items()}
    start = State(**arrays, share=share, centre=usual.centre, spread=usual.spread, count=usual.count)
    odds = evidence(y, state=start, shapes=shapes, near=near).odds if len(y) else np.zeros(1)
    return State.of(start.arrays() | {"offset": np.array(shift_to_mean(odds, base))})


def evidence(y: Array, *, state: State, shapes: Array | None = None, near: Neighbours | Near | None = None) -> Evidence:
    """``near``: row numbers of this very set, or the classes of neighbours that are not in it."""
    n = len(y)
    by_shape, odd, against = np.zeros(n), np.zeros(n), np.zeros(n)
    suggested = y.copy()
    if shapes is not None:
        z = robust.standardised(shapes, y, state.usual, FLOOR)
        odd = np.nan_to_num(np.clip(ODD_SLOPE * (np.abs(z[:, :2]).max(axis=1, initial=0) - ODD_AT), 0, ODD_MOST))
        by_shape = float(state.skill) * against_shape(shapes, y, state.usual, state.share)
    if near is not None and float(state.strength) > 0:
        found = heard(near, y, state.crowd, by_shape + odd)
        against = neighbours.disagreement_odds(found)
        told = found.votes.sum(axis=1) > 0
        suggested = np.where(told, found.votes.argmax(axis=1), y)
    odds = NEIGHBOURS_SLOPE * against + by_shape + odd + float(state.offset)
    return Evidence(odds, np.column_stack([against, by_shape, odd]), suggested)


def heard(near: Neighbours | Near, y: Array, crowd: Crowd, odds: Array) -> neighbours.Opinion:
    if isinstance(near, Near):
        return neighbours.hear(near, y, crowd)
    return neighbours.trusted_opinion(near, y, crowd, odds + log_odds(np.array(BASE)))


def likelihoods(shapes: Array, usual: robust.Usual) -> Array:
    """(n, k) log densities of independent t distributions around each class's usual shape."""
    spread = usual.spread + FLOOR
    z = (shapes[:, None, :] - usual.centre[None]) / spread[None]
    return np.asarray((-np.log(spread)[None] - (DEGREES + 1) / 2 * np.log1p(z**2 / DEGREES)).sum(axis=2))


def against_shape(shapes: Array, y: Array, usual: robust.Usual, share: Array) -> Array:
    """(n,) log of the other classes' mean density, by their shares, over the given class's; 0 where unknown."""
    if not len(y) or len(share) < 2:
        return np.zeros(len(y))
    out, prior = np.zeros(len(y)), np.log(np.maximum(share, 1e-12))
    for start in range(0, len(y), CHUNK):
        given = y[start : start + CHUNK]
        log = likelihoods(shapes[start : start + CHUNK], usual)
        rest, rows = log + prior, np.arange(len(given))
        rest[rows, given] = -np.inf
        top = rest.max(axis=1)
        others = top + np.log(np.exp(rest - top[:, None]).sum(axis=1)) - np.log(np.maximum(1 - share[given], 1e-12))
        out[start : start + CHUNK] = np.clip(np.nan_to_num(others - log[rows, given]), -MOST, MOST)
    return out


def skill_of(shapes: Array, y: Array, usual: robust.Usual, share: Array) -> float:
    """How far shapes tell classes apart: agreement of the likeliest class with the given one above chance, 0 where it
    is within two standard errors of what the commonest class would get."""
    known = np.flatnonzero(np.isfinite(shapes).all(axis=1))
    known = known[sample(len(known), FIT_ROWS)]
    if not len(known) or len(share) < 2:
        return 0.0
    guess = (likelihoods(shapes[known], usual) + np.log(np.maximum(share, 1e-12))).argmax(axis=1)
    agree, chance = float((guess == y[known]).mean()), float(share.max())
    if chance >= 1 or agree - chance <= 2 * np.sqrt(chance * (1 - chance) / len(known)):
        return 0.0
    return (agree - chance) / (1 - chance)
