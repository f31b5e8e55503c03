"""Asking for imports and exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.ids import new_id
from apps.inference.operations import prediction_model
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.labels.formats import PREDICTION_READERS
from apps.projects.models import Project
from apps.tasks.transfer.links import upload_key


def start_import(
    *, project: Project, actor: User, file: File[Any], form: str, mode: str, on_error: str, match: str
) -> Job:
    """Keeps the uploaded file and asks for its import. If the request fails later, the file is taken away again."""
    params = {"actor": str(actor.id), "format": form, "mode": mode, "on_error": on_error, "match": match}
    with kept_file(file) as key, transaction.atomic():
        return _enqueue("labels.import", project, actor, {**params, "file": key})


def start_predictions_import(
    *,
    project: Project,
    actor: User,
    file: File[Any],
    form: str,
    mode: str,
    on_error: str,
    match: str,
    model: Mapping[str, Any],
) -> Job:
    """The same for a file of what ``model`` (name, version, out_of_sample, trained_on) predicts. Raises Conflict for a
    model that was said to be another before, Invalid for a format that cannot say predictions."""
    if form not in PREDICTION_READERS:
        names = ", ".join(sorted(PREDICTION_READERS))
        raise Invalid.at("/format", f"Predictions come as {names}.", code="no_predictions")
    with kept_file(file) as key, transaction.atomic():
        made = prediction_model(project=project, **model)
        params = {
            "file": key,
            "format": form,
            "mode": mode,
            "on_error": on_error,
            "match": match,
            "model": str(made.id),
            # Units that the model said something of since are the file's; what is older goes in the mode replace.
            "started": database_now().isoformat(),
        }
        return _enqueue("predictions.import", project, actor, params)


@contextmanager
def kept_file(file: File[Any]) -> Iterator[str]:
    """Stores an upload; gives its key, and takes the file away again if what follows fails."""
    key = upload_key(new_id())
    default_storage.save(key, file)
    try:
        yield key
    except BaseException:
        default_storage.delete(key)
        raise


def _enqueue(kind: str, project: Project, actor: User, params: Mapping[str, Any]) -> Job:
    return enqueue(
        kind=kind,
        organization_id=project.organization_id,
        project_id=project.id,
        created_by=actor,
        params={"project": str(project.id), **params},
    )


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
