"""Writes to jobs: enqueue, and what the person or the runner does to one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.jobs.models import Job

log = logging.getLogger(__name__)


def enqueue(
    *,
    kind: str,
    organization_id: UUID,
    params: Mapping[str, Any],
    created_by: User | None,
    project_id: UUID | None = None,
) -> Job:
    """Writes the job down, in the caller's transaction, and rings the worker's bell once that is committed.

    The row is what counts: if the broker is away, the sweeper rings later. ``params`` must be plain JSON values.
    """
    job = Job.objects.create(
        kind=kind, organization_id=organization_id, params=dict(params), created_by=created_by, project_id=project_id
    )
    transaction.on_commit(lambda: ring(job.pk))
    return job


def ring(job_id: UUID) -> None:
    """Tells a worker that there is work. A broker that is down is only logged."""
    from apps.jobs.jobs import run_job  # the Celery entry point stands above operations; only its bell is used here

    try:
        run_job.delay(str(job_id))
    except Exception as error:  # any transport's own exception types
        log.warning("job bell failed", extra={"job": str(job_id), "error": repr(error)})
