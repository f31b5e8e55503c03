"""Asking for long work, and asking for it to stop. The broker is only a doorbell; the row is the truth."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from apps.accounts.models import User
from apps.common.errors import Conflict, NotFound
from apps.jobs.logic import RING_AGAIN, SWEEP, queue_of
from apps.jobs.models import Job, JobState

log = logging.getLogger(__name__)
# The Celery entry point in jobs.py, which stands above operations and so is called by name.
BELL = "apps.jobs.jobs.run_job"


def enqueue(
    *,
    kind: str,
    organization_id: UUID,
    params: Mapping[str, Any],
    created_by: User | None,
    project_id: UUID | None = None,
) -> Job:
    """Writes the job down, in the caller's transaction, and rings the worker's bell once that is committed.

    If the broker is away, the sweeper rings later. ``params`` must be plain JSON values.
    """
    job = Job.objects.create(
        kind=kind, organization_id=organization_id, params=dict(params), created_by=created_by, project_id=project_id
    )
    transaction.on_commit(lambda: ring(job.pk, kind))
    return job


def ring(job_id: UUID, kind: str) -> None:
    """Tells a worker of that kind's queue that there is work. A broker that is down is only logged."""
    queue = queue_of(kind, getattr(settings, "JOB_QUEUES", {}))
    try:
        current_app.send_task(BELL, args=[str(job_id)], retry=False, ignore_result=True, queue=queue)
    except Exception as error:  # noqa: BLE001 - every transport has its own
        log.warning("the job's bell did not ring", extra={"job": str(job_id), "error": repr(error)})


def ring_again(*, now: datetime) -> int:
    """Rings for jobs whose bell was lost, whose pause is over or whose worker died. Answers how many."""
    unheard = Q(run_at=None, rung_at=None, created_at__lt=now - SWEEP)
    rested = Q(run_at__lte=now) & (Q(rung_at=None) | Q(rung_at__lt=F("run_at")))
    ignored = Q(rung_at__lt=now - RING_AGAIN) & (Q(run_at=None) | Q(run_at__lte=now))
    waiting = Q(state=JobState.QUEUED) & (unheard | rested | ignored)
    orphaned = Q(state=JobState.RUNNING, lease_expires_at__lt=now) & (Q(rung_at=None) | Q(rung_at__lt=now - SWEEP))
    due = list(Job.objects.filter(waiting | orphaned).order_by("created_at").values_list("pk", "kind")[:100])
    Job.objects.filter(pk__in=[job_id for job_id, _ in due]).update(rung_at=now)
    for job_id, kind in due:
        ring(job_id, kind)
    return len(due)


@transaction.atomic
def cancel(*, job: Job, now: datetime) -> Job:
    """Asks the job to stop: at once if it waits, at its next step if it runs. Again is harmless.

    Raises Conflict when it has succeeded or failed already.
    """
    fresh = Job.objects.select_for_update().filter(pk=job.pk).first()
    if fresh is None:
        raise NotFound
    if fresh.state in (JobState.SUCCEEDED, JobState.FAILED):
        raise Conflict(f"The job has {fresh.state} already.", code="job_finished", state=fresh.state)
    if fresh.state == JobState.QUEUED:
        fresh.state, fresh.finished_at = JobState.CANCELLED, now
    fresh.cancel_requested = True
    fresh.save(update_fields=["state", "finished_at", "cancel_requested"])
    return fresh
