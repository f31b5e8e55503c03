"""Which tasks a wave draws over, and what the plan for it rests on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from apps.projects.models import Project
from apps.quality.logic.certificate.judged import UNSEEN, known_of
from apps.quality.logic.certificate.planning import Ahead, Found
from apps.quality.models import AuditDraw, AuditWave, Score, SubjectType
from apps.quality.queries.chance_rows import chance_of, searching_chance
from apps.quality.queries.frame_units import PARTS, Unit, unit
from apps.quality.queries.frames import Chunk, Gathered, chunk_of, gather, random_visits, seen_by
from apps.tasks.models import Task
from apps.tasks.queries.counts import status_counts
from workflows.state import ARCHIVED, COMPLETE

CHUNK = 500
PEEKED, COUNTED, LOOKED_BACK = 2_000, 50_000, 2_000
METRIC = "mistakenness"

Place = tuple[datetime, UUID] | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task of a wave's frame. ``is_due``: it can be chosen; else a draw has looked at it before, and its row only
    says what chance it would have had."""

    unit: Unit
    is_due: bool
    classes: frozenset[str]
    labels: int
    by_model: bool


def rested(project: Project, after: Place, until: datetime) -> QuerySet[Task]:
    """Complete tasks that came to rest behind ``after``, until ``until``, in that order."""
    rows = Task.objects.filter(project=project, status=COMPLETE, updated_at__lte=until)
    if after is not None:
        at, task = after
        rows = rows.filter(updated_at__gte=at).filter(Q(updated_at__gt=at) | Q(id__gt=task))
    return rows.order_by("updated_at", "id")


def page_of_rest(project: Project, after: Place, until: datetime) -> tuple[list[Unit], Place]:
    found = list(rested(project, after, until).values_list("updated_at", *PARTS)[:CHUNK])
    last: Place = (found[-1][0], found[-1][1]) if found else None
    return [unit(*row[1:]) for row in found], last


def candidates(project: Project, units: Sequence[Unit], *, again: bool) -> list[Candidate]:
    """Those of the units that have something to be looked at by chance. ``again``: also what had its chance before."""
    chunk = chunk_of(project, units)
    found = (candidate(chunk, one, again=again) for one in units)
    return [one for one in found if one is not None]


def candidate(chunk: Chunk, one: Unit, *, again: bool) -> Candidate | None:
    looks, draws, history = chunk.looks.get(one.task, []), chunk.draws.get(one.task, []), chunk.history(one)
    labels = chunk.labels.get(one.task, [])
    random = random_visits(looks, draws, history, chunk.audits, Gathered())
    known = [
        known_of(*seen_by(looks, history, label.label), one.revision) if label.label and looks else UNSEEN
        for label in labels
    ]
    unseen = [label for label, told in zip(labels, known, strict=True) if not told.reviewed]
    searched = any(look.searched is not None for look in looks)
    new = any(chance_of(draws, label.label, label.since) == 0 for label in unseen)
    new = new or (not labels and not searched and searching_chance(draws) == 0)
    by_chance = any(told.first is not None and told.first.visit in random for told in known)
    by_chance = by_chance or (not labels and searched and any(look.visit in random for look in looks))
    due = bool(unseen) or (not labels and not searched)
    if not (new or (again and (due or by_chance))):
        return None
    classes = frozenset(label.class_id for label in labels)
    return Candidate(one, due, classes, sum(label.n for label in labels), any(label.by_model for label in labels))


def ahead_of(project: Project, after: Place, until: datetime, *, again: bool) -> Ahead:
    """What there is to draw over, from a look at the first of it."""
    seen, found = 0, list[Candidate]()
    at = after
    while seen < PEEKED:
        units, last = page_of_rest(project, at, until)
        if not units:
            break
        seen, at = seen + len(units), last
        found += [one for one in candidates(project, units, again=again) if one.is_due]
    if not found:
        return Ahead(0, 0, 0.0)
    whole = seen if seen < PEEKED else rested(project, after, until).values("id")[:COUNTED].count()
    frame = round(len(found) * whole / seen)
    classes = Counter(name for one in found for name in one.classes)
    counts = status_counts(project)
    tasks = sum(n for (_, status), n in counts.items() if status != ARCHIVED)
    framed = AuditWave.objects.filter(project=project).aggregate(n=Sum("frame"))["n"] or 0
    return Ahead(
        frame,
        max(frame, tasks - framed),
        sum(one.labels for one in found) / len(found),
        {name: n / len(found) for name, n in classes.items()},
        sum(one.by_model for one in found) / len(found),
    )


def found_so_far(project: Project) -> tuple[dict[str, Found], int]:
    """What the latest random looks found, by class, and how many tasks waves have drawn."""
    draws = AuditDraw.objects.filter(project=project).exclude(state="moot").order_by("-id")
    drawn = AuditWave.objects.filter(project=project).aggregate(n=Sum("drawn"))["n"] or 0
    tasks = list(dict.fromkeys(draws.values_list("task_id", flat=True)[:LOOKED_BACK]))
    gathered = Gathered()
    for part in chunked(tasks):
        units = [unit(*row) for row in Task.objects.filter(id__in=part).order_by("id").values_list(*PARTS)]
        gather(gathered, chunk_of(project, units))
    rows, found = gathered.labels.rows, defaultdict[str, list[int]](lambda: [0, 0])
    for name, chance, reviewed, wrong in zip(
        rows["of_class"], rows["probability"], rows["reviewed"], rows["was_wrong"], strict=True
    ):
        if reviewed and chance < 1:
            found[name][0] += 1
            found[name][1] += wrong
    return {name: Found(*counts) for name, counts in found.items()}, drawn


def chunked(tasks: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(tasks), CHUNK):
        yield tasks[start : start + CHUNK]


def scores_of(tasks: Sequence[UUID]) -> Mapping[UUID, tuple[float, str]]:
    """The tasks' mistakenness and who computed it."""
    rows: Any = Score.objects.filter(task_id__in=tasks, metric=METRIC, subject_type=SubjectType.TASK)
    return {task: (value, version) for task, value, version in rows.values_list("task_id", "value", "scorer_version")}
