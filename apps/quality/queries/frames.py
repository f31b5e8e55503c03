"""The frame of a certificate: every label of a snapshot, or of the tasks that have come to rest, and what is known.

Labels that a random look took away stay in the frame as wrong and put right, since they speak for others that
nobody looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import BooleanField, Case, Count, Value, When

from apps.labels.models import Label, Snapshot
from apps.projects.models import Project
from apps.quality.logic.certificate.cuts import Material
from apps.quality.logic.certificate.frame import ANY, MISSING
from apps.quality.logic.certificate.instrument import NONE
from apps.quality.logic.certificate.judged import UNSEEN, Known, content_at, known_of
from apps.quality.logic.certificate.report import CERTAIN, MODEL, PEOPLE, frame_from
from apps.quality.models import AuditDraw
from apps.quality.queries.chance_rows import Draw, chance_of, draws_of, searching_chance
from apps.quality.queries.frame_units import Unit, units_of
from apps.quality.queries.grid_words import WordColumns, add_word, gridded, state_of
from apps.quality.queries.gridded import Grid, Reach, Record, looks_in_grid, record_of
from apps.quality.queries.judgements import History, Look, histories_of, looks_of

COLUMNS = ("task", "of_class", "stratum", "probability", "reviewed", "was_wrong", "still_wrong")


@dataclass(frozen=True, slots=True)
class LabelAt:
    """A label as certified, or ``n`` of a task that nobody looked at and of which the same is known. ``since``: the
    revision in which it came to say this."""

    label: UUID | None
    class_id: str
    by_model: bool
    since: int
    n: int = 1


@dataclass
class Columns:
    """The frame as it grows. ``found`` is the kind of error that a look named, ``state`` what the grid knows of the
    label, ``reach`` the chance of the grid's draws."""

    rows: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    found: list[str] = field(default_factory=list)
    state: list[int] = field(default_factory=list)
    reach: list[float] = field(default_factory=list)

    def add(self, *values: Any, kind: str = "", state: int = NONE, reach: float = 0.0, n: int = 1) -> None:
        """``n`` equal rows."""
        for name, value in zip(COLUMNS, values, strict=True):
            self.rows[name].extend([value] * n)
        self.found.extend([kind] * n)
        self.state.extend([state] * n)
        self.reach.extend([reach] * n)


@dataclass
class Gathered:
    labels: Columns = field(default_factory=Columns)
    units: Columns = field(default_factory=Columns)
    words: WordColumns = field(default_factory=WordColumns)
    tasks: int = 0
    drawn: int = 0
    silent: int = 0

    def material(self, record: Record | None) -> Material:
        found = np.asarray(self.labels.found, dtype=np.str_)
        return Material(
            frame_from(self.labels.rows, ANY),
            found,
            frame_from(self.units.rows, MISSING),
            self.drawn,
            self.silent,
            grid=gridded(self.words, self.labels.state, self.labels.reach, record) if record else None,
        )


@dataclass(frozen=True)
class Chunk:
    """Everything that is known of some units, by task; ``audits``: visits that waves brought about, by wave. ``grid``
    only where the grid is heard."""

    units: Sequence[Unit]
    looks: dict[UUID, list[Look]]
    draws: dict[UUID, list[Draw]]
    histories: dict[UUID, History]
    labels: dict[UUID, list[LabelAt]]
    audits: Mapping[int, int]
    grid: Grid | None = None

    def history(self, unit: Unit) -> History:
        return self.histories.get(unit.label_set, History()) if unit.label_set else History()


def material_of(
    project: Project, snapshot: Snapshot | None, now: datetime, seen: Callable[[int], None] = lambda _: None
) -> Material:
    """The whole frame, chunk by chunk; ``seen`` hears after each how many tasks there were so far."""
    gathered, record = Gathered(), record_of(project.id, now)
    for units in units_of(project, snapshot):
        gather(gathered, chunk_of(project, units, record))
        seen(gathered.tasks)
    return gathered.material(record)


def chunk_of(project: Project, units: Sequence[Unit], record: Record | None = None) -> Chunk:
    """A handful of statements, however many units. Without a ``record`` the grid is not heard."""
    ids = [one.task for one in units]
    looks, seen = looks_of(ids), looks_in_grid(ids) if record else {}
    told = looks.keys() | seen.keys()
    past = {one.label_set for one in units if one.label_set and (one.task in told or one.revision != one.current)}
    histories = histories_of(past)
    audits = AuditDraw.objects.filter(task_id__in=ids, visit__isnull=False).values_list("visit", "wave__number")
    draws = draws_of([(one.task, one.version) for one in units])
    waves = {visit: wave for visit, wave in audits if visit}
    one_by_one = {task for task, found in draws.items() if any(draw.label for draw in found)}
    labels = labels_of(units, histories, {*ids} if record and record.frames else one_by_one)
    grid = None
    if record:
        named = {(task, one.label) for task, found in labels.items() for one in found if one.label}
        grid = Grid(seen, Reach.of(record, named | {(task, label) for task, found in seen.items() for label in found}))
    return Chunk(units, looks, draws, histories, labels, waves, grid)


BY_MODEL = Case(
    When(origin__kind="model", origin__edited=True, then=Value(False)),
    When(origin__kind="model", then=Value(True)),
    default=Value(False),
    output_field=BooleanField(),
)


def labels_of(
    units: Sequence[Unit], histories: dict[UUID, History], one_by_one: set[UUID]
) -> dict[UUID, list[LabelAt]]:
    """By task. Present rows where nothing else is needed, counted by the database except for the tasks ``one_by_one``;
    else the past as the changes tell it."""
    found: dict[UUID, list[LabelAt]] = defaultdict(list)
    by_set = {one.label_set: one.task for one in units if one.label_set and one.label_set not in histories}
    apart = [label_set for label_set, task in by_set.items() if task in one_by_one]
    together = [label_set for label_set, task in by_set.items() if task not in one_by_one]
    rows = Label.objects.annotate(by_model=BY_MODEL)
    said = ("label_set_id", "class_id", "changed_in", "by_model")
    counted = rows.filter(label_set_id__in=together).values_list(*said).annotate(n=Count("id")).order_by(*said)
    for label_set, class_id, since, by_model, n in counted:
        found[by_set[label_set]].append(LabelAt(None, class_id, by_model, since, n))
    single = rows.filter(label_set_id__in=apart).order_by("label_set_id", "id")
    for label_set, class_id, since, by_model, label in single.values_list(*said, "label_id"):
        found[by_set[label_set]].append(LabelAt(label, class_id, by_model, since))
    for one in units:
        history = histories.get(one.label_set) if one.label_set else None
        for label in history.present(one.revision) if history else ():
            row = history.content(label, one.revision) if history else None
            if row is not None and history is not None:
                since = content_at(history.changes[label], one.revision)
                found[one.task].append(LabelAt(label, row["class"], made_by_model(row["origin"]), since))
    return found


def made_by_model(origin: Any) -> bool:
    """A model's label that nobody has edited."""
    return bool(origin) and origin.get("kind") == "model" and not origin.get("edited")


def gather(gathered: Gathered, chunk: Chunk) -> None:
    for one in chunk.units:
        number = gathered.tasks
        gathered.tasks += 1
        looks, draws, history = chunk.looks.get(one.task, []), chunk.draws.get(one.task, []), chunk.history(one)
        random = random_visits(looks, draws, history, chunk.audits, gathered)
        here = chunk.labels.get(one.task, [])
        sight = Sight(number, one, looks, draws, history, random, chunk.grid)
        states: dict[UUID, int] = {}
        for label in here:
            known = known_of(*seen_by(looks, history, label.label), one.revision) if label.label and looks else UNSEEN
            state, kind = sight.state(label, known)
            if label.label:
                states[label.label] = state
            add_label(gathered.labels, sight, label, known, state, kind)
        if random:
            add_removed(gathered.labels, sight, {label.label for label in here if label.label})
        sight.hear_grid(gathered.words, states)
        add_unit(gathered.units, number, one, looks, draws, random)


@dataclass(frozen=True)
class Sight:
    """One task of the frame, numbered, with all that is known of it; ``random``: the visits that a draw brought."""

    number: int
    unit: Unit
    looks: Sequence[Look]
    draws: Sequence[Draw]
    history: History
    random: set[int]
    grid: Grid | None

    def state(self, label: LabelAt, known: Known) -> tuple[int, str]:
        if self.grid is None or not label.label:
            return NONE, ""
        seen = self.grid.of(self.unit.task, label.label)
        return state_of(seen, known, self.looks, self.history.changes.get(label.label, []), self.unit.revision)

    def reach(self, label: UUID | None, since: int) -> float:
        """The chance of the grid's draws over one content."""
        if self.grid is None or not label:
            return 0.0
        return self.grid.reach.chance((self.unit.task, label), since, self.history.changes.get(label, []))

    def hear_grid(self, words: WordColumns, states: Mapping[UUID, int]) -> None:
        grid = self.grid
        if grid is None:
            return
        for label in grid.looks.get(self.unit.task, ()):
            said = ((look, look.said(self.history, label)) for look in self.looks)
            visits = [(look, word) for look, word in said if word is not None]
            subject = (self.unit.task, label)
            add_word(words, self.number, subject, grid, visits, self.history, states.get(label, NONE))


def random_visits(
    looks: Sequence[Look], draws: Sequence[Draw], history: History, audits: Mapping[int, int], gathered: Gathered
) -> set[int]:
    """The visits that a draw brought about. One without a word on every label counts only if it found errors: to drop
    those would hide them, and silence on all is no look."""
    random = set()
    for look in looks:
        revision = next((d.revision for d in draws if not d.is_audit and d.chosen and d.at == look.opened_at), None)
        if look.visit in audits:
            revision = next((d.revision for d in draws if d.wave == audits[look.visit]), None)
        if revision is None:
            continue
        full = look.is_full(history, revision)
        if look.visit in audits:
            gathered.drawn += 1
            gathered.silent += not full
        if full or look.found_errors(history):
            random.add(look.visit)
    return random


def seen_by(looks: Sequence[Look], history: History, label: UUID) -> tuple[list[int], list[Any]]:
    said = [word for look in looks if (word := look.said(history, label)) is not None]
    return history.changes.get(label, []), said


def add_label(columns: Columns, sight: Sight, label: LabelAt, known: Known, state: int, kind: str) -> None:
    task, draws, history = sight.number, sight.draws, sight.history
    stratum = MODEL if label.by_model else PEOPLE
    if known.first is None:
        chance, reach = chance_of(draws, label.label, label.since), sight.reach(label.label, label.since)
        row = (task, label.class_id, stratum, chance, False, False, False)
        columns.add(*row, kind=kind, state=state, reach=reach, n=label.n)
        return
    chance, class_id, reach = 1.0, label.class_id, 0.0
    if known.first.visit in sight.random and label.label:
        since = content_at(history.changes.get(label.label, []), known.first.seen)
        was = history.content(label.label, known.first.seen)
        stratum = MODEL if was and made_by_model(was["origin"]) else PEOPLE
        # It speaks for those of the class that it was drawn with, whatever the judge made of it.
        class_id = was["class"] if was else class_id
        chance, reach = chance_of(draws, label.label, since) or 1.0, sight.reach(label.label, since)
    stratum = stratum if chance < 1 else CERTAIN
    row = (task, class_id, stratum, chance, True, known.was_wrong, known.still_wrong)
    columns.add(*row, kind=known.kind, state=state, reach=reach)


def add_removed(columns: Columns, sight: Sight, here: set[UUID]) -> None:
    """Labels that a random look rejected and that are gone."""
    history = sight.history
    for label in set(history.changes) - here:
        changes, said = seen_by(sight.looks, history, label)
        wrong = next((word for word in said if word.is_error and word.visit in sight.random), None)
        if wrong is None or content_at(changes, sight.unit.revision) <= content_at(changes, wrong.seen):
            continue
        since, was = content_at(changes, wrong.seen), history.content(label, wrong.seen)
        chance, reach = chance_of(sight.draws, label, since), sight.reach(label, since)
        if was is not None and 0 < chance < 1:
            stratum = MODEL if made_by_model(was["origin"]) else PEOPLE
            row = (sight.number, was["class"], stratum, chance, True, True, False)
            columns.add(*row, kind=wrong.kind, reach=reach)


def add_unit(
    columns: Columns, task: int, one: Unit, looks: Sequence[Look], draws: Sequence[Draw], random: set[int]
) -> None:
    """Whether something was missing: known where the whole unit was searched, or where a random look found as much."""
    telling = [look for look in looks if look.searched is not None or (look.visit in random and look.missing)]
    chance = searching_chance(draws)
    if not telling:
        columns.add(task, MISSING, PEOPLE, chance, False, False, False)
        return
    first, last = telling[0], telling[-1]
    still = any(added is None or added > one.revision for added in last.missing)
    by_chance = first.visit in random and 0 < chance < 1
    stratum, probability = (PEOPLE, chance) if by_chance else (CERTAIN, 1.0)
    columns.add(task, MISSING, stratum, probability, True, bool(first.missing), still, kind=MISSING)
