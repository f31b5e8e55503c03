"""Celery's entry points: the bell of one job, and the sweeper that rings for jobs whose bell was lost."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from apps.common.clock import database_now
from apps.jobs.logic import TIME_LIMIT
from apps.jobs.operations import ring_again, run

SOFT = int(TIME_LIMIT.total_seconds())


@shared_task(
    name="apps.jobs.jobs.run_job",
    acks_late=True,
    reject_on_worker_lost=True,
    ignore_result=True,
    soft_time_limit=SOFT + 60,
    time_limit=SOFT + 120,
)
def run_job(job_id: str) -> None:
    """Does the job, if it still waits for a worker. Safe to deliver any number of times."""
    run(job_id=UUID(job_id))


@shared_task(name="apps.jobs.jobs.sweep", ignore_result=True, expires=30)
def sweep() -> int:
    """Every few seconds, from the beat. Answers how many jobs were rung for."""
    return ring_again(now=database_now())
