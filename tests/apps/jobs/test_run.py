"""A job's life: rung for, leased, resumed from its checkpoint, ended once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.test import TestCase

from apps.accounts.models import Organization
from apps.common.clock import database_now
from apps.common.errors import FieldError, Invalid
from apps.common.jobs import beat
from apps.common.models import WorkerBeat
from apps.jobs import registry
from apps.jobs.jobs import run_job, sweep
from apps.jobs.logic import ATTEMPTS, LEASE, RING_AGAIN, SWEEP
from apps.jobs.models import Job, JobState
from apps.jobs.operations import cancel, enqueue, ring, ring_again
from apps.jobs.operations.running import LeaseLost, Run, take
from apps.jobs.registry import JobContext
from tests.factories.jobs import run_one
from tests.factories.people import People

Handler = Callable[[JobContext], Any]


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Handler], None]:
    """Registers the handler of jobs of kind ``test``."""
    return lambda handler: monkeypatch.setitem(registry._handlers, "test", handler)


def new_job(people: People, **fields: Any) -> Job:
    values = {"kind": "test", "organization_id": people.organization.pk, "params": {"n": 3}, "created_by": people.mia}
    return enqueue(**{**values, **fields})


def test_success_keeps_the_result(people: People, handle: Any) -> None:
    handle(lambda ctx: {"doubled": ctx.params["n"] * 2})
    done = run_one(new_job(people))
    assert (done.state, done.progress, done.result, done.attempts) == ("succeeded", 1.0, {"doubled": 6}, 1)
    assert done.finished_at is not None
    assert done.lease_expires_at is None


def test_a_refusal_is_the_jobs_error(people: People, handle: Any) -> None:
    def refuse(ctx: JobContext) -> None:
        raise Invalid("Bad file.", errors=[FieldError("/file", "bad", "No image.")])

    handle(refuse)
    done = run_one(new_job(people))
    assert done.state == "failed"
    assert done.error is not None
    assert (done.error["status"], done.error["errors"][0]["pointer"]) == (400, "/file")


def test_an_unknown_kind_fails(people: People) -> None:
    done = run_one(new_job(people, kind="nobody does this"))
    assert done.error is not None
    assert done.error["code"] == "unknown_kind"


def test_ringing_twice_or_late_does_nothing_twice(people: People, handle: Any) -> None:
    calls: list[UUID] = []
    handle(lambda ctx: calls.append(ctx.job.pk))
    job = new_job(people)
    for _ in range(3):
        run_job(str(job.pk))
    run_job("01a1fc0f-3db6-7157-bff7-74b24cae4ecb")
    assert calls == [job.pk]


def test_the_bell_rings_after_the_commit_and_may_be_broken(people: People) -> None:
    with patch("apps.jobs.operations.asking.current_app.send_task", side_effect=ConnectionError) as bell:
        with TestCase.captureOnCommitCallbacks(execute=True):
            job = new_job(people)
            assert bell.call_count == 0
        assert bell.call_count == 1
    assert Job.objects.get(pk=job.pk).state == "queued"


def test_the_sweeper_rings_for_the_unheard_the_rested_and_the_orphaned(people: People) -> None:
    now = database_now()
    fresh, old, resting, rested, live, orphan, recent = (new_job(people) for _ in range(7))
    past, ahead = now - SWEEP * 2, now + SWEEP
    Job.objects.exclude(pk=fresh.pk).update(created_at=past)
    Job.objects.filter(pk=resting.pk).update(run_at=ahead)
    Job.objects.filter(pk=rested.pk).update(run_at=past)
    Job.objects.filter(pk=live.pk).update(state="running", lease_expires_at=ahead)
    Job.objects.filter(pk=orphan.pk).update(state="running", lease_expires_at=past)
    Job.objects.filter(pk=recent.pk).update(rung_at=now - RING_AGAIN / 2)
    with patch("apps.jobs.operations.asking.current_app.send_task") as bell:
        assert ring_again(now=now) == 3
        assert sweep() == 0
    rung = {UUID(call.kwargs["args"][0]) for call in bell.call_args_list}
    assert rung == {old.pk, rested.pk, orphan.pk}


def test_a_dead_workers_job_goes_on_from_its_checkpoint(people: People, handle: Any) -> None:
    def step(ctx: JobContext) -> dict[str, Any]:
        first = int(ctx.saved.get("next", 0))
        for number in range(first, 5):
            Organization.objects.create(name=f"step {number}")
            ctx.checkpoint({"next": number + 1})
            if number == 2 and ctx.job.attempts == 1:
                raise SystemExit  # the worker dies here
        return {"first": first}

    handle(step)
    job = new_job(people)
    with pytest.raises(SystemExit):
        run_one(job)
    assert Job.objects.get(pk=job.pk).state == "running"
    assert run_one(job).state == "running", "the lease is still live"
    Job.objects.update(lease_expires_at=database_now() - timedelta(seconds=1))
    done = run_one(job)
    assert (done.state, done.result, done.attempts) == ("succeeded", {"first": 3}, 2)
    names = list(Organization.objects.filter(name__startswith="step").values_list("name", flat=True))
    assert sorted(names) == [f"step {n}" for n in range(5)]


def test_whoever_lost_the_lease_writes_nothing(people: People) -> None:
    job = new_job(people)
    first = take(job.pk)
    assert first is not None
    Job.objects.update(lease_expires_at=database_now() - timedelta(seconds=1))
    second = take(job.pk)
    assert second is not None
    late, live = Run(first), Run(second)
    with pytest.raises(LeaseLost):
        late.checkpoint({"x": 1})
    with pytest.raises(LeaseLost):
        late.raise_if_cancelled()
    live.checkpoint({"x": 2})
    assert Job.objects.get(pk=job.pk).checkpoint == {"x": 2}


def test_unforeseen_failures_are_tried_again_then_given_up(people: People, handle: Any) -> None:
    def broken(ctx: JobContext) -> None:
        raise ValueError("private")

    handle(broken)
    job = new_job(people)
    for attempt in range(1, ATTEMPTS):
        found = run_one(job, surprise=False)
        assert (found.state, found.attempts) == ("queued", attempt)
        assert found.run_at is not None
        assert found.run_at > database_now()
        assert run_one(job, surprise=False).attempts == attempt, "it rests first"
        Job.objects.update(run_at=database_now() - timedelta(seconds=1))
    done = run_one(job, surprise=False)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error["code"] == "internal"
    assert "private" not in str(done.error)


def test_a_worker_that_always_dies_is_given_up(people: People) -> None:
    job = new_job(people)
    for _ in range(ATTEMPTS):
        assert take(job.pk) is not None
        Job.objects.update(lease_expires_at=database_now() - timedelta(seconds=1))
    assert take(job.pk) is None
    done = Job.objects.get(pk=job.pk)
    assert done.error is not None
    assert (done.state, done.error["code"]) == ("failed", "attempts_exhausted")


def test_cancelling_stops_a_waiting_job_at_once_and_a_running_one_at_its_next_step(people: People, handle: Any) -> None:
    steps: list[int] = []

    def stoppable(ctx: JobContext) -> None:
        for number in range(3):
            steps.append(number)
            if number == 1:
                cancel(job=Job.objects.get(pk=ctx.job.pk), now=database_now())
            ctx.raise_if_cancelled()

    handle(stoppable)
    waiting = cancel(job=new_job(people), now=database_now())
    assert waiting.state == "cancelled"
    assert run_one(waiting).attempts == 0
    assert cancel(job=waiting, now=database_now()).state == "cancelled"
    done = run_one(new_job(people))
    assert (done.state, steps) == ("cancelled", [0, 1])


def test_progress_is_written_at_most_once_a_second(people: People) -> None:
    job = take(new_job(people).pk)
    assert job is not None
    attempt = Run(job)
    attempt.progress(0.1, "soon")
    assert Job.objects.get(pk=job.pk).progress == 0
    attempt._written -= 2
    attempt.progress(7.0, "x" * 900)
    found = Job.objects.get(pk=job.pk)
    assert (found.progress, len(found.detail)) == (1.0, 500)
    assert found.lease_expires_at is not None
    assert found.lease_expires_at <= database_now() + LEASE


def test_too_long_is_a_failure(people: People, handle: Any) -> None:
    def slow(ctx: JobContext) -> None:
        ctx._started -= 10**6  # type: ignore[attr-defined]
        ctx.raise_if_cancelled()

    handle(slow)
    done = run_one(new_job(people))
    assert done.error is not None
    assert (done.state, done.error["code"]) == (JobState.FAILED, "time_limit")


def test_the_lease_is_kept_by_a_thread_of_its_own(people: People, handle: Any) -> None:
    handle(lambda ctx: {"kept": True})
    assert run_one(new_job(people), keep_lease=True).result == {"kept": True}


def test_the_worker_gives_a_sign_of_life(db: None) -> None:
    beat()
    beat()
    assert WorkerBeat.objects.count() == 1


def test_two_handlers_of_one_kind_are_a_mistake(handle: Any) -> None:
    handle(lambda ctx: None)
    with pytest.raises(RuntimeError):
        registry.job("test")(lambda ctx: None)


def test_jobs_that_wait_for_models_have_workers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, **options: sent.append(options))
    ring(UUID(int=1), "inference.embed")
    ring(UUID(int=2), "tasks.create")
    assert [(options["args"], options["queue"]) for options in sent] == [
        ([str(UUID(int=1))], "inference"),
        ([str(UUID(int=2))], None),
    ]
