"""The processes under ``make run``: they start together and end together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 20.0
# A helper that ran so long was well; one that ends sooner again and again is started ever more slowly.
LASTED = 60.0
LONGEST_PAUSE = 30.0
PR_SET_PDEATHSIG = 1


class Group:
    """Children of this process, in its own process group, so that Ctrl-C reaches them all."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._helpers: dict[str, Helper] = {}

    def start(self, name: str, command: Sequence[str], extra: Mapping[str, str]) -> None:
        self._children[name] = subprocess.Popen(command, env={**os.environ, **extra}, preexec_fn=end_with_parent)

    def start_helper(self, name: str, command: Sequence[str], extra: Mapping[str, str]) -> None:
        """A child that the others can do without for a while: when it ends, ``ended`` starts it again."""
        self._helpers[name] = Helper(command, extra)
        self.start(name, command, extra)

    def ended(self) -> str | None:
        """The name of a child that has ended, if one has and the rest cannot go on without it."""
        for name, child in self._children.items():
            if child.poll() is None:
                continue
            helper = self._helpers.get(name)
            if helper is None:
                return name
            if helper.may_start(time.monotonic()):
                self.start(name, helper.command, helper.extra)
        return None

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
                kill_with_children(child.pid)
                child.wait()


@dataclass
class Helper:
    """How a child is started again: at once, then after ever longer pauses while it keeps ending soon."""

    command: Sequence[str]
    extra: Mapping[str, str]
    pause: float = 0.0
    next_at: float = 0.0

    def may_start(self, now: float) -> bool:
        if now < self.next_at:
            return False
        lasted = now - self.next_at > LASTED
        self.pause = 1.0 if lasted else min(LONGEST_PAUSE, max(1.0, 2 * self.pause))
        self.next_at = now + self.pause
        return True


def kill_with_children(pid: int) -> None:
    """A worker's own processes would outlive it, and work on in a home that another run may open."""
    below = [int(name) for path in Path(f"/proc/{pid}/task").glob("*/children") for name in path.read_text().split()]
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    for child in below:
        kill_with_children(child)


def end_with_parent() -> None:
    """In the child, on Linux: a supervisor that is killed outright takes its children along."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def web() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "-c", "python:apps.server.gunicorn"]


def worker(schedule: str) -> list[str]:
    """One worker with the beat inside; two jobs at a time leave room for the chores."""
    processes = os.environ.get("LAPIDARY_WORKER_PROCESSES") or "2"
    return [*celery(), "--beat", "-s", schedule, "-Q", "celery", "--pool", "prefork", "--concurrency", processes]


def waiting_worker() -> list[str]:
    """The worker of jobs that wait for the inference process: threads, since they compute nothing themselves."""
    return [*celery(), "-Q", "inference", "--pool", "threads", "--concurrency", "4", "-n", "inference@%h"]


def celery() -> list[str]:
    # In a container everybody is root; Celery's three lines about it help nobody who tries Lapidary out.
    quiet = ["-W", "ignore:You're running the worker"]
    options = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [
        *(sys.executable, *quiet, "-m", "celery", "--quiet", "--skip-checks", "-A", "apps.server", "worker"),
        *options,
    ]


def inference() -> list[str]:
    """The inference process; settings tell it by ``inference_environment`` where to listen and where media are."""
    return [sys.executable, "-m", "apps.inference.service"]


def inference_environment(home: Path, url: str) -> dict[str, str]:
    return {
        "LAPIDARY_INFERENCE": url,
        "LAPIDARY_MEDIA_ROOT": str(home / "media"),
        "LAPIDARY_INFERENCE_CACHE": str(home / "inference"),
    }
