"""Fixtures about people and jobs, for every app's tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apps.jobs.models import Job
from tests.factories.jobs import run_all_jobs
from tests.factories.people import Caller, People, make_people


@pytest.fixture
def people(db: None) -> People:
    """Everybody by name; see ``tests.factories.people``."""
    return make_people()


@pytest.fixture
def anonymous(db: None) -> Caller:
    """Somebody who has not signed in."""
    return Caller()


@pytest.fixture
def run_jobs(db: None) -> Callable[[], list[Job]]:
    """Does all queued jobs on the spot."""
    return run_all_jobs
