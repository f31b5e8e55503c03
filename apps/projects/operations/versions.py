"""A live project changes its workflow: the plan, and publishing the version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, FieldError, Invalid
from apps.flows.models import WorkflowVersion
from apps.flows.operations import checked_graph, publish_version
from apps.jobs.models import Job
from apps.projects import hooks
from apps.projects.logic import pointer
from apps.projects.models import Project
from apps.projects.operations.locking import lock_project
from workflows.graph import Graph


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did. ``job`` moves the tasks, where there is something to move."""

    project: Project
    version: WorkflowVersion
    plan: dict[str, Any]
    job: Job | None


def plan_version(*, project: Project, graph: Any, mapping: Mapping[str, str]) -> dict[str, Any]:
    """What publishing the graph would do to the project's tasks: ``{"stages": {id: counts}, "problems", "ok"}``.

    Raises Invalid for an unsound graph.
    """
    return _plan(project, checked_graph(graph), mapping)


def _plan(project: Project, new: Graph, mapping: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"stages": {}, "problems": [], "ok": True}
    for hook in hooks.version_plan:
        found = hook(project=project, new=new, mapping=mapping)
    return found


@transaction.atomic
def publish_project_version(
    *,
    project_id: UUID,
    graph: Any,
    mapping: Mapping[str, str],
    actor: User,
    now: datetime,
    check: Callable[[Project], None],
) -> Published:
    """Publishes the graph for this project and sets its tasks moving. ``check`` is asked under the project's lock.

    The graph that the project has already is no new version. Raises Invalid for an unsound graph or mapping, Conflict
    when tasks are blocked (the plan is in the error) or the project is archived.
    """
    new = checked_graph(graph)
    project = lock_project(project_id, running=True)
    check(project)
    plan = _plan(project, new, mapping)
    if plan["problems"]:
        raise Invalid("The mapping cannot be used.", code="bad_mapping", errors=_errors(plan))
    if not plan["ok"]:
        detail = "Tasks stand at stages that the new version blocks; map those stages."
        raise Conflict(detail, code="blocked", plan=plan)
    present = project.workflow_version
    if present.digest == new.digest:
        return Published(project, present, plan, None)
    version = publish_version(workflow_id=project.workflow_id, graph=graph, published_by=actor)
    project.workflow_version = version
    project.save(update_fields=["workflow_version"])
    job = None
    for hook in hooks.on_version_published:
        job = hook(project=project, old_version_id=present.id, mapping=mapping, actor=actor, now=now)
    return Published(project, version, plan, job)


def _errors(plan: Mapping[str, Any]) -> list[FieldError]:
    problems = plan["problems"][:100]
    return [FieldError(pointer("mapping", item["stage"]), item["code"], item["detail"]) for item in problems]
