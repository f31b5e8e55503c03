"""Proofs over the database: every task's state is the fold of its events, and no invariant is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q

from apps.projects.models import Project
from apps.tasks.models import Task, TaskEvent, Visit, VisitStatus
from apps.tasks.queries.counts import status_counts
from workflows import codec
from workflows.machine import BadHistoryError, fold

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A task whose history does not prove its state."""

    task_id: UUID
    reason: str


def first_difference(*, project_id: UUID | None = None) -> Difference | None:
    """The first task, by id, whose stored state is not the fold of its events; None when all are proved."""
    return next(differences(project_id=project_id), None)


def differences(*, project_id: UUID | None = None) -> Iterator[Difference]:
    """Every task, in chunks by id, so a million cost no memory."""
    rows = Task.objects.all() if project_id is None else Task.objects.filter(project_id=project_id)
    after: UUID | None = None
    while True:
        page = rows.filter(id__gt=after) if after else rows
        chunk = list(page.order_by("id").values_list("id", "state", "sequence", "stage", "status")[:CHUNK])
        if not chunk:
            return
        histories: dict[UUID, list[tuple[int, object]]] = {row[0]: [] for row in chunk}
        events = TaskEvent.objects.filter(task_id__in=histories).order_by("task_id", "sequence")
        for task_id, sequence, event in events.values_list("task_id", "sequence", "event"):
            histories[task_id].append((sequence, event))
        for task_id, state, sequence, stage, status in chunk:
            reason = _judge(histories[task_id], state, sequence, stage, status)
            if reason:
                yield Difference(task_id, reason)
        after = chunk[-1][0]


def _judge(history: list[tuple[int, object]], state: dict[str, object], sequence: int, stage: str, status: str) -> str:
    """What is wrong with one task, or ""."""
    if [number for number, _ in history] != list(range(1, sequence + 1)):
        return "the history has a gap or a fork"
    try:
        folded = fold([codec.event_from_json(event) for _, event in history])  # type: ignore[arg-type]
    except (BadHistoryError, codec.BadDataError) as error:
        return f"the history does not fold: {error}"
    if codec.state_to_json(folded) != state:
        return "the state is not the fold of the events"
    if (folded.stage, folded.status) != (stage, status):
        return "the task's columns differ from its state"
    return ""


def broken_invariants(*, project_id: UUID | None = None) -> list[str]:
    """Sentences about broken invariants of RELIABILITY §6; empty when all hold."""
    tasks = Task.objects.all() if project_id is None else Task.objects.filter(project_id=project_id)
    found: list[str] = []
    live = tasks.filter(status__in=["waiting", "claimed", "routing"])
    open_visits = Count("visits", filter=Q(visits__status__lt=VisitStatus.DONE))
    for task in live.annotate(n=open_visits).exclude(n=1)[:10]:
        found.append(f"task {task.id} is open and has {task.n} open visits")
    for task in tasks.exclude(id__in=live).annotate(n=open_visits).filter(n__gt=0)[:10]:
        found.append(f"task {task.id} has ended and has an open visit")
    visits = Visit.objects.filter(task__in=tasks, status__lt=VisitStatus.DONE)
    for visit in visits.exclude(stage=F("task__stage"))[:10]:
        found.append(f"visit {visit.id} is not where its task is")
    for visit in visits.filter(status=VisitStatus.CLAIMED).filter(Q(holder=None) | Q(lease_expires_at=None))[:10]:
        found.append(f"visit {visit.id} is claimed without a holder or a lease")
    projects = Project.objects.all() if project_id is None else Project.objects.filter(id=project_id)
    for project in projects:
        found += _miscounted(project)
    return found


def _miscounted(project: Project) -> list[str]:
    kept = {place: n for place, n in status_counts(project).items() if n}
    rows = Task.objects.filter(project=project).values("stage", "status").annotate(n=Count("id"))
    counted = {(stage, status): n for stage, status, n in rows.values_list("stage", "status", "n")}
    return [] if kept == counted else [f"project {project.id} counts {kept}, but there are {counted}"]
