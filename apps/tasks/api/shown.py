"""How a task is shown, by what the reader may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.datasets.models import DataUnit
from apps.datasets.queries import media_urls
from apps.projects.policies import ProjectAccess
from apps.tasks.hooks import metrics_for
from apps.tasks.logic import CLAIM_ROLES
from apps.tasks.models import Task, Visit, VisitStatus
from apps.tasks.policies import TaskAccess
from apps.tasks.queries.drawn import drawn_labels
from workflows import codec
from workflows.facts import NO_FACTS, Facts
from workflows.graph import Graph, Stage
from workflows.machine import allowed_actions

OF_STAGE = frozenset({"claim", "submit", "skip", "approve", "reject", "escalate", "proceed"})


def shown_task(
    task: Task,
    visit: Visit | None,
    *,
    graph: Graph,
    access: ProjectAccess,
    user: User,
    sees_evidence: bool,
    metrics: Mapping[UUID, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The task's representation in the API. The annotator's is an allow-list: no reason, no metrics.

    ``metrics`` are a page's, by task id; without them they are asked for.
    """
    stage = graph.stages.get(task.stage)
    shown: dict[str, Any] = {
        "id": str(task.id),
        "project": str(task.project_id),
        "data_unit": shown_unit(task.data_unit),
        "stage": task.stage,
        "stage_type": task.stage_type,
        "stage_title": stage.title if stage else task.stage,
        "stage_config": stage_config(stage),
        "status": task.status,
        "assignee": str(task.assignee_id) if task.assignee_id else None,
        "priority": task.priority,
        "round": task.round,
        "label_revision": task.label_set.revision if task.label_set else 0,
        "updated_at": task.updated_at,
        "allowed_actions": actions_for(task, graph, access, user),
    }
    if visit is not None:
        shown |= shown_visit(visit, user, access)
        if visit.holder_id == user.id and (drawn := drawn_labels(task, stage)) is not None:
            shown["drawn_labels"] = drawn
    if sees_evidence:
        found = metrics_for([task]) if metrics is None else metrics
        shown |= {"route_reason": visit.route_reason if visit else None, "metrics": found.get(task.id, {})}
    return shown


def shown_visit(visit: Visit, user: User, access: ProjectAccess) -> dict[str, Any]:
    """Whose the task is at the moment; the token is the holder's alone."""
    shown: dict[str, Any] = {"reserved": visit.reserve_kind or None}
    is_holder = visit.holder_id == user.id
    if visit.status == VisitStatus.CLAIMED and (is_holder or access.is_manager):
        token = visit.token if is_holder else None
        shown["claim"] = {"holder": str(visit.holder_id), "token": token, "expires_at": visit.lease_expires_at}
    return shown


def shown_unit(unit: DataUnit) -> dict[str, Any]:
    """The image of a task, with addresses that work for a while."""
    media_url, thumbnail_url = media_urls(unit)
    return {
        "id": str(unit.id),
        "name": unit.name,
        "width": unit.width,
        "height": unit.height,
        "media_url": media_url,
        "thumbnail_url": thumbnail_url,
    }


def stage_config(stage: Stage | None) -> dict[str, Any]:
    """What the editor must know of the stage; nothing about chances or conditions."""
    if stage is None:
        return {}
    return {
        "allow_edit": stage.allow_edit or stage.type in ("annotate", "agent"),
        "strict": stage.strict,
        "show": stage.show,
        "show_evidence": stage.show_evidence,
        "outcomes": list(stage.outcomes) if stage.type == "agent" else [],
    }


def actions_for(task: Task, graph: Graph, access: ProjectAccess, user: User) -> list[str]:
    """What this person may do with the task now: the graph's answer, less what their roles forbid."""
    stage = graph.stages.get(task.stage)
    if stage is None or access.project.archived_at is not None:
        return []
    facts = Facts(emails={str(user.id): user.email}) if stage.collaborators else NO_FACTS
    state = codec.state_from_json(task.state)
    names = allowed_actions(graph, state, str(user.id), manager=access.is_manager, facts=facts)
    skilled = {*stage.skills, *state.skills[:1]} <= access.skills
    works = bool(CLAIM_ROLES.get(stage.type, frozenset()) & access.roles) and skilled
    return [name for name in names if works or name not in OF_STAGE]


def shown_access(found: TaskAccess, graph: Graph) -> dict[str, Any]:
    """The task of a policy's answer."""
    return shown_task(
        found.task,
        found.visit,
        graph=graph,
        access=found.access,
        user=found.user,
        sees_evidence=found.sees_evidence,
    )
