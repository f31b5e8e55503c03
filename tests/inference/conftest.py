"""These tests know no Django: what the server's fixtures do for every test is left out here."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_media() -> None:
    """The server's tests give each a media folder; here a test that needs one makes it."""
