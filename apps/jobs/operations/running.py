"""Doing a job: under a lease, from the last checkpoint, to one end.

A worker takes the job by raising ``lease_token``; every later write names that token, so whoever lost the lease can
write nothing more. The process that dies leaves a lease that runs out, and the sweeper rings for the job again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import Q

from apps.common.clock import database_now
from apps.common.errors import DomainError, Unavailable
from apps.common.problems import problem_body
from apps.jobs.logic import ATTEMPTS, LEASE, TIME_LIMIT, WRITE_EVERY, pause_before
from apps.jobs.models import Job, JobState
from apps.jobs.registry import handler_of

log = logging.getLogger(__name__)


class JobCancelled(Exception):
    """Somebody asked the job to stop."""


class LeaseLost(Exception):
    """Another worker has the job: stop without writing."""


class TimeLimit(Exception):
    """The job worked longer than jobs may."""


class JobFailed(DomainError):
    """The job could not be done."""

    status = 500
    code = "job_failed"


class Run:
    """The ``JobContext`` of one attempt."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.params: Mapping[str, Any] = job.params
        self.saved: Mapping[str, Any] = job.checkpoint
        self._started = self._written = time.monotonic()

    def progress(self, fraction: float, detail: str = "") -> None:
        now = time.monotonic()
        if now - self._written < WRITE_EVERY.total_seconds():
            return
        self._written = now
        self.write(progress=min(max(fraction, 0.0), 1.0), detail=detail[:500], lease_expires_at=database_now() + LEASE)
        self.raise_if_cancelled()

    def checkpoint(self, state: Mapping[str, Any]) -> None:
        self.write(checkpoint=dict(state), lease_expires_at=database_now() + LEASE)
        self.saved = dict(state)

    def raise_if_cancelled(self) -> None:
        if time.monotonic() - self._started > TIME_LIMIT.total_seconds():
            raise TimeLimit
        asked = self._mine().values_list("cancel_requested", flat=True).first()
        if asked is None:
            raise LeaseLost
        if asked:
            raise JobCancelled

    def write(self, **values: Any) -> None:
        """Raises LeaseLost, with nothing written, unless the job is still this attempt's."""
        if not self._mine().update(**values):
            raise LeaseLost

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, lease_token=self.job.lease_token, state=JobState.RUNNING)


def run(*, job_id: UUID, keep_lease: bool = True, surprise: bool = False) -> None:
    """Does the job if it waits for a worker, else nothing: rings may come twice, late or never.

    ``keep_lease`` renews the lease from a thread while the handler is silent; ``surprise`` lets unforeseen exceptions
    out (for tests) instead of trying again later.
    """
    job = take(job_id)
    if job is None:
        return
    attempt = Run(job)
    try:
        with lease_kept(attempt) if keep_lease else nullcontext():
            result = _handle(attempt)
        _end(attempt, JobState.SUCCEEDED, progress=1.0, result=result)
    except LeaseLost:
        log.warning("lease lost", extra={"job": str(job_id)})
    except JobCancelled:
        _end(attempt, JobState.CANCELLED)
    except (TimeLimit, SoftTimeLimitExceeded):
        error = JobFailed("The job took longer than jobs may.", code="time_limit")
        _end(attempt, JobState.FAILED, error=problem_body(error))
    except DomainError as error:
        _end(attempt, JobState.FAILED, error=problem_body(error))
    except Exception as error:
        if surprise:
            raise
        _try_again(attempt, error)


@transaction.atomic
def take(job_id: UUID) -> Job | None:
    """The job under a new lease, or None when it is finished, resting, or in another's hands."""
    now = database_now()
    free = Q(state=JobState.QUEUED) & (Q(run_at=None) | Q(run_at__lte=now))
    orphaned = Q(state=JobState.RUNNING) & Q(lease_expires_at__lt=now)
    job = Job.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    found = job.filter(free | orphaned, pk=job_id).first()
    if found is None:
        return None
    found.attempts += 1
    found.lease_token += 1
    if found.cancel_requested:
        found.state, found.finished_at = JobState.CANCELLED, now
    elif found.attempts > ATTEMPTS:
        found.state, found.finished_at = JobState.FAILED, now
        found.error = problem_body(JobFailed("The job's worker died too often.", code="attempts_exhausted"))
    else:
        found.state, found.lease_expires_at = JobState.RUNNING, now + LEASE
        found.started_at = found.started_at or now
    found.save()
    return found if found.state == JobState.RUNNING else None


@contextmanager
def lease_kept(attempt: Run) -> Iterator[None]:
    """Renews the lease from a thread, for as long as this process lives."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(LEASE.total_seconds() / 3):
            try:
                attempt.write(lease_expires_at=database_now() + LEASE)
            except LeaseLost:
                break  # the handler learns it at its next step
            except Exception as error:  # noqa: BLE001 - a database that is away must not end the lease
                log.warning("lease not renewed", extra={"job": str(attempt.job.pk), "error": repr(error)})
        connection.close()

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _handle(attempt: Run) -> dict[str, Any] | None:
    attempt.raise_if_cancelled()
    handler = handler_of(attempt.job.kind)
    if handler is None:
        raise JobFailed(f"Nothing does jobs of kind {attempt.job.kind}.", code="unknown_kind")
    return handler(attempt)


def _end(attempt: Run, state: JobState, **values: Any) -> None:
    try:
        attempt.write(state=state, finished_at=database_now(), lease_expires_at=None, **values)
    except LeaseLost:
        log.warning("lease lost at the end", extra={"job": str(attempt.job.pk)})


def _try_again(attempt: Run, error: Exception) -> None:
    """An unforeseen exception: another attempt after a pause, or the end."""
    job = attempt.job
    log.error("job attempt failed", exc_info=error, extra={"job": str(job.pk), "attempt": job.attempts})
    if job.attempts >= ATTEMPTS:
        refusal: DomainError = JobFailed("The job failed for a reason of ours; it was logged.", code="internal")
        _end(attempt, JobState.FAILED, error=problem_body(refusal))
        return
    busy = problem_body(Unavailable("The last attempt failed; it will be tried again."))
    try:
        attempt.write(
            state=JobState.QUEUED,
            error=busy,
            run_at=database_now() + pause_before(job.attempts),
            lease_expires_at=None,
        )
    except LeaseLost:
        log.warning("lease lost", extra={"job": str(job.pk)})
