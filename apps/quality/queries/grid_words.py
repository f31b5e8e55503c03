"""What the grid knows of one label, beside what reviews say of it: reviews have the last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np

from apps.quality.logic.certificate.instrument import (
    FALSE_MARK,
    FINE,
    FLAGGED,
    NONE,
    RELABELED,
    SEEN_BEFORE,
    TRUE_MARK,
    UNCHECKED,
    Gridded,
    Words,
)
from apps.quality.logic.certificate.judged import Known, Said, content_at, known_of
from apps.quality.queries.gridded import Grid, GridLook, Record
from apps.quality.queries.judgements import History, Look

COLUMNS = ("task", "of_class", "chance", "marked", "kind", "checked", "left")


@dataclass
class WordColumns:
    """The first look at each label in the grid, as they come."""

    rows: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, *values: Any) -> None:
        for name, value in zip(COLUMNS, values, strict=True):
            self.rows[name].append(value)

    def words(self) -> Words:
        kinds = {"task": np.int64, "chance": np.float64, "marked": bool, "checked": np.int64, "left": bool}
        return Words(*(np.asarray(self.rows[name], dtype=kinds.get(name, np.str_)) for name in COLUMNS))


def gridded(words: WordColumns, state: Sequence[int], chance: Sequence[float], record: Record) -> Gridded:
    return Gridded(
        np.asarray(state, np.int64),
        np.asarray(chance, np.float64),
        words.words(),
        record.shown,
        record.found,
        record.drawn,
        record.silent,
    )


def state_of(
    seen: Sequence[GridLook], known: Known, visits: Sequence[Look], changes: Sequence[int], revision: int
) -> tuple[int, str]:
    """What the grid alone knows of the label at ``revision`` and the kind of error that it named; of a label that
    reviews know, only whether the grid saw it before them."""
    if not seen:
        return NONE, ""
    if known.first is not None:
        opened = next((look.opened_at for look in visits if look.visit == known.first.visit), None)
        return (SEEN_BEFORE if opened is not None and seen[0].at < opened else NONE), ""
    alone = known_of(changes, [look.said for look in seen], revision)
    if alone.first is None:
        return NONE, ""
    if alone.still_wrong:
        return FLAGGED, alone.kind
    now = content_at(changes, revision)
    given = any(look.said.is_error and content_at(changes, look.said.left) == now for look in seen)
    return (RELABELED if given else FINE), ""


def add_word(
    columns: WordColumns,
    number: int,
    subject: tuple[UUID, UUID],
    grid: Grid,
    visits: Sequence[tuple[Look, Said]],
    history: History,
    state: int,
) -> None:
    """The first look at a label, unless a review had judged that content before: then it tells nothing of labels that
    nobody has seen."""
    look = next((one for one in grid.of(*subject) if not one.made), None)
    if look is None:
        return
    changes = history.changes.get(subject[1], [])
    then = content_at(changes, look.said.seen)
    before = (said for visit, said in visits if visit.opened_at <= look.at)
    if any(then in (content_at(changes, said.seen), content_at(changes, said.left)) for said in before):
        return
    chance = (grid.reach.chance(subject, then, changes) or look.chance) if look.at_random else 1.0
    checked = checked_by(look, [said for visit, said in visits if visit.opened_at > look.at], history, subject[1])
    left = state == FINE and not look.said.is_error
    columns.add(number, look.class_id, chance, look.said.is_error, look.said.kind, checked, left)


def checked_by(look: GridLook, later: Sequence[Said], history: History, label: UUID) -> int:
    """Whether reviews after a mark found it true: of the label as it was, or as the mark has put it right."""
    if not look.said.is_error:
        return UNCHECKED
    changes = history.changes.get(label, [])
    was, put = content_at(changes, look.said.seen), content_at(changes, look.said.left)
    for said in later:
        seen = content_at(changes, said.seen)
        if seen == was:
            return TRUE_MARK if said.is_error else FALSE_MARK
        if seen == put:
            return FALSE_MARK if said.is_error and reverted(history, label, was, said.left) else TRUE_MARK
    return UNCHECKED


def reverted(history: History, label: UUID, was: int, left: int) -> bool:
    """Whether the label got back the class that the mark had taken from it."""
    before, after = history.content(label, was), history.content(label, left)
    return bool(before and after and before["class"] == after["class"])
