"""The order of things: check, prepare, start, tell, wait, end."""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from apps.server.supervisor import checks
from apps.server.supervisor.prepare import prepare
from apps.server.supervisor.processes import Group, inference, inference_environment, waiting_worker, web, worker
from apps.server.supervisor.screen import say

ROOT = Path(__file__).resolve().parents[3]
READY_WITHIN = 90.0


class Stop(Exception):
    """Ctrl-C, or whoever started us wants us to end."""


def main() -> int:
    """0 when it was asked to end, 1 when it could not start or a process ended by itself."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        return run()
    except checks.CannotStart as error:
        print(f"lapidary: {error}", file=sys.stderr, flush=True)
        return 1
    except Stop:
        return 0


def run() -> int:
    began = time.monotonic()
    home = checks.home(ROOT / ".lapidary")
    address = checks.address()
    held = checks.alone(home)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "apps.server.settings.local",
        "HOST": address.host,
        "PORT": str(address.port),
        "LAPIDARY_HOME": str(home),
    }
    prepare(home)
    group = Group()
    try:
        group.start_helper("inference process", inference(), inference_environment(home, inference_url()))
        group.start("worker", worker(str(home / "beat")), {"LAPIDARY_PROCESS": "worker"})
        group.start("inference worker", waiting_worker(), {"LAPIDARY_PROCESS": "worker"})
        group.start("web server", web(), {"LAPIDARY_PROCESS": "web"})
        if not wait_until_ready(address.url, group):
            return 1
        tell(address, home, time.monotonic() - began)
        return wait(group)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("stopping")
        group.stop()
        held.close()


def inference_url() -> str:
    from django.conf import settings

    return str(settings.INFERENCE_URL)


def wait_until_ready(url: str, group: Group) -> bool:
    say("starting the web server and the worker")
    last = time.monotonic() + READY_WITHIN
    while time.monotonic() < last:
        if ended := group.ended():
            print(f"lapidary: the {ended} did not start; its words are above.", file=sys.stderr, flush=True)
            return False
        try:
            # The address is our own.
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.15)
    print(f"lapidary: not ready after {READY_WITHIN:.0f} s; {url}/readyz says why.", file=sys.stderr, flush=True)
    return False


def tell(address: checks.Address, home: Path, seconds: float) -> None:
    from apps.server.demo import settle

    say(f"ready in {seconds:.1f} s at {address.url}  (data in {home}; Ctrl-C ends it)")
    for line in settle.introduction():
        print(f"  {line}", flush=True)


def wait(group: Group) -> int:
    while True:
        time.sleep(0.5)
        if ended := group.ended():
            print(f"lapidary: the {ended} ended by itself; its words are above.", file=sys.stderr, flush=True)
            return 1


def stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop
