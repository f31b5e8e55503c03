"""Reads of projects: what a person may read through them, who is in them, how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import Membership
from apps.accounts.policies import ADMINS
from apps.projects import hooks
from apps.projects.models import Collaborator, Project, ProjectDataset, ProjectRole

MANAGES = frozenset({ProjectRole.ADMIN.value, ProjectRole.MANAGER.value})
READS_DATA = MANAGES | {ProjectRole.VIEWER.value}


def projects_through(user_id: UUID, project_id: UUID | None, roles: frozenset[str] | None = None) -> QuerySet[Project]:
    """The projects where the person has one of the roles (any, if None is named).

    A key limited to ``project_id`` has no part in the organization at large, so for that project alone the
    organization's owners and admins count here; otherwise they read everything of their organization anyway.
    """
    parts = Collaborator.objects.filter(user_id=user_id)
    if project_id is not None:
        parts = parts.filter(project_id=project_id)
    mine = Q(pk__in=parts.values("project_id") if roles is None else _with_roles(parts, roles))
    if project_id is not None:
        administers = Membership.objects.filter(user_id=user_id, role__in=ADMINS).values("organization_id")
        mine |= Q(pk=project_id, organization_id__in=administers)
    return Project.objects.filter(mine)


def _with_roles(parts: QuerySet[Collaborator], roles: frozenset[str]) -> list[UUID]:
    """JSON lists are not searched alike by both databases, so the person's handful of rows is looked at here."""
    return [project_id for project_id, held in parts.values_list("project_id", "roles") if roles & set(held)]


def ontologies_through_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """Every collaborator reads the ontology: nobody labels without it."""
    return projects_through(user_id, project_id).values("ontology_id")


def workflows_through_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """The graph tells chances and conditions, so only managers and viewers read it."""
    return projects_through(user_id, project_id, READS_DATA).values("workflow_id")


def datasets_through_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """Managers and viewers list data; annotators see the data units of their tasks alone."""
    projects = projects_through(user_id, project_id, READS_DATA)
    return ProjectDataset.objects.filter(project__in=projects.values("pk")).values("dataset_id")


def seen_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """Projects that the person has a part in."""
    return projects_through(user_id, project_id).values("pk")


def managed_projects(user_id: UUID, project_id: UUID | None) -> QuerySet[Any, Any]:
    """Projects that the person manages."""
    return projects_through(user_id, project_id, MANAGES).values("pk")


def progress(projects: Sequence[Project]) -> dict[UUID, dict[str, int]]:
    """Tasks in all, complete and archived, by project; zeros where nothing is known."""
    found: dict[UUID, dict[str, int]] = {}
    for hook in hooks.progress_of:
        found |= {key: dict(value) for key, value in hook([project.id for project in projects]).items()}
    return {project.id: found.get(project.id, {"total": 0, "complete": 0, "archived": 0}) for project in projects}


def datasets_by_project(projects: Sequence[Project]) -> dict[UUID, list[UUID]]:
    """The ids of the attached datasets, in the order of their attachment."""
    found: dict[UUID, list[UUID]] = {project.id: [] for project in projects}
    rows = ProjectDataset.objects.filter(project__in=projects).order_by("id")
    for project_id, dataset_id in rows.values_list("project_id", "dataset_id"):
        found[project_id].append(dataset_id)
    return found
