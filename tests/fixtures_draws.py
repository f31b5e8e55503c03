"""The same draws on every run, for tests whose assertions would not hold for each of them.

A draw is an HMAC of ids under a project's secret (``apps.tasks.logic.uniform``). Here the secret is fixed and ids are a
test's own series: unique between tests, because some caches go by id, and the same whenever the test runs.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from itertools import count
from types import SimpleNamespace

import pytest
import uuid_utils


@pytest.fixture
def steady_draws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = int.from_bytes(sha256(request.node.nodeid.encode()).digest()[:6], "big")
    series = count()

    def uuid7() -> SimpleNamespace:
        version, variant = 7 << 76, 2 << 62
        return SimpleNamespace(int=prefix << 80 | version | variant | next(series))

    monkeypatch.setattr(uuid_utils, "uuid7", uuid7)
    monkeypatch.setattr(secrets, "token_hex", lambda size: "5ea1" * (size // 2))
