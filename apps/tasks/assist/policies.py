"""Who may ask the assistant about a task, and who sees a tuning."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.accounts.principal import Principal
from apps.common.errors import Conflict, Forbidden, NotFound
from apps.flows.queries import compiled_graph
from apps.inference.models import FinetuneRun
from apps.projects.policies import get_project_for, require_overview
from apps.tasks.assist.runs import with_jobs
from apps.tasks.models import VisitStatus
from apps.tasks.policies import TaskAccess
from workflows import codec
from workflows.graph import REVIEW_TYPES
from workflows.machine import allowed_actions


def holds(found: TaskAccess, now: datetime) -> bool:
    """Whether the person has a live claim of the task."""
    return _is_live(found, now) and found.visit is not None and found.visit.holder_id == found.user.id


def _is_live(found: TaskAccess, now: datetime) -> bool:
    visit = found.visit
    if visit is None or visit.status != VisitStatus.CLAIMED:
        return False
    return visit.lease_expires_at is not None and visit.lease_expires_at > now


def require_hand(found: TaskAccess, now: datetime) -> None:
    """A manager, or who holds the task at a stage where labels are edited. Raises Forbidden, Conflict.

    Nothing is locked: an answer that comes after the claim has ended is only a picture.
    """
    if found.is_manager:
        return
    stage = found.stage
    if not holds(found, now):
        if _is_live(found, now):
            raise Forbidden("Somebody else is working on this task.", code="not_holder", allowed=_allowed(found))
        raise Conflict("Claim the task first.", code="not_claimed", allowed=_allowed(found))
    if stage is None or (stage.type in REVIEW_TYPES and not stage.allow_edit):
        raise Conflict("Labels cannot be edited at this stage.", code="not_editable", allowed=_allowed(found))


def _allowed(found: TaskAccess) -> list[str]:
    graph = compiled_graph(found.task.workflow_version_id)
    return list(allowed_actions(graph, codec.state_from_json(found.task.state), str(found.user.id)))


def get_finetune_for(principal: Principal, run_id: UUID) -> FinetuneRun:
    """A tuning of a project that the person sees all of. Raises NotFound, Forbidden."""
    run = with_jobs(FinetuneRun.objects.filter(pk=run_id)).first()
    if run is None:
        raise NotFound
    require_overview(get_project_for(principal, run.project_id))
    return run
