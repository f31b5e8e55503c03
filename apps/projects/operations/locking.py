"""Writers of one project take its row first, so that each sees what the one before has done."""

from __future__ import annotations

from uuid import UUID

from apps.common.errors import Conflict
from apps.projects.models import Project


def lock_project(project_id: UUID, *, running: bool = False) -> Project:
    """The project as it is now, locked to the transaction's end. Raises Conflict if ``running`` and it is archived."""
    # no_key: whoever only refers to the project (a new task, a visit) need not wait.
    project = Project.objects.select_for_update(no_key=True).get(pk=project_id)
    if running and project.archived_at is not None:
        raise Conflict("The project is archived.", code="project_archived")
    return project
