"""What the whole way over HTTP adds to a click: ``make run`` on an empty home, a small model, one annotator."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import torch

from tests.bench.inference_process import ROOT, until
from tests.bench.report import Report, Row
from tests.bench.small_sam.training import build

PASSWORD = "lapidary"  # of the demo's people, whom only this machine can reach
WARM_WITHIN = 120


def run(report: Report, *, quick: bool, full: bool) -> None:
    """Row click-stack: the median time of a click less what the engine took for it, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="lapidary-bench-") as place:
        port = free_port()
        told = {"LAPIDARY_HOME": place, "PORT": str(port), "HOST": "127.0.0.1"}
        environment = {**os.environ, **told, "DJANGO_SETTINGS_MODULE": "apps.server.settings.local"}
        server = subprocess.Popen(
            [sys.executable, "-m", "apps.server.supervisor"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: is_ready(port))
            add_model(Path(place), environment)
            over, engine = clicks(port, rounds=20 if quick else 100)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    report.add(Row("click-stack", over, "ms", 15, "engine (small model), ms", engine))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def add_model(place: Path, environment: dict[str, str]) -> None:
    path = place / "small.pth"
    torch.save(build().state_dict(), path)
    command = [sys.executable, "manage.py", "models", "add", str(path), "--default"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def clicks(port: int, *, rounds: int) -> tuple[float, float]:
    """Median milliseconds beyond the engine, and the engine's own."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as client:
        who = {"email": "ann@demo.test", "password": PASSWORD, "name": "bench"}
        client.headers["Authorization"] = f"Bearer {client.post('/auth/api-keys/', json=who).json()['key']}"
        project = client.get("/me/").json()["projects"][0]["id"]
        task = client.post(f"/projects/{project}/stages/annotate/claim/", json={}).json()
        last = time.monotonic() + WARM_WITHIN
        while client.get(f"/tasks/{task['id']}/assist/").json()["state"] != "ready" and time.monotonic() < last:
            time.sleep(0.5)
        spent = [one_click(client, task) for _ in range(rounds + 5)][5:]
    return median(all_ms - engine for all_ms, engine in spent), median(engine for _, engine in spent)


def one_click(client: httpx.Client, task: dict[str, Any]) -> tuple[float, float]:
    width, height = task["data_unit"]["width"], task["data_unit"]["height"]
    box = {"x": width * 0.3, "y": height * 0.3, "width": width * 0.4, "height": height * 0.4}
    began = time.perf_counter()
    answer = client.post(f"/tasks/{task['id']}/assist/", json={"box": box})
    passed = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return passed, float(answer.json()["milliseconds"])
