"""The only way to a project, and what the person may do in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from apps.accounts.models import Membership
from apps.accounts.policies import ADMINS
from apps.accounts.principal import Principal
from apps.common.errors import Forbidden, NotFound
from apps.common.kept import Kept
from apps.projects.models import Collaborator, Project, ProjectRole

LISTED_FOR_ME = 200


@dataclass(frozen=True, slots=True)
class ProjectAccess:
    """A project as one person may use it: their roles there and skills.

    Owners and admins of the organization have the role ``admin`` everywhere in it (``by_organization``).
    """

    project: Project
    roles: frozenset[str]
    skills: frozenset[str]
    by_organization: bool = False

    @property
    def is_admin(self) -> bool:
        return ProjectRole.ADMIN in self.roles

    @property
    def is_manager(self) -> bool:
        return bool(self.roles & {ProjectRole.ADMIN, ProjectRole.MANAGER})

    @property
    def sees_all(self) -> bool:
        """Managers and viewers read everything in the project."""
        return self.is_manager or ProjectRole.VIEWER in self.roles


def projects_with_access(principal: Principal) -> QuerySet[Project]:
    """Projects with the caller's ``organization_role``, ``held_roles`` and ``held_skills``, in one statement."""
    rows = Project.objects.annotate(**access_columns(principal.user.pk))
    return rows if principal.project_id is None else rows.filter(pk=principal.project_id)


def visible_projects(principal: Principal) -> QuerySet[Project]:
    """Those of ``projects_with_access`` in which the caller has a part; organization admins have one in each."""
    memberships = Membership.objects.filter(user_id=principal.user.pk)
    administered = memberships.filter(role__in=ADMINS).values("organization_id")
    works_in = Collaborator.objects.filter(user_id=principal.user.pk).values("project_id")
    part = Q(organization_id__in=administered) | Q(pk__in=works_in)
    return projects_with_access(principal).filter(part, organization_id__in=memberships.values("organization_id"))


def access_columns(user_id: UUID, organization: str = "organization", project: str = "pk") -> dict[str, Subquery]:
    """Annotations that say what a person may do, for queries of projects or, by their paths, of what is in them."""
    membership = Membership.objects.filter(organization=OuterRef(organization), user_id=user_id)
    held = Collaborator.objects.filter(project=OuterRef(project), user_id=user_id)
    return {
        "organization_role": Subquery(membership.values("role")[:1]),
        "held_roles": Subquery(held.values("roles")[:1]),
        "held_skills": Subquery(held.values("skills")[:1]),
    }


_BY_ID: Kept[Project] = Kept(
    lambda project, user: Project.objects.annotate(**access_columns(user)).filter(pk=project), UUID, UUID
)


def access_of(project: Project, row: Any = None) -> ProjectAccess | None:
    """The access of a project annotated with ``access_columns``, or of ``row`` that was; None without a part in it."""
    row = row or project
    role: str | None = row.organization_role
    held: list[str] | None = row.held_roles
    skills: list[str] | None = row.held_skills
    if role is None:
        return None
    roles = set(held or ())
    if role in ADMINS:
        roles.add(ProjectRole.ADMIN.value)
    return ProjectAccess(project, frozenset(roles), frozenset(skills or ()), role in ADMINS) if roles else None


def get_project_for(principal: Principal, project_id: UUID) -> ProjectAccess:
    """The project, if the caller works in it or administers its organization. Raises NotFound."""
    project = _BY_ID.first(project_id, principal.user.pk) if principal.project_id in (None, project_id) else None
    access = access_of(project) if project is not None else None
    if access is None:
        raise NotFound
    return access


def projects_for_me(principal: Principal) -> list[dict[str, Any]]:
    """The person's running projects for ``GET /me/``, the newest first."""
    rows = visible_projects(principal).filter(archived_at=None).order_by("-id")[:LISTED_FOR_ME]
    found = [access for row in rows if (access := access_of(row)) is not None]
    return [{"id": one.project.id, "name": one.project.name, "roles": sorted(one.roles)} for one in found]


def require_manager(access: ProjectAccess) -> None:
    """Raises Forbidden unless the person manages the project."""
    if not access.is_manager:
        raise Forbidden("Only managers of the project do this.", code="manager_only")


def require_overview(access: ProjectAccess) -> None:
    """Raises Forbidden unless the person sees everything in the project."""
    if not access.sees_all:
        raise Forbidden("Only managers and viewers of the project see this.", code="viewer_only")


def get_collaborator_for(access: ProjectAccess, person: str) -> Collaborator:
    """A collaborator of the project, by the person's id or e-mail address. Raises NotFound."""
    rows = Collaborator.objects.select_related("user").filter(project=access.project)
    try:
        found = rows.filter(user_id=UUID(person)).first()
    except ValueError:
        found = rows.filter(user__email=person.lower()).first() if "@" in person and person.isprintable() else None
    if found is None:
        raise NotFound
    return found
