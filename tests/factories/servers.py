"""Real server processes over a database: gunicorn and Celery as they ship, in a home of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
SECRET = "only-for-tests-of-real-processes-0123456789-abcdefghijklmnopqrstuvwxyz"


def wait_for(true: Callable[[], object], what: str, *, seconds: float = PATIENCE) -> None:
    """Asks again until it is so; fails after ``seconds``."""
    last = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < last, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The processes that ``pid`` has started and that live."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(text) for text in path.read_text().split()]
    return found


@dataclass
class Web:
    """One gunicorn: a master and its processes."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def workers(self) -> list[int]:
        return children(self.process.pid)


@dataclass
class Installation:
    """A context: every process that it started ends with it.

    ``database`` is Django's dictionary of the connection that the tests have open; ``home`` a folder of its own.
    """

    home: Path
    database: Mapping[str, Any]
    extra: Mapping[str, str] = field(default_factory=dict)
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        link = self.home / "lapidary.sqlite3"
        if not self.is_postgresql and not link.exists():
            link.symlink_to(Path(str(self.database["NAME"])).resolve())
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            end(process)

    @property
    def is_postgresql(self) -> bool:
        return "postgresql" in str(self.database["ENGINE"])

    @property
    def media(self) -> Path:
        return self.home / "media"

    def environment(self, port: int) -> dict[str, str]:
        """What a process of ours gets: the settings of a team on PostgreSQL, of one machine on SQLite."""
        given = {"HOST": "127.0.0.1", "PORT": str(port), "LAPIDARY_HOME": str(self.home), "LAPIDARY_LOG_LEVEL": "INFO"}
        if self.is_postgresql:
            given |= {
                "DJANGO_SETTINGS_MODULE": "tests.fakes.production",
                "LAPIDARY_SECRET_KEY": SECRET,
                "LAPIDARY_URL": f"http://127.0.0.1:{port}",
                "LAPIDARY_DATABASE_URL": database_url(self.database),
                "LAPIDARY_REDIS_URL": "redis://127.0.0.1:1/0",  # the folder takes its place
            }
        else:
            given |= {"DJANGO_SETTINGS_MODULE": "apps.server.settings.local"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LAPIDARY_", "DJANGO_"))}
        return kept | given | dict(self.extra)

    def web(self, *, processes: int = 1, threads: int = 8) -> Web:
        """Starts a gunicorn and waits until it answers."""
        port = free_port()
        more = {
            "LAPIDARY_PROCESS": "web",
            "LAPIDARY_WEB_PROCESSES": str(processes),
            "LAPIDARY_WEB_THREADS": str(threads),
        }
        command = [sys.executable, "-m", "gunicorn", "-c", "python:apps.server.gunicorn"]
        web = Web(f"http://127.0.0.1:{port}", self._start("web", command, self.environment(port) | more))
        try:
            wait_for(lambda: answers(web), "the web server's answer")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.words()}") from None
        return web

    def words(self) -> str:
        """The last that each process said."""
        logs = sorted(self.home.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-2_000:]}" for log in logs)

    def worker(self, *, processes: int = 1) -> subprocess.Popen[bytes]:
        """Starts a Celery worker with its beat inside."""
        command = [
            *(sys.executable, "-m", "celery", "-A", "apps.server", "--skip-checks", "worker", "--beat"),
            *("-s", str(self.home / "beat"), "--pool", "prefork", "--concurrency", str(processes)),
            *("--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
        return self._start("worker", command, self.environment(free_port()) | {"LAPIDARY_PROCESS": "worker"})

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.home / f"{name}-{len(self._started)}.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self._started.append(process)
        return process


def end(process: subprocess.Popen[bytes]) -> None:
    """Asks the process and its children to end; those that do not are ended."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
    kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for the process and all that it started: nobody gets to say goodbye."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def answers(web: Web) -> bool:
    """Whether it lives; fails at once when it has ended by itself."""
    assert web.process.poll() is None, "the web server ended by itself; its words are in its log"
    try:
        # The address is our own.
        with urllib.request.urlopen(f"{web.url}/healthz", timeout=2):  # noqa: S310
            return True
    except (urllib.error.URLError, OSError):
        return False


def database_url(database: Mapping[str, Any]) -> str:
    """The address of a PostgreSQL database, from Django's dictionary."""
    host, port = str(database.get("HOST") or ""), str(database.get("PORT") or "")
    user, name = str(database.get("USER") or ""), str(database["NAME"])
    place = "" if host.startswith("/") else host + (f":{port}" if port else "")
    query = f"?host={host}" if host.startswith("/") else ""
    return f"postgresql://{user + '@' if user else ''}{place}/{name}{query}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
