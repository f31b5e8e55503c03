"""The frame of a certificate: every label of a snapshot, or of the tasks that have come to rest, and what is known.

In the frame of now is also what a wave took out of rest again: else just the tasks in which it found errors would be
missing. Labels that a random look took away stay in the frame as wrong and put right, since they speak for others that
nobody looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import BooleanField, Case, Count, Value, When

from apps.labels.models import Label, Snapshot, SnapshotEntry
from apps.projects.models import Project
from apps.quality.logic.certificate.frame import ANY, MISSING
from apps.quality.logic.certificate.judged import UNSEEN, Known, content_at, known_of
from apps.quality.logic.certificate.report import CERTAIN, MODEL, PEOPLE, Material, frame_from
from apps.quality.models import AuditDraw
from apps.quality.queries.chance_rows import Draw, chance_of, draws_of, searching_chance
from apps.quality.queries.judgements import History, Look, histories_of, looks_of
from apps.tasks.models import Task
from workflows.state import ARCHIVED, COMPLETE

CHUNK = 500
COLUMNS = ("task", "of_class", "stratum", "probability", "reviewed", "was_wrong", "still_wrong")


@dataclass(frozen=True, slots=True)
class Unit:
    """One task of the frame at the revision that is certified; ``current`` is its label set's present one."""

    task: UUID
    version: UUID
    label_set: UUID | None
    revision: int
    current: int


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
    """The frame as it grows. ``found`` is the kind of error that a look named."""

    rows: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in COLUMNS})
    found: list[str] = field(default_factory=list)

    def add(self, *values: Any, kind: str = "", n: int = 1) -> None:
        """``n`` equal rows."""
        for name, value in zip(COLUMNS, values, strict=True):
            self.rows[name].extend([value] * n)
        self.found.extend([kind] * n)


@dataclass
class Gathered:
    labels: Columns = field(default_factory=Columns)
    units: Columns = field(default_factory=Columns)
    tasks: int = 0
    drawn: int = 0
    silent: int = 0

    def material(self) -> Material:
        found = np.asarray(self.labels.found, dtype=np.str_)
        return Material(
            frame_from(self.labels.rows, ANY), found, frame_from(self.units.rows, MISSING), self.drawn, self.silent
        )


@dataclass(frozen=True)
class Chunk:
    """Everything that is known of some units, by task; ``audits``: visits that waves brought about, by wave."""

    units: Sequence[Unit]
    looks: dict[UUID, list[Look]]
    draws: dict[UUID, list[Draw]]
    histories: dict[UUID, History]
    labels: dict[UUID, list[LabelAt]]
    audits: Mapping[int, int]

    def history(self, unit: Unit) -> History:
        return self.histories.get(unit.label_set, History()) if unit.label_set else History()


def material_of(project: Project, snapshot: Snapshot | None, seen: Callable[[int], None] = lambda _: None) -> Material:
    """The whole frame, chunk by chunk; ``seen`` hears after each how many tasks there were so far."""
    gathered = Gathered()
    for units in units_of(project, snapshot):
        gather(gathered, chunk_of(project, units))
        seen(gathered.tasks)
    return gathered.material()


def units_of(project: Project, snapshot: Snapshot | None) -> Iterator[list[Unit]]:
    return frozen_units(project, snapshot) if snapshot is not None else resting_units(project)


def frozen_units(project: Project, snapshot: Snapshot) -> Iterator[list[Unit]]:
    last = 0
    while True:
        rows = SnapshotEntry.objects.filter(snapshot=snapshot, id__gt=last).order_by("id")
        entries = list(rows.values_list("id", "data_unit_id", "label_set_id", "revision")[:CHUNK])
        if not entries:
            return
        last = entries[-1][0]
        tasks = {
            unit: (task, version, current)
            for task, unit, version, current in Task.objects.filter(
                project=project, data_unit_id__in=[entry[1] for entry in entries]
            ).values_list("id", "data_unit_id", "workflow_version_id", "label_set__revision")
        }
        yield [
            Unit(tasks[unit][0], tasks[unit][1], label_set, revision, tasks[unit][2] or 0)
            for _, unit, label_set, revision in entries
            if unit in tasks
        ]


def resting_units(project: Project) -> Iterator[list[Unit]]:
    """Complete tasks by id, then those that a wave has brought back to work."""
    complete = Task.objects.filter(project=project, status=COMPLETE)
    last: UUID | None = None
    while found := list(
        (complete if last is None else complete.filter(id__gt=last)).order_by("id")[:CHUNK].values_list(*PARTS)
    ):
        last = found[-1][0]
        yield [unit(*row) for row in found]
    at = 0
    seen: set[UUID] = set()
    while True:
        draws = AuditDraw.objects.filter(project=project, id__gt=at).order_by("id").values_list("id", "task_id")[:CHUNK]
        page = list(draws)
        if not page:
            return
        at = page[-1][0]
        fresh = {task for _, task in page} - seen
        seen |= fresh
        open_tasks = Task.objects.filter(id__in=fresh).exclude(status__in=[COMPLETE, ARCHIVED])
        if rows := list(open_tasks.order_by("id").values_list(*PARTS)):
            yield [unit(*row) for row in rows]


PARTS = ("id", "workflow_version_id", "label_set_id", "label_set__revision")


def unit(task: UUID, version: UUID, label_set: UUID | None, revision: int | None) -> Unit:
    return Unit(task, version, label_set, revision or 0, revision or 0)


def chunk_of(project: Project, units: Sequence[Unit]) -> Chunk:
    """A handful of statements, however many units."""
    ids = [one.task for one in units]
    looks = looks_of(ids)
    past = {one.label_set for one in units if one.label_set and (one.task in looks or one.revision != one.current)}
    histories = histories_of(past)
    audits = AuditDraw.objects.filter(task_id__in=ids, visit__isnull=False).values_list("visit", "wave__number")
    draws = draws_of([(one.task, one.version) for one in units])
    waves = {visit: wave for visit, wave in audits if visit}
    one_by_one = {task for task, found in draws.items() if any(draw.label for draw in found)}
    return Chunk(units, looks, draws, histories, labels_of(units, histories, one_by_one), waves)


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
        for label in here:
            known = known_of(*seen_by(looks, history, label.label), one.revision) if label.label and looks else UNSEEN
            add_label(gathered.labels, number, label, known, draws, history, random)
        if random:
            named = {label.label for label in here if label.label}
            add_removed(gathered.labels, number, one, named, looks, draws, history, random)
        add_unit(gathered.units, number, one, looks, draws, random)


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


def add_label(
    columns: Columns,
    task: int,
    label: LabelAt,
    known: Known,
    draws: Sequence[Draw],
    history: History,
    random: set[int],
) -> None:
    stratum = MODEL if label.by_model else PEOPLE
    if known.first is None:
        chance = chance_of(draws, label.label, label.since)
        columns.add(task, label.class_id, stratum, chance, False, False, False, n=label.n)
        return
    chance, class_id = 1.0, label.class_id
    if known.first.visit in random and label.label:
        since = content_at(history.changes.get(label.label, []), known.first.seen)
        was = history.content(label.label, known.first.seen)
        stratum = MODEL if was and made_by_model(was["origin"]) else PEOPLE
        # It speaks for those of the class that it was drawn with, whatever the judge made of it.
        class_id = was["class"] if was else class_id
        chance = chance_of(draws, label.label, since) or 1.0
    stratum = stratum if chance < 1 else CERTAIN
    columns.add(task, class_id, stratum, chance, True, known.was_wrong, known.still_wrong, kind=known.kind)


def add_removed(
    columns: Columns,
    task: int,
    one: Unit,
    here: set[UUID],
    looks: Sequence[Look],
    draws: Sequence[Draw],
    history: History,
    random: set[int],
) -> None:
    """Labels that a random look rejected and that are gone."""
    for label in set(history.changes) - here:
        changes, said = seen_by(looks, history, label)
        wrong = next((word for word in said if word.is_error and word.visit in random), None)
        if wrong is None or content_at(changes, one.revision) <= content_at(changes, wrong.seen):
            continue
        since, was = content_at(changes, wrong.seen), history.content(label, wrong.seen)
        chance = chance_of(draws, label, since)
        if was is not None and 0 < chance < 1:
            stratum = MODEL if made_by_model(was["origin"]) else PEOPLE
            columns.add(task, was["class"], stratum, chance, True, True, False, kind=wrong.kind)


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
