"""The server tells whether the inference process answers, and works on without it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.fakes.inference_process import serving

pytestmark = pytest.mark.django_db


def up(client: Client) -> str | None:
    """The gauge's value, None without the gauge."""
    lines = client.get("/metrics").content.decode().splitlines()
    found = [line.split()[1] for line in lines if line.startswith("lapidary_inference_up ")]
    return found[0] if found else None


def test_the_gauge_says_whether_the_process_takes_work(client: Client, settings: Any) -> None:
    settings.INFERENCE_URL = ""
    assert up(client) is None
    with serving() as process:
        settings.INFERENCE_URL = process.url
        assert up(client) == "1.0"
        process.answers["GET /ready"] = (503, {"code": "starting", "detail": "Wait."})
        assert up(client) == "0.0"
    assert up(client) == "0.0"


def test_the_server_is_ready_without_it(client: Client, settings: Any) -> None:
    settings.INFERENCE_URL = "unix:/nowhere/at/all"
    assert set(client.get("/readyz").json()["checks"]) == {"database", "migrated", "worker"}
