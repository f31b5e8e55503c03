"""Celery entry points of curation."""

from __future__ import annotations

from typing import Any

from apps.jobs.registry import JobContext, job
from apps.projects.models import Project
from apps.quality.operations.curating import curate
from apps.quality.queries.curation import CURATE


@job(CURATE)
def curate_project(ctx: JobContext) -> dict[str, Any]:
    """Goes on after the last part of an earlier attempt."""
    project = Project.objects.get(id=str(ctx.job.project_id))

    def step(state: dict[str, Any], share: float, detail: str) -> None:
        ctx.raise_if_cancelled()
        ctx.checkpoint(state)
        ctx.progress(min(0.99, share), detail)

    ctx.raise_if_cancelled()
    return curate(project=project, run=ctx.job.id, saved=dict(ctx.saved), step=step)
