"""The engine's tests run with nothing but pytest and hypothesis on their path, and prove it of each module here."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_django_before_or_after() -> object:
    before = "django" in sys.modules
    yield
    assert before or "django" not in sys.modules, "the engine's tests must not load Django"
