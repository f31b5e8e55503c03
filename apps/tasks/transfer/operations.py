"""Asking for imports and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.projects.models import Project
from apps.tasks.transfer.links import upload_key


def start_import(
    *, project: Project, actor: User, file: File[Any], form: str, mode: str, on_error: str, match: str
) -> Job:
    """Keeps the uploaded file and asks for its import. If the request fails later, the file is taken away again."""
    key = upload_key(new_id())
    default_storage.save(key, file)
    try:
        with transaction.atomic():
            return enqueue(
                kind="labels.import",
                organization_id=project.organization_id,
                project_id=project.id,
                created_by=actor,
                params={
                    "project": str(project.id),
                    "actor": str(actor.id),
                    "file": key,
                    "format": form,
                    "mode": mode,
                    "on_error": on_error,
                    "match": match,
                },
            )
    except BaseException:
        default_storage.delete(key)
        raise


def start_export(
    *, project: Project, actor: User | None, form: str, filters: Mapping[str, Any], include_media: bool
) -> Job:
    """Asks for an export of the tasks that ``filters`` (stage, status) leave."""
    return enqueue(
        kind="labels.export",
        organization_id=project.organization_id,
        project_id=project.id,
        created_by=actor,
        params={
            "project": str(project.id),
            "format": form,
            "filter": dict(filters),
            "include_media": include_media,
        },
    )
