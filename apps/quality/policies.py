"""Who may see what of a project's quality (API.md: "export, snapshots, quality, people's figures" are managers')."""

from __future__ import annotations

from uuid import UUID

from apps.accounts.principal import Principal
from apps.common.errors import Forbidden, NotFound
from apps.projects.policies import ProjectAccess, get_project_for, require_manager
from apps.tasks.policies import TaskAccess, get_task_for


def get_quality_for(principal: Principal, project_id: UUID) -> ProjectAccess:
    """The project, for those who manage it. Raises NotFound, Forbidden."""
    access = get_project_for(principal, project_id)
    require_manager(access)
    return access


def get_evidence_for(principal: Principal, task_id: UUID) -> TaskAccess:
    """A task whose evidence the caller may see or, at a blind visit, may not even know there is any. An annotator's
    task has none. Raises NotFound."""
    found = get_task_for(principal, task_id)
    judges = found.stage is not None and found.stage.type in ("review", "expert_review")
    if found.sees_all or "agent" in found.access.roles or (judges and found.access.roles & {"reviewer", "expert"}):
        return found
    raise NotFound


def get_grid_for(principal: Principal, project_id: UUID) -> ProjectAccess:
    """The project, for those who judge labels in it: reviewers, experts and managers. Raises NotFound, Forbidden."""
    access = get_project_for(principal, project_id)
    if not access.is_manager and not access.roles & {"reviewer", "expert"}:
        raise Forbidden("Reviewers, experts and managers judge labels.", code="role_missing")
    return access
