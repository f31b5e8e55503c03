"""A worker killed with SIGKILL in mid-job loses nothing and does nothing twice: a real Celery worker, over Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection

from apps.accounts.models import Organization
from apps.common.clock import database_now
from apps.jobs.models import Job
from apps.jobs.operations import enqueue, ring_again

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]
PATIENCE = 60


def wait_for(true: Callable[[], object]) -> None:
    """Asks again until it is so; fails after PATIENCE seconds."""
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.05)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> str:
    """A queue of this test's own on the tests' Redis."""
    name = f"test-{uuid4().hex}"
    bell = Celery("tests", broker=os.environ["LAPIDARY_TEST_REDIS_URL"], set_as_current=False)
    bell.conf.task_default_queue = name
    monkeypatch.setattr("apps.jobs.operations.asking.current_app", bell)
    return name


@contextmanager
def worker(queue: str) -> Iterator[subprocess.Popen[bytes]]:
    database = str(settings.DATABASES["default"]["NAME"] or connection.settings_dict["NAME"])
    extra = {"LAPIDARY_TEST_DB_NAME": database, "LAPIDARY_TEST_QUEUE": queue}
    process = subprocess.Popen([sys.executable, "-m", "tests.fakes.worker"], env=os.environ | extra)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_worker_loses_and_doubles_nothing(queue: str, when: str) -> None:
    home = Organization.objects.create(name="home")
    params = {"steps": 6, "die_at": 3, "when": when}
    job = enqueue(kind="test.steps", organization_id=home.pk, params=params, created_by=None)
    with worker(queue) as first:
        wait_for(lambda: first.poll() is not None)
        assert first.returncode == -signal.SIGKILL
    found = Job.objects.get(pk=job.pk)
    assert (found.state, found.attempts) == ("running", 1)
    assert found.checkpoint == {"next": 3 if when == "before" else 4}
    Job.objects.update(lease_expires_at=database_now() - timedelta(seconds=1))
    assert ring_again(now=database_now()) == 1
    with worker(queue):
        wait_for(lambda: Job.objects.get(pk=job.pk).is_finished)
    done = Job.objects.get(pk=job.pk)
    assert (done.state, done.attempts, done.result) == ("succeeded", 2, {"first": 3 if when == "before" else 4})
    names = Organization.objects.exclude(pk=home.pk).order_by("name").values_list("name", flat=True)
    assert list(names) == [f"step {number}" for number in range(6)]


def test_a_lost_bell_is_rung_again(queue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Organization.objects.create(name="home")
    params = {"steps": 1, "die_at": -1, "when": "never"}
    with monkeypatch.context() as silence:
        silence.setattr("apps.jobs.operations.asking.ring", lambda job_id, kind: None)
        job = enqueue(kind="test.steps", organization_id=home.pk, params=params, created_by=None)
    Job.objects.update(created_at=database_now() - timedelta(minutes=1))
    assert ring_again(now=database_now()) == 1
    with worker(queue):
        wait_for(lambda: Job.objects.get(pk=job.pk).is_finished)
    assert Job.objects.get(pk=job.pk).state == "succeeded"
