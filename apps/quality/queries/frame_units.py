"""Which tasks a certificate speaks of, and at which revision: those of a snapshot, or those that have come to rest.

In the frame of now is also what a wave, or a mark in the grid, took out of rest again: else just the tasks in which
errors were found would be missing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from apps.labels.models import Snapshot, SnapshotEntry
from apps.projects.models import Project
from apps.quality.models import AuditDraw
from apps.quality.queries.gridded import taken_out
from apps.tasks.models import Task
from workflows.state import ARCHIVED, COMPLETE

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Unit:
    """One task of the frame at the revision that is certified; ``current`` is its label set's present one."""

    task: UUID
    version: UUID
    label_set: UUID | None
    revision: int
    current: int


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
    """Complete tasks by id, then those that a wave or a mark in the grid has brought back to work."""
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
            break
        at = page[-1][0]
        fresh = {task for _, task in page} - seen
        seen |= fresh
        if rows := open_units(fresh):
            yield rows
    marked = [task for task in taken_out(project.id) if task not in seen]
    for start in range(0, len(marked), CHUNK):
        if rows := open_units(marked[start : start + CHUNK]):
            yield rows


def open_units(tasks: Collection[UUID]) -> list[Unit]:
    rows = Task.objects.filter(id__in=tasks).exclude(status__in=[COMPLETE, ARCHIVED])
    return [unit(*row) for row in rows.order_by("id").values_list(*PARTS)]


PARTS = ("id", "workflow_version_id", "label_set_id", "label_set__revision")


def unit(task: UUID, version: UUID, label_set: UUID | None, revision: int | None) -> Unit:
    return Unit(task, version, label_set, revision or 0, revision or 0)
