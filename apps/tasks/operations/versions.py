"""A live workflow changes: the plan, and the tasks' move to the new version, in batches that can be resumed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.flows.queries import compiled_graph
from apps.projects.models import Project
from apps.tasks.models import Task, VersionChange
from apps.tasks.operations.engine import Locked, lock_task, try_out
from apps.tasks.operations.persist import persist
from apps.tasks.queries.counts import status_counts
from workflows import commands
from workflows.graph import Graph
from workflows.migrate import Plan, plan_counts, stage_fate
from workflows.results import Refused
from workflows.state import CLAIMED, COMPLETE

CHUNK = 500


def version_plan(*, project: Project, new: Graph, mapping: Mapping[str, str]) -> Plan:
    """Per stage how many tasks would keep, move or be blocked, from the maintained counters."""
    old = compiled_graph(project.workflow_version_id)
    unheld: dict[str, int] = defaultdict(int)
    held: dict[str, int] = defaultdict(int)
    for (stage, status), n in status_counts(project).items():
        (held if status == CLAIMED else unheld)[stage] += n
    rows = [(stage, unheld[stage], held[stage]) for stage in {**unheld, **held}]
    return plan_counts(old, new, rows, mapping)


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as the API shows it."""
    return {
        "stages": {stage: asdict(counts) for stage, counts in plan.stages.items()},
        "problems": [{"code": p.code, "stage": p.stage, "detail": p.detail} for p in plan.problems],
        "ok": plan.ok,
    }


def record_change(*, project: Project, old_version_id: UUID, mapping: Mapping[str, str], actor: User, now: Any) -> None:
    """Keeps the confirmed mapping; part of the publishing transaction."""
    VersionChange.objects.create(
        project=project,
        old_version_id=old_version_id,
        new_version_id=project.workflow_version_id,
        mapping=dict(mapping),
        actor=actor,
        created_at=now,
    )


@transaction.atomic
def follow_version(*, task_id: UUID) -> bool:
    """Moves one task to its project's present version if it may; False when held, blocked or there already."""
    return bring_forward(lock_task(task_id))


def bring_forward(locked: Locked) -> bool:
    """As ``follow_version``, for a task already locked in this transaction."""
    task = locked.task
    target = task.project.workflow_version_id
    if task.workflow_version_id == target or locked.state.status == CLAIMED:
        return False
    stage = _stage_after(task, locked.state.stage)
    if stage is None:
        return False
    graph = compiled_graph(target)
    command = commands.Migrate(actor="", version=str(target), stage="" if stage == locked.state.stage else stage)
    result = try_out(locked, command, graph=graph)
    if isinstance(result, Refused):
        return False
    persist(locked, result, graph=graph, visit_values={})
    return True


def up_to_date(locked: Locked) -> Locked:
    """After a visit has closed: the task follows its project, which waited for that."""
    if locked.task.workflow_version_id != locked.task.project.workflow_version_id:
        follow_version(task_id=locked.task.id)
        return lock_task(locked.task.id)
    return locked


def _stage_after(task: Task, stage: str) -> str | None:
    """Where the confirmed mappings lead from the task's version to the present one; None where they block it."""
    changes = list(VersionChange.objects.filter(project_id=task.project_id).order_by("id"))
    begun = False
    for change in changes:
        begun = begun or change.old_version_id == task.workflow_version_id
        if not begun:
            continue
        old, new = compiled_graph(change.old_version_id), compiled_graph(change.new_version_id)
        fate = stage_fate(old, new, stage, change.mapping)
        if fate.action == "blocked":
            return None
        stage = fate.stage or stage
    return stage if begun else None


def tasks_behind(project_id: UUID, version_id: UUID, after: UUID | None) -> Iterator[list[UUID]]:
    """Ids of the project's open tasks under other versions, in order, a chunk at a time."""
    while True:
        rows = Task.objects.filter(project_id=project_id).exclude(workflow_version_id=version_id)
        rows = rows.exclude(status__in=[COMPLETE, "archived"])
        if after is not None:
            rows = rows.filter(id__gt=after)
        chunk = list(rows.order_by("id").values_list("id", flat=True)[:CHUNK])
        if not chunk:
            return
        yield chunk
        after = chunk[-1]


def migrate_tasks(
    *, project_id: UUID, version_id: UUID, after: UUID | None, report: Callable[[UUID, int, int], None]
) -> dict[str, int]:
    """Moves every open task that may move; ``report`` is told the last id and the counts after each chunk."""
    moved = left = 0
    for chunk in tasks_behind(project_id, version_id, after):
        for task_id in chunk:
            if follow_version(task_id=task_id):
                moved += 1
            else:
                left += 1
        report(chunk[-1], moved, left)
    return {"moved": moved, "left": left}
