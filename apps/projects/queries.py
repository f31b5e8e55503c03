"""Reads of projects: what a person may read through them, who is in them, how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.principal import Principal
from apps.projects import hooks
from apps.projects.models import Collaborator, Project, ProjectDataset, ProjectRole

MANAGES = frozenset({ProjectRole.ADMIN, ProjectRole.MANAGER})
READS_DATA = MANAGES | {ProjectRole.VIEWER}


def projects_of_person(user_id: UUID, project_id: UUID | None) -> QuerySet[Collaborator]:
    """The person's parts in projects, or in the one that their key is limited to."""
    rows = Collaborator.objects.filter(user_id=user_id)
    return rows if project_id is None else rows.filter(project_id=project_id)


def ontologies_through_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """Every collaborator reads the ontology: nobody labels without it."""
    return projects_of_person(user_id, project_id).values("project__ontology_id")


def workflows_through_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """The graph tells chances and conditions, so only managers and viewers read it."""
    return overseers(user_id, project_id).values("project__workflow_id")


def datasets_through_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """Managers and viewers list data; annotators see the data units of their tasks alone."""
    projects = overseers(user_id, project_id).values("project_id")
    return ProjectDataset.objects.filter(project__in=projects).values("dataset_id")


def managed_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """Projects that the person manages."""
    return overseers(user_id, project_id, MANAGES).values("project_id")


def overseers(
    user_id: UUID, project_id: UUID | None, roles: frozenset[ProjectRole] = READS_DATA
) -> QuerySet[Collaborator]:
    """The person's parts with one of the roles. JSON lists are not searched alike by both databases, so the handful
    of rows is looked at here."""
    rows = projects_of_person(user_id, project_id).values_list("id", "roles")
    kept = [row_id for row_id, held in rows if roles & set(held)]
    return Collaborator.objects.filter(id__in=kept)


def projects_for_me(principal: Principal) -> list[dict[str, Any]]:
    """The person's projects for ``GET /me/``, running ones, the newest first, at most 200."""
    rows = projects_of_person(principal.user.pk, principal.project_id).filter(project__archived_at=None)
    found = rows.select_related("project").order_by("-project_id")[:200]
    return [
        {"id": str(row.project_id), "name": row.project.name, "roles": row.roles, "skills": row.skills}
        for row in found
    ]


def progress(projects: Sequence[Project]) -> dict[UUID, dict[str, int]]:
    """Tasks in all, complete and archived, by project; zeros where nothing is known."""
    found: dict[UUID, dict[str, int]] = {}
    for hook in hooks.progress_of:
        found |= {key: dict(value) for key, value in hook([project.id for project in projects]).items()}
    return {project.id: found.get(project.id, {"total": 0, "complete": 0, "archived": 0}) for project in projects}
