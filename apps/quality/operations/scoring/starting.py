"""Asking for a scoring: what is to be computed, by which model, and one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, FieldError, Invalid
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue
from apps.projects.models import Project
from apps.quality.metrics import SCORE, SCORED, known_metrics
from apps.quality.models import ScoreRun
from apps.quality.queries.predictors import prediction_model_of
from apps.quality.queries.score_runs import model_to_use

OPEN = (JobState.QUEUED, JobState.RUNNING)


@transaction.atomic
def start_scoring(*, project: Project, actor: User, metrics: Sequence[str] | None, model: str | None) -> Job:
    """A job over the whole project. Raises Invalid for an unknown metric or model, Conflict while one is under way."""
    known = known_metrics()
    errors = [
        FieldError(f"/metrics/{number}", "unknown_metric", f"There is no metric {name!r}.")
        for number, name in enumerate(metrics or ())
        if name not in known
    ]
    if errors:
        raise Invalid("Some metrics are unknown.", errors=errors)
    chosen = prediction_model_of(project.id, model) if model else None
    under_way = lock_scoring(project)
    if under_way is not None:
        raise Conflict("The project is being scored already.", code="under_way", job=str(under_way.pk), allowed=[])
    return enqueue(
        kind=SCORE,
        organization_id=project.organization_id,
        project_id=project.id,
        params={"metrics": sorted(set(metrics or ())), "model": str(chosen.id) if chosen else ""},
        created_by=actor,
    )


def lock_scoring(project: Project) -> Job | None:
    """The scoring under way. Two that ask at once follow one another."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    return Job.objects.filter(project_id=project.pk, kind=SCORE, state__in=OPEN).first()


@transaction.atomic
def learn_neighbours_anew(project: Project) -> Job | None:
    """Images are compared by another method: what a project's scores learned of neighbours is learned again. None where
    it was never scored, or is being scored."""
    if lock_scoring(project) is not None or not ScoreRun.objects.filter(project=project).exists():
        return None
    return enqueue_scoring(project)


@transaction.atomic
def start_first_scoring(task_id: UUID) -> Job | None:
    """A router waits for a score, but its project has never been scored: if a model has predicted anything, it is now.
    What comes of it answers the router, unless its time is up before."""
    project = Project.objects.filter(tasks__id=task_id).first()
    if project is None or model_to_use(project.pk) is None:
        return None
    if lock_scoring(project) is not None or ScoreRun.objects.filter(project=project).exists():
        return None
    return enqueue_scoring(project)


def enqueue_scoring(project: Project) -> Job:
    """Of the scorers' own metrics, by whichever model is to be used."""
    return enqueue(
        kind=SCORE,
        organization_id=project.organization_id,
        project_id=project.pk,
        params={"metrics": sorted(SCORED), "model": ""},
        created_by=None,
    )
