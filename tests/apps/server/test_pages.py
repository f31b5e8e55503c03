"""What every answer carries, and what the addresses outside the API answer."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.common.clock import database_now
from apps.common.models import WorkerBeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def dist(tmp_path: Path, settings: Any) -> Path:
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / "index.html").write_text("<!doctype html><div id=root></div>")
    return tmp_path


@pytest.mark.parametrize("address", ["/", "/projects/0190/tasks", "/sign-in", "/a/b.c"])
def test_every_page_is_the_app_and_brings_the_csrf_cookie(dist: Path, client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200
    assert b"id=root" in response.content
    assert response["Cache-Control"] == "no-cache"
    assert "csrftoken" in response.cookies


def test_pages_that_are_not_built_say_so(dist: Path, client: Client) -> None:
    (dist / "index.html").unlink()
    response = client.get("/")
    assert response.status_code == 503
    assert b"make front" in response.content


def test_a_page_takes_no_writes(dist: Path, client: Client) -> None:
    assert client.post("/projects").status_code == 405


def test_files_that_are_not_there_are_no_pages(dist: Path, client: Client) -> None:
    assert client.get("/static/nothing.js").status_code == 404
    assert client.get("/api/v1/nothing/")["Content-Type"] == "application/problem+json"


def test_security_headers_are_on_every_answer(dist: Path, client: Client) -> None:
    for address in ("/", "/api/v1/nothing/", "/healthz", "/admin/login/"):
        headers = client.get(address).headers
        policy = headers["Content-Security-Policy"]
        script = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe-inline" not in script
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "unsafe-eval" not in client.get("/").headers["Content-Security-Policy"]


def test_a_sane_request_id_is_kept_and_a_strange_one_replaced(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "abc-12345"})["X-Request-ID"] == "abc-12345"
    assert "<" not in client.get("/healthz", headers={"X-Request-ID": "<script>alert"})["X-Request-ID"]


def test_ready_only_when_a_worker_answered_lately(client: Client) -> None:
    assert client.get("/readyz").status_code == 503
    beat = WorkerBeat.objects.create(name="one", seen_at=database_now())
    response = client.get("/readyz")
    assert response.status_code == 200, response.content
    assert json.loads(response.content)["checks"] == {"database": True, "migrated": True, "worker": True}
    WorkerBeat.objects.filter(pk=beat.pk).update(seen_at=database_now() - timedelta(minutes=5))
    assert client.get("/readyz").status_code == 503


def test_metrics_count_requests_by_route_and_not_by_address(client: Client) -> None:
    client.get("/api/v1/tasks/0190aaaa-0000-7000-8000-000000000000/")
    text = client.get("/metrics").content.decode()
    assert "lapidary_http_requests_total" in text
    assert 'lapidary_open_jobs{state="queued"} 0.0' in text
    assert "0190aaaa" not in text
