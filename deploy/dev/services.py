"""PostgreSQL, Redis and Chromium for the tests: those that run are used, else started here, else installed by apt."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Missing(Exception):
    """The line that says what to install."""


class Services:
    """A context: what it started ends with it. Attributes are what the tests' environment needs."""

    def __init__(self) -> None:
        self._ends: list[Callable[[], object]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for end in reversed(self._ends):
            end()

    def postgresql(self) -> str:
        """A database URL whose role may create databases. Raises Missing."""
        given = os.environ.get("LAPIDARY_TEST_DATABASE_URL")
        for url in [given] if given else ["postgresql:///postgres", "postgresql://postgres@127.0.0.1:5432/postgres"]:
            if may_create(url):
                return url
        folder = postgresql_programs()
        if folder is None and apt("postgresql"):
            folder = postgresql_programs()
        if given or folder is None:
            raise Missing("PostgreSQL 14 or later is needed for the tests: install the package postgresql.")
        return self._own_postgresql(folder)

    def _own_postgresql(self, programs: Path) -> str:
        """A cluster of our own in a temporary folder, on a socket only; as the user postgres where we are root."""
        data = Path(tempfile.mkdtemp(prefix="lapidary-postgresql-"))
        prefix: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(data, "postgres")
            prefix = ["runuser", "-u", "postgres", "--"]
        control = [*prefix, str(programs / "pg_ctl"), "-D", f"{data}/db"]
        options = f"-c listen_addresses= -k {data} -c fsync=off -c max_connections=200"
        quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": data}
        subprocess.run(
            [*prefix, str(programs / "initdb"), "-D", f"{data}/db", "-U", "postgres", "-A", "trust"], **quiet
        )  # type: ignore[call-overload]
        self._ends.append(lambda: shutil.rmtree(data, ignore_errors=True))
        subprocess.run([*control, "-w", "-o", options, "-l", f"{data}/log", "start"], **quiet)  # type: ignore[call-overload]
        self._ends.append(lambda: subprocess.run([*control, "-m", "immediate", "stop"], **(quiet | {"check": False})))  # type: ignore[call-overload]
        return f"postgresql://postgres@/postgres?host={data}"

    def redis(self) -> str:
        """A Redis URL. Raises Missing."""
        if given := os.environ.get("LAPIDARY_TEST_REDIS_URL"):
            return given
        if answers(6379):
            return "redis://127.0.0.1:6379/15"
        if shutil.which("redis-server") is None and not apt("redis-server"):
            raise Missing("Redis is needed for the tests: install the package redis-server.")
        port = free_port()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir())
        self._ends += [server.wait, server.terminate]
        until(lambda: answers(port), "Redis")
        return f"redis://127.0.0.1:{port}/0"


def chromium() -> str:
    """The path of a Chromium. Raises Missing."""
    given = os.environ.get("LAPIDARY_CHROMIUM")
    found = given or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and apt("chromium"):
        found = shutil.which("chromium")
    if found is None:
        raise Missing("Chromium is needed for the tests: install the package chromium, or set LAPIDARY_CHROMIUM.")
    return found


def may_create(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def postgresql_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("pg_ctl")
    path = found[-1] if found else Path(on_path) if on_path else None
    return path.parent if path else None


def apt(package: str) -> bool:
    """Installs a package where that is possible. True when it is there afterwards."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print(f"test: installing {package} with apt", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
        done = subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def answers(port: int) -> bool:
    """Whether a Redis answers there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(ready: Callable[[], bool], what: str, seconds: float = 20) -> None:
    last = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > last:
            raise Missing(f"{what} was started but does not answer.")
        time.sleep(0.05)
