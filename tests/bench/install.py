"""From a copy of the repository to a running server: wall time, size and number of packages. No target here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.bench.report import Report, Row
from tests.bench.scratch import ROOT
from tests.factories.servers import end, free_port, wait_for


def run(report: Report, *, home: Path, quick: bool, full: bool) -> None:
    """``quick`` leaves the installation out: it fetches packages."""
    if not quick:
        install(report)
    first_start(report)


def install(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="lapidary-install-") as folder:
        copy = Path(folder)
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
        for name in listed.stdout.decode().splitlines():
            if name.startswith("deploy/") and (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "deploy/dev/setup.py", "runtime"], cwd=copy, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - began
        if done.returncode:
            print(f"install could not be measured: {done.stderr[-500:]}", file=sys.stderr)
            return
        files = [path for path in (copy / ".venv").rglob("*") if path.is_file() and not path.is_symlink()]
        report.add(Row("install", seconds, "s wall"))
        report.add(Row("install-size", sum(path.stat().st_size for path in files) / 2**20, "MiB"))
        report.add(
            Row("install-packages", len(list((copy / ".venv").glob("lib/*/site-packages/*.dist-info"))), "count")
        )


def first_start(report: Report) -> None:
    """``make run`` without its installing and building: an empty home until /readyz says yes; then a second start."""
    with tempfile.TemporaryDirectory(prefix="lapidary-start-") as folder:
        for name in ("first-start", "second-start"):
            port = free_port()
            kept = {key: value for key, value in os.environ.items() if not key.startswith(("LAPIDARY_", "DJANGO_"))}
            environment = kept | {"LAPIDARY_HOME": folder, "PORT": str(port), "HOST": "127.0.0.1"}
            began = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-m", "apps.server.supervisor"],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                wait_for(lambda port=port: ready(port), "a ready server", seconds=120)  # type: ignore[misc]
                report.add(Row(name, time.monotonic() - began, "s wall"))
            finally:
                end(process)


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
