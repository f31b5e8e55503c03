"""What answers the clicks of a project, and making its embeddings ahead of them."""

from __future__ import annotations

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.inference.models import Assistant, ModelVersion
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue
from apps.projects.models import Project
from apps.projects.operations.locking import lock_project

EMBED = "inference.embed"


@transaction.atomic
def choose_assistant(
    *, project: Project, model: ModelVersion | None, enabled: bool, actor: User, classical: bool = False
) -> Assistant:
    """The project's choice: a model, the instance's default (None), or the classical assistant."""
    lock_project(project.pk)
    values = {"model": model, "classical": classical, "enabled": enabled, "updated_by": actor}
    found, _ = Assistant.objects.update_or_create(project=project, defaults=values)
    return found


@transaction.atomic
def start_embedding(*, project: Project, model: ModelVersion, actor: User | None) -> Job:
    """The job that encodes every image of the project; the one that is under way, if there is one. Raises Conflict when
    that is for another model, or the project is archived."""
    lock_project(project.pk, running=True)
    open_states = (JobState.QUEUED, JobState.RUNNING)
    rows = Job.objects.filter(project_id=project.pk, kind=EMBED, state__in=open_states, cancel_requested=False)
    there = rows.order_by("-id").first()
    if there is None:
        return enqueue_embedding(project=project, model=model, actor=actor)
    if there.params["model"] != str(model.pk):
        raise Conflict("The project's images are being encoded for another model.", code="embedding", job=str(there.pk))
    return there


def enqueue_embedding(
    *, project: Project, model: ModelVersion, actor: User | None, saved: dict[str, object] | None = None
) -> Job:
    """``saved`` goes on where an earlier job stopped."""
    return enqueue(
        kind=EMBED,
        organization_id=project.organization_id,
        project_id=project.pk,
        params={"project": str(project.pk), "model": str(model.pk), "from": saved or {}},
        created_by=actor,
    )
