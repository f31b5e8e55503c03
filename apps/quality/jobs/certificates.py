"""Celery entry points of certificates."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.jobs.registry import JobContext, job
from apps.labels.models import Snapshot
from apps.projects.models import Project
from apps.quality.operations.certificates import ISSUE, issue
from apps.tasks.queries.counts import status_counts


@job(ISSUE)
def issue_certificate(ctx: JobContext) -> dict[str, Any]:
    """Reads the whole frame; another attempt begins anew, and issues the same certificate once."""
    project = Project.objects.get(id=ctx.params["project"])
    snapshot = Snapshot.objects.filter(project=project, id=ctx.params["snapshot"]).first()
    total = snapshot.entries_count if snapshot else sum(status_counts(project).values())

    def seen(tasks: int) -> None:
        ctx.raise_if_cancelled()
        ctx.progress(min(0.95, tasks / max(total, 1)), f"{tasks:,} tasks read")

    made = issue(
        project=project,
        snapshot=snapshot,
        actor=User.objects.filter(id=ctx.params["actor"]).first(),
        now=database_now(),
        certificate_id=ctx.job.id,
        seen=seen,
    )
    return {"certificate": str(made.id), "certified": made.document["certified"]}
