"""Writes of projects: create, change, archive, attach datasets, people, publish a workflow version."""

from __future__ import annotations

from apps.projects.operations.people import (
    add_collaborator,
    change_collaborator,
    join_project,
    leave_organization,
    remove_collaborator,
)
from apps.projects.operations.projects import (
    archive_project,
    attach_dataset,
    change_project,
    create_project,
    unarchive_project,
)
from apps.projects.operations.versions import plan_version, publish_project_version

__all__ = [
    "add_collaborator",
    "archive_project",
    "attach_dataset",
    "change_collaborator",
    "change_project",
    "create_project",
    "join_project",
    "leave_organization",
    "plan_version",
    "publish_project_version",
    "remove_collaborator",
    "unarchive_project",
]
