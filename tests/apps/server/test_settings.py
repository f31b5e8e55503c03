"""What production refuses, and what it sets behind TLS. Each case is a process of its own: settings are read once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.server.settings.databases import postgresql
from apps.server.settings.home import secret

ROOT = Path(__file__).resolve().parents[3]
GOOD = {
    "LAPIDARY_SECRET_KEY": "q9V-sT3xK_7mZ2bN8cL4hJ6gF1dS0aP5oI-uY_tR3eW7qA9zX2c",
    "LAPIDARY_URL": "https://labels.example.org",
    "LAPIDARY_DATABASE_URL": "postgresql://lapidary:s%40fe@database:5433/lapidary?sslmode=require",
    "LAPIDARY_REDIS_URL": "redis://redis:6379/0",
}
SHOW = (
    "from apps.server.settings import production as p;"
    "print(p.SESSION_COOKIE_SECURE, p.CSRF_COOKIE_SECURE, p.SECURE_HSTS_SECONDS > 0, p.DEBUG, p.ALLOWED_HOSTS)"
)


def production(changes: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **GOOD, **changes}
    return subprocess.run(
        [sys.executable, "-c", SHOW], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_production_behind_tls_insists_on_it() -> None:
    done = production({})
    assert done.stdout.strip() == "True True True False ['labels.example.org']", done.stderr


def test_production_behind_tls_passes_django_s_own_check() -> None:
    environment = {"PATH": os.environ["PATH"], **GOOD, "DJANGO_SETTINGS_MODULE": "apps.server.settings.production"}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "changes",
    [
        {"LAPIDARY_SECRET_KEY": ""},
        {"LAPIDARY_SECRET_KEY": "short"},
        {"LAPIDARY_SECRET_KEY": "a" * 80},
        {"DEBUG": "1"},
        {"LAPIDARY_URL": "labels.example.org"},
        {"LAPIDARY_HOSTS": "*"},
        {"LAPIDARY_DATABASE_URL": "sqlite:///lapidary.sqlite3"},
        {"LAPIDARY_REDIS_URL": ""},
    ],
)
def test_production_refuses_to_start(changes: dict[str, str]) -> None:
    done = production(changes)
    assert done.returncode == 1
    assert "ImproperlyConfigured" in done.stderr
    assert GOOD["LAPIDARY_SECRET_KEY"] not in done.stderr


def test_a_database_url_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAPIDARY_PROCESS", "web")
    found = postgresql(GOOD["LAPIDARY_DATABASE_URL"])
    assert (found["HOST"], found["PORT"], found["NAME"], found["PASSWORD"]) == ("database", "5433", "lapidary", "s@fe")
    assert found["OPTIONS"]["sslmode"] == "require"
    assert "statement_timeout=5s" in found["OPTIONS"]["options"]
    assert "idle_in_transaction_session_timeout=60s" in found["OPTIONS"]["options"]


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = secret(tmp_path / "secret_key")
    assert len(first) >= 50
    assert secret(tmp_path / "secret_key") == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_an_emptied_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(RuntimeError, match="holds no secret"):
        secret(tmp_path / "secret_key")
