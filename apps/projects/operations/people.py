"""Who works in a project: roles and skills given, changed, taken."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Invitation, Membership, Organization, User
from apps.common.errors import Conflict, Forbidden, Invalid, NotFound
from apps.projects import hooks
from apps.projects.logic import ADMIN, may_grant
from apps.projects.models import Collaborator, Project
from apps.projects.operations.locking import lock_project
from apps.projects.policies import ProjectAccess

log = logging.getLogger("lapidary.audit")


@transaction.atomic
def add_collaborator(
    *, access: ProjectAccess, email: str, roles: Sequence[str], skills: Sequence[str] | None, actor: User
) -> tuple[Collaborator, bool]:
    """Gives a member of the organization these roles and skills; answers whether they are new here. Safe to repeat.

    Somebody who is in the project already has the named roles afterwards, and keeps the skills if None are given.
    Raises Invalid for somebody outside the organization, Forbidden when a manager makes or unmakes an admin, Conflict
    for the last admin.
    """
    project = access.project
    # Behind the organization's lock, like a departure: nobody joins a project while leaving its organization.
    Organization.objects.select_for_update(no_key=True).get(pk=project.organization_id)
    member = Membership.objects.select_related("user").filter(organization_id=project.organization_id)
    found = member.filter(user__email=email.lower(), user__is_active=True).first()
    if found is None:
        raise Invalid.at(
            "/email",
            "Nobody in the organization has this address: invite the person to the organization first.",
            code="not_a_member",
        )
    lock_project(project.id)
    held = Collaborator.objects.select_related("user").filter(project=project, user=found.user).first()
    if held is not None:
        return _give(access, held, roles, skills, actor), False
    require_may_grant(access, roles, ())
    return _join(project, found.user, roles, skills or (), actor), True


@transaction.atomic
def change_collaborator(
    *, access: ProjectAccess, user_id: UUID, roles: Sequence[str] | None, skills: Sequence[str] | None, actor: User
) -> Collaborator:
    """Other roles and skills; None keeps them. What the person may no longer do is released.

    Raises NotFound, Forbidden when a manager makes or unmakes an admin, Conflict for the last admin.
    """
    return _give(access, _locked(access.project, user_id), roles, skills, actor)


@transaction.atomic
def remove_collaborator(*, access: ProjectAccess, user_id: UUID, actor: User) -> None:
    """Ends a person's part in the project: their claims are released, their reserved tasks return to the pool.

    Raises NotFound, Forbidden when a manager removes an admin, Conflict for the last admin.
    """
    held = _locked(access.project, user_id)
    require_may_grant(access, (), held.roles)
    _keep_an_admin(access, held, ())
    held.delete()
    _tell_roles_lost(access.project.id, user_id, (), actor)


@transaction.atomic
def leave_organization(*, user: User, organization_id: UUID, by: User | None) -> None:
    """Every part the person has in the organization's projects ends."""
    rows = Collaborator.objects.filter(user=user, project__organization_id=organization_id).order_by("project_id")
    for project_id in list(rows.values_list("project_id", flat=True)):
        lock_project(project_id)
        Collaborator.objects.filter(user=user, project_id=project_id).delete()
        _tell_roles_lost(project_id, user.id, (), by)


@transaction.atomic
def join_project(*, invitation: Invitation, user: User) -> None:
    """Gives the person the project roles of the invitation, beside those they have."""
    if invitation.project_id is None:
        return
    rows = Project.objects.filter(organization_id=invitation.organization_id, id=invitation.project_id)
    project = rows.select_for_update(no_key=True).first()
    if project is None:
        return
    held = Collaborator.objects.filter(project=project, user=user).first()
    if held is None:
        _join(project, user, invitation.project_roles, invitation.project_skills, invitation.invited_by)
        return
    held.roles = sorted({*held.roles, *invitation.project_roles})
    held.skills = sorted({*held.skills, *invitation.project_skills})
    held.save(update_fields=["roles", "skills"])


def require_may_grant(access: ProjectAccess, roles: Collection[str], present: Collection[str]) -> None:
    """Raises Forbidden when somebody who is no admin gives or takes the admin's role."""
    if not may_grant(access.is_admin, roles, present):
        raise Forbidden("Only an admin makes or unmakes admins.", code="admin_only")


def _locked(project: Project, user_id: UUID) -> Collaborator:
    lock_project(project.id)
    held = Collaborator.objects.select_related("user").filter(project=project, user_id=user_id).first()
    if held is None:
        raise NotFound
    return held


def _join(
    project: Project, user: User, roles: Sequence[str], skills: Sequence[str], actor: User | None
) -> Collaborator:
    held = Collaborator.objects.create(project=project, user=user, roles=sorted(set(roles)), skills=sorted(set(skills)))
    _audit("collaborator added", held, actor)
    return held


def _give(
    access: ProjectAccess,
    held: Collaborator,
    roles: Sequence[str] | None,
    skills: Sequence[str] | None,
    actor: User,
) -> Collaborator:
    before = held.roles
    if roles is not None:
        require_may_grant(access, roles, before)
        _keep_an_admin(access, held, roles)
        held.roles = sorted(set(roles))
    if skills is not None:
        held.skills = sorted(set(skills))
    held.save(update_fields=["roles", "skills"])
    if set(before) - set(held.roles):
        _tell_roles_lost(held.project_id, held.user_id, held.roles, actor)
    _audit("collaborator changed", held, actor)
    return held


def _keep_an_admin(access: ProjectAccess, held: Collaborator, roles: Sequence[str]) -> None:
    """Raises Conflict if no admin would be left; the organization's admins may do it, being that themselves."""
    if access.by_organization or ADMIN not in held.roles or ADMIN in roles:
        return
    others = Collaborator.objects.filter(project=held.project_id, user__is_active=True).exclude(pk=held.pk)
    if not any(ADMIN in other for other in others.values_list("roles", flat=True)):
        raise Conflict("A project needs an admin; make somebody else admin first.", code="last_admin")


def _tell_roles_lost(project_id: UUID, user_id: UUID, roles_left: Sequence[str], actor: User | None) -> None:
    for hook in hooks.on_roles_lost:
        hook(project_id=project_id, user_id=user_id, roles_left=roles_left, actor=actor)


def _audit(what: str, held: Collaborator, actor: User | None) -> None:
    details = {"person": str(held.user_id), "project": str(held.project_id), "roles": held.roles}
    log.info(what, extra={**details, "by": str(actor.pk) if actor else None})
