"""Checklists: one probability per answer, so that an answer may be missing or be one too many.

Every answer is a question of its own with two classes, and scored as ``classification`` scores them: its own
temperature, noise rates and neighbours. A label's odds are those of any answer being wrong, the likeliest in full and
the others by a fifth, as an image's are of its boxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from apps.quality.logic import classification
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.classification_state import State as AnswerState
from apps.quality.logic.neighbours import Near, Neighbours
from apps.quality.logic.numbers import log_odds, sigmoid

VERSION = "multilabel-1"
REST_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class State:
    """What was learned of each answer, in order."""

    answers: tuple[AnswerState, ...]

    def arrays(self) -> dict[str, Array]:
        names = [field.name for field in fields(AnswerState)]
        return {name: np.array([getattr(one, name) for one in self.answers]) for name in names}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> State:
        """From ``arrays()``. Raises ``BadInput`` where one is missing."""
        count = len(arrays["power"]) if "power" in arrays else 0
        return State(tuple(AnswerState.of({name: value[i] for name, value in arrays.items()}) for i in range(count)))


@dataclass(frozen=True)
class Evidence:
    """``odds`` (n,) that some answer is wrong; (n, k) the probability that each is ``missing`` or ``extra``;
    ``columns`` (n, 4); ``suggested`` (n, k) the answers
    with those turned that are more likely wrong than right."""

    odds: Array
    missing: Array
    extra: Array
    columns: Array
    suggested: Array


def fit(p: Array, y: Array, *, near: Neighbours | None = None) -> State:
    """``p`` (n, k) out-of-sample probability of every answer, ``y`` (n, k) whether it was given."""
    check(p, y)
    return State(tuple(classification.fit(two(p, k), y[:, k].astype(np.int64), near=near) for k in range(p.shape[1])))


def evidence(
    p: Array, y: Array, *, state: State | None = None, near: Neighbours | Sequence[Near] | None = None
) -> Evidence:
    """Answers as ``fit`` takes them; without a ``state`` these are the whole set. ``near``: row numbers of this very
    set, or for each answer what neighbours that are not in it say (which need a state)."""
    check(p, y)
    if state is None and near is not None and not isinstance(near, Neighbours):
        raise BadInput("near: neighbours from elsewhere can only be heard with a state.")
    known, k = state or fit(p, y, near=near if isinstance(near, Neighbours) else None), p.shape[1]
    if len(known.answers) != k:
        raise BadInput(f"state: it knows {len(known.answers)} answers, but there are {k}.")
    wrong = np.zeros(p.shape)
    for answer in range(k):
        given = y[:, answer].astype(np.int64)
        heard = near if near is None or isinstance(near, Neighbours) else near[answer]
        found = classification.evidence(two(p, answer), given, state=known.answers[answer], near=heard)
        wrong[:, answer] = sigmoid(found.odds)
    missing, extra = np.where(y, 0, wrong), np.where(y, wrong, 0)
    some = any_of(wrong)
    both = (missing, extra, wrong)
    columns = np.column_stack([*(part.max(axis=1, initial=0) for part in both), wrong.sum(axis=1)])
    return Evidence(log_odds(some), missing, extra, columns, y ^ (wrong > 0.5))


def any_of(wrong: Array) -> Array:
    """(n,) 1 - (1 - top) exp(-0.2 (sum - top))."""
    top = wrong.max(axis=1, initial=0)
    return np.asarray(1 - (1 - top) * np.exp(-REST_SHARE * np.maximum(wrong.sum(axis=1) - top, 0)))


def two(p: Array, answer: int) -> Array:
    return np.column_stack([1 - p[:, answer], p[:, answer]])


def check(p: Array, y: Array) -> None:
    if p.ndim != 2 or p.shape != y.shape or y.dtype != bool:
        raise BadInput(f"answers: booleans of shape {p.shape} are needed, not {y.dtype} {y.shape}.")
    wrong = ~np.isfinite(p) | (p < 0) | (p > 1)
    if wrong.any():
        raise BadInput(f"probabilities: row {int(np.flatnonzero(wrong.any(axis=1))[0])} is not between 0 and 1.")
