"""Snapshots of a project's tasks: at once, or for many of them as a job.

A snapshot that a job makes has the job's id, and is shown to nobody before the job has succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.common.retries import retried
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue
from apps.jobs.registry import JobContext, job
from apps.labels.models import Snapshot
from apps.labels.operations.snapshots import finish_snapshot, freeze, make_snapshot
from apps.projects.models import Project
from apps.tasks.models import Task
from apps.tasks.transfer.exporting import tasks_to_export

FREEZE = "labels.snapshot"
AT_ONCE, CHUNK = 5_000, 500


@transaction.atomic
def take_snapshot(
    *, project: Project, actor: User, name: str, filters: Mapping[str, Any], tags: Sequence[str], now: datetime
) -> Snapshot | Job:
    """The snapshot of up to ``AT_ONCE`` tasks, or the job that makes it. Raises Conflict when the name is taken."""
    give_up_names(project, name)
    given: dict[str, Any] = {
        "project_id": project.id,
        "name": name,
        "tags": tags,
        "filters": filters,
        "actor": actor,
        "now": now,
    }
    few = tasks_to_export(project.id, filters).order_by("id").values_list("id", "data_unit_id")[: AT_ONCE + 1]
    units = [unit for _, unit in few]
    if len(units) > AT_ONCE:
        return ask(project, actor, given)
    snapshot = make_snapshot(**given)
    for start in range(0, len(units), CHUNK):
        freeze(snapshot=snapshot, unit_ids=units[start : start + CHUNK])
    return finish_snapshot(snapshot=snapshot)


def ask(project: Project, actor: User, given: Mapping[str, Any]) -> Job:
    asked = enqueue(
        kind=FREEZE,
        organization_id=project.organization_id,
        project_id=project.id,
        created_by=actor,
        params={"project": str(project.id), "filter": dict(given["filters"])},
    )
    make_snapshot(**given, snapshot_id=asked.pk)
    return asked


def unfinished(project_id: UUID) -> QuerySet[Job]:
    """The jobs whose snapshots are not whole."""
    return Job.objects.filter(kind=FREEZE, project_id=project_id).exclude(state=JobState.SUCCEEDED)


def snapshots_of(project_id: UUID) -> QuerySet[Snapshot]:
    """The whole ones."""
    return Snapshot.objects.filter(project_id=project_id).exclude(id__in=unfinished(project_id).values("id"))


def give_up_names(project: Project, name: str) -> None:
    """A name that a failed or cancelled job has taken is free again."""
    ended = unfinished(project.id).filter(state__in=[JobState.FAILED, JobState.CANCELLED])
    for left in Snapshot.objects.filter(project=project, name=name, id__in=ended.values("id")):
        Snapshot.objects.filter(id=left.id).update(name=f"{left.id} (not finished)")


@job(FREEZE)
def freeze_tasks(ctx: JobContext) -> dict[str, Any]:
    """Chunk by chunk, each with its checkpoint; every label set as it is when its chunk is read."""
    snapshot = Snapshot.objects.get(id=ctx.job.pk)
    tasks = tasks_to_export(snapshot.project_id, ctx.params["filter"])
    last = UUID(ctx.saved["task"]) if "task" in ctx.saved else None
    done, total = int(ctx.saved.get("done", 0)), max(1, tasks.count())
    while chunk := next_chunk(tasks, last):
        ctx.raise_if_cancelled()
        last, done = chunk[-1][0], done + len(chunk)
        units, state = [unit for _, unit in chunk], {"task": str(last), "done": done}

        def write(units: list[UUID] = units, state: dict[str, Any] = state) -> None:
            with transaction.atomic():
                freeze(snapshot=snapshot, unit_ids=units)
                ctx.checkpoint(state)

        retried(write)
        ctx.progress(min(0.99, done / total), f"{done:,} tasks frozen")
    finish_snapshot(snapshot=snapshot)
    return {"snapshot": str(snapshot.id), "id": str(snapshot.id), "name": snapshot.name}


def next_chunk(tasks: QuerySet[Task], last: UUID | None) -> list[tuple[UUID, UUID]]:
    rows = tasks if last is None else tasks.filter(id__gt=last)
    return list(rows.order_by("id").values_list("id", "data_unit_id")[:CHUNK])
