"""The same draws on every run, for tests whose assertions would not hold for each of them.

A draw is an HMAC of ids under a project's secret (``apps.tasks.logic.uniform``). Here the secret is fixed, and ids
stand for the order in which draws first name them.
"""

from __future__ import annotations

import hmac
from types import SimpleNamespace

import pytest

from apps.tasks import logic


@pytest.fixture
def steady_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[bytes, int] = {}

    def steady(part: bytes) -> bytes:
        is_id = part.isdigit() or part.count(b"-") == 4
        return b"%d" % seen.setdefault(part, len(seen)) if is_id else part

    def new(key: bytes, message: bytes, digest: str) -> hmac.HMAC:
        return hmac.new(b"steady", b"\x1f".join(map(steady, message.split(b"\x1f"))), digest)

    monkeypatch.setattr(logic, "hmac", SimpleNamespace(new=new))
