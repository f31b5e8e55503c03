"""What tasks do when the apps below them act: the one place where their hooks are filled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from apps.accounts.models import User
from apps.accounts.principal import Principal
from apps.accounts.visibility import register_visibility
from apps.common.errors import NotFound
from apps.common.idempotency import register_guard
from apps.datasets.hooks import on_units_added
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.projects import hooks
from apps.projects.models import Project
from apps.projects.policies import get_project_for, require_manager
from apps.tasks.assist.prelabel import prelabel_soon
from apps.tasks.models import StageCount, StageDelta, Task
from apps.tasks.operations.departure import release_work_of
from apps.tasks.operations.intake import take_in, take_in_added
from apps.tasks.operations.versions import migrate_tasks, plan_json, record_change, version_plan
from apps.tasks.queries.lists import units_in_hand
from workflows.graph import Graph

MOVED_AT_ONCE = 100


def connect() -> None:
    """Called once, when the app is ready."""
    on_units_added.append(take_in_added)
    on_units_added.append(prelabel_added)
    hooks.take_in.append(take_in_and_prelabel)
    hooks.on_roles_lost.append(release_work_of)
    hooks.version_plan.append(plan_version)
    hooks.on_version_published.append(move_tasks)
    hooks.progress_of.append(progress_of)
    register_guard("task_id", may_hear_again)
    register_visibility("data_unit", units_in_hand)


def may_hear_again(principal: Principal, task_id: UUID, manages: bool) -> None:
    """A retried action is answered again to whoever is still in the project, though the task has moved out of their
    sight, as it does when one releases it. Raises NotFound, Forbidden."""
    project_id = Task.objects.filter(id=task_id).values_list("project_id", flat=True).first()
    if project_id is None:
        raise NotFound
    access = get_project_for(principal, project_id)
    if manages:
        require_manager(access)


def take_in_and_prelabel(*, project: Project, dataset_ids: Sequence[UUID], actor: User | None) -> Job | None:
    """Tasks of the datasets' units; a model labels them first where the workflow says so (the job asks for that at its
    end)."""
    job = take_in(project=project, dataset_ids=dataset_ids, actor=actor)
    if job is None:
        prelabel_soon(project)
    return job


def prelabel_added(dataset_id: UUID, unit_ids: Sequence[UUID], now: datetime) -> None:
    """As ``take_in_added``: what has come to the running projects is labeled by a model first."""
    if not getattr(settings, "INFERENCE_URL", ""):
        return
    running = Project.objects.filter(attachments__dataset_id=dataset_id, archived_at=None, auto_tasks=True)
    for project in running.order_by("id"):
        prelabel_soon(project)


def plan_version(*, project: Project, new: Graph, mapping: Mapping[str, str]) -> dict[str, Any]:
    return plan_json(version_plan(project=project, new=new, mapping=mapping))


def move_tasks(
    *, project: Project, old_version_id: UUID, mapping: Mapping[str, str], actor: User, now: datetime
) -> Job | None:
    """Remembers the mapping and moves the tasks: up to ``MOVED_AT_ONCE`` open ones at once, else by a job."""
    record_change(project=project, old_version_id=old_version_id, mapping=mapping, actor=actor, now=now)
    counts = progress_of([project.id]).get(project.id, {"total": 0, "complete": 0, "archived": 0})
    if counts["total"] - counts["complete"] - counts["archived"] <= MOVED_AT_ONCE:
        version_id = project.workflow_version_id
        migrate_tasks(project_id=project.id, version_id=version_id, after=None, report=lambda *_: None)
        prelabel_soon(project)
        return None
    return enqueue(
        kind="tasks.migrate",
        organization_id=project.organization_id,
        project_id=project.id,
        params={"project": str(project.id), "tasks": counts["total"]},
        created_by=actor,
    )


def progress_of(project_ids: Sequence[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """Tasks in all, complete and archived, from the maintained counters."""
    found: dict[UUID, dict[str, int]] = defaultdict(lambda: {"total": 0, "complete": 0, "archived": 0})
    for model in (StageCount, StageDelta):
        rows = model.objects.filter(project_id__in=project_ids).values("project_id", "status").annotate(total=Sum("n"))
        for project_id, status, total in rows.values_list("project_id", "status", "total"):
            found[project_id]["total"] += total
            if status in ("complete", "archived"):
                found[project_id][status] += total
    return found
