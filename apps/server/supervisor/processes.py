"""The processes under ``make run``: they start together and end together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

PATIENCE = 20.0
PR_SET_PDEATHSIG = 1


class Group:
    """Children of this process, in its own process group, so that Ctrl-C reaches them all."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], extra: Mapping[str, str]) -> None:
        self._children[name] = subprocess.Popen(command, env={**os.environ, **extra}, preexec_fn=end_with_parent)

    def ended(self) -> str | None:
        """The name of a child that has ended, if one has."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        """Asks all to end, waits, and ends those that do not."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        last = time.monotonic() + PATIENCE
        for child in self._children.values():
            try:
                child.wait(max(0.1, last - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def end_with_parent() -> None:
    """In the child, on Linux: a supervisor that is killed outright takes its children along."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def web() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "-c", "python:apps.server.gunicorn"]


def worker(schedule: str) -> list[str]:
    """One worker with the beat inside; two jobs at a time leave room for the chores."""
    processes = os.environ.get("LAPIDARY_WORKER_PROCESSES") or "2"
    return [
        # In a container everybody is root; Celery's three lines about it help nobody who tries Lapidary out.
        *(
            sys.executable,
            "-W",
            "ignore:You're running the worker",
            "-m",
            "celery",
            "--quiet",
            "--skip-checks",
            "-A",
            "apps.server",
            "worker",
            "--beat",
            "-s",
            schedule,
        ),
        *("--pool", "prefork", "--concurrency", processes, "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
