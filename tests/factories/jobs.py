"""Jobs, done on the spot."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.jobs.models import Job, JobState
from apps.jobs.operations import run


def run_all_jobs(limit: int = 50) -> list[Job]:
    """Does every queued job, and those that they enqueue, in this thread and connection; answers them as they ended.

    An unforeseen exception of a handler comes out instead of being tried again.
    """
    done: list[UUID] = []
    while len(done) < limit:
        waiting = Job.objects.filter(Q(state=JobState.QUEUED), ~Q(pk__in=done)).order_by("created_at", "id")
        job_id = waiting.values_list("pk", flat=True).first()
        if job_id is None:
            return list(Job.objects.filter(pk__in=done).order_by("created_at", "id"))
        run(job_id=job_id, keep_lease=False, surprise=True)
        done.append(job_id)
    raise AssertionError("jobs keep enqueuing jobs")


def run_one(job: Job | UUID | str, **options: Any) -> Job:
    """Does this job; answers it as it ended."""
    job_id = job.pk if isinstance(job, Job) else UUID(str(job))
    run(job_id=job_id, **{"keep_lease": False, "surprise": True, **options})
    return Job.objects.get(pk=job_id)
