"""Quality draws at random everywhere: here the same on every run."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def draws(steady_draws: None) -> None:
    """See ``tests.fixtures_draws``."""
