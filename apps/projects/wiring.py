"""What projects do when accounts act, and what may be read through a project."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.accounts import hooks
from apps.accounts.models import Invitation, User
from apps.accounts.principal import Principal
from apps.accounts.visibility import register_visibility
from apps.common.errors import Invalid
from apps.projects.models import Collaborator, Project, ProjectRole
from apps.projects.operations import leave_organization, require_may_grant
from apps.projects.policies import get_project_for, require_manager
from apps.projects.queries import (
    datasets_through_projects,
    managed_projects,
    ontologies_through_projects,
    projects_for_me,
    workflows_through_projects,
)


def connect() -> None:
    """Called once, when the app is ready."""
    register_visibility("ontology", ontologies_through_projects)
    register_visibility("workflow", workflows_through_projects)
    register_visibility("dataset", datasets_through_projects)
    register_visibility("managed_project", managed_projects)
    hooks.on_departure.append(leave_organization)
    hooks.on_invitation.append(check_invitation)
    hooks.on_invitation_accepted.append(accept_invitation)
    hooks.projects_of.append(projects_for_me)


def check_invitation(
    *, principal: Principal, organization_id: UUID, project_id: UUID, roles: list[str], skills: list[str]
) -> None:
    """May the caller invite into this project with these roles? Raises NotFound, Forbidden, Invalid."""
    access = get_project_for(principal, project_id)
    require_manager(access)
    if access.project.organization_id != organization_id:
        raise Invalid.at("/project", "It belongs to another organization.", code="other_organization")
    unknown = set(roles) - {role.value for role in ProjectRole}
    if unknown or not roles:
        raise Invalid.at("/roles", "Name at least one role of a project.", code="unknown_role")
    require_may_grant(access, roles, ())


def accept_invitation(*, invitation: Invitation, user: User, now: datetime) -> None:
    """Gives the person the project roles of the invitation, beside those they have."""
    project = Project.objects.filter(
        id=invitation.project_id, organization_id=invitation.organization_id, archived_at=None
    ).first()
    if project is None:
        return
    held, _ = Collaborator.objects.select_for_update().get_or_create(project=project, user=user)
    held.roles = sorted({*held.roles, *invitation.project_roles})
    held.skills = sorted({*held.skills, *invitation.project_skills})
    held.save(update_fields=["roles", "skills"])
