"""Who else may read what an organization owns: apps above register where the right comes from.

Datasets, ontologies and workflows stand below projects, yet a project's collaborators read what their project uses.
So ``projects`` registers, per kind, which ids a person may read through the projects they work on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

# (person, project that the key is limited to, or None) -> a QuerySet of one column: ids. It is used as a subquery.
Provider = Callable[[UUID, UUID | None], QuerySet[Any, Any]]

_providers: dict[str, Provider] = {}


def register_visibility(kind: str, provider: Provider) -> None:
    """Called from ``AppConfig.ready``. ``kind`` is the name of a model in snake case: ``dataset``, ``ontology`` …"""
    _providers[kind] = provider


def visible_ids(kind: str, user_id: UUID, project_id: UUID | None = None) -> QuerySet[Any, Any] | list[UUID]:
    """The ids of ``kind`` that the person may read through a project (that one alone, if given), for ``id__in``."""
    provider = _providers.get(kind)
    return [] if provider is None else provider(user_id, project_id)


def sees_project(user_id: UUID, project_id: UUID) -> bool:
    """Whether the person has a part in the project, as collaborator or through the organization."""
    found = visible_ids("project", user_id, project_id)
    return found.filter(pk=project_id).exists() if isinstance(found, QuerySet) else project_id in found
