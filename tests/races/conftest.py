"""Fixtures of the races."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.factories.servers import Installation


@pytest.fixture
def installation(tmp_path: Path, transactional_db: None) -> Iterator[Installation]:
    """Server processes over the test's own database."""
    with Installation(tmp_path / "home", connection.settings_dict) as found:
        yield found
