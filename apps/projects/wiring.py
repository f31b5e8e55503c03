"""What projects do when accounts act, and what may be read through a project."""

from __future__ import annotations

from uuid import UUID

from apps.accounts import hooks
from apps.accounts.models import Invitation, User
from apps.accounts.principal import Principal
from apps.accounts.visibility import register_visibility
from apps.common.errors import Invalid, NotFound
from apps.common.idempotency import register_guard
from apps.projects import queries
from apps.projects.models import ProjectRole
from apps.projects.operations.people import join_project, leave_organization, require_may_grant
from apps.projects.policies import get_project_for, projects_for_me, require_manager


def connect() -> None:
    """Called once, when the app is ready."""
    register_guard("project_id", may_hear_again)
    register_visibility("ontology", queries.ontologies_through_projects)
    register_visibility("workflow", queries.workflows_through_projects)
    register_visibility("dataset", queries.datasets_through_projects)
    register_visibility("project", queries.seen_projects)
    register_visibility("managed_project", queries.managed_projects)
    hooks.on_departure.append(leave)
    hooks.on_invitation.append(check_invitation)
    hooks.on_invitation_accepted.append(accept_invitation)
    hooks.projects_of.append(projects_for_me)


def may_hear_again(principal: Principal, project_id: UUID, manages: bool) -> None:
    """Whether a stored answer about the project may be given again. Raises NotFound, Forbidden."""
    access = get_project_for(principal, project_id)
    if manages:
        require_manager(access)


def check_invitation(
    *, principal: Principal, organization_id: UUID, project_id: UUID, roles: list[str], **_: object
) -> None:
    """May the caller invite into this project with these roles? Raises NotFound, Forbidden, Invalid."""
    access = get_project_for(principal, project_id)
    if access.project.organization_id != organization_id:
        raise NotFound
    require_manager(access)
    unknown = set(roles) - {role.value for role in ProjectRole}
    if unknown or not roles:
        raise Invalid.at("/roles", "Name at least one role of a project.", code="unknown_role")
    require_may_grant(access, roles, ())


def leave(*, user: User, organization_id: UUID, by: User | None, **_: object) -> None:
    """Ends the departing person's part in every project of the organization."""
    leave_organization(user=user, organization_id=organization_id, by=by)


def accept_invitation(*, invitation: Invitation, user: User, **_: object) -> None:
    """Gives the person the project roles of the invitation."""
    join_project(invitation=invitation, user=user)
