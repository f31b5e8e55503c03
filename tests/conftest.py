"""Fixtures for every test that uses Django. What an app's tests need beyond these stands in tests/factories."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.fixtures_draws import steady_draws
from tests.fixtures_people import anonymous, people, run_jobs

# The same examples on every run and machine, and nothing is timed.
hypothesis_settings.register_profile(
    "house", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("house")

__all__ = ["anonymous", "people", "run_jobs", "steady_draws"]


def pytest_configure(config: pytest.Config) -> None:
    # httpcore leaves the Unix socket that nobody answered to the interpreter, which closes it at once; nothing leaks.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket.socket fd=.*family=1,:ResourceWarning")


@pytest.fixture(autouse=True)
def own_media(settings: django_settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:  # type: ignore[valid-type]
    """Each test writes its media into a folder of its own."""
    folder: Path = tmp_path_factory.mktemp("media")
    settings.MEDIA_ROOT = folder  # type: ignore[attr-defined]
    yield
    shutil.rmtree(folder, ignore_errors=True)
