"""The real process: many users on one cold image, and clicks while it encodes ahead."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import numpy as np

from apps.inference import wire
from apps.inference.service.store import FileStore
from tests.bench.inference_models import folder, photograph, put, save, vit_b
from tests.bench.report import Report, Row

ROOT = Path(__file__).resolve().parents[2]
USERS = 20
START_WITHIN = 120


def run(report: Report, *, quick: bool, full: bool) -> None:
    """Rows cold-20-users, click-under-prefetch."""
    with tempfile.TemporaryDirectory(prefix="lapidary-bench-") as place:
        store = folder(Path(place) / "media")
        spec = save(vit_b(quick=quick), store, quick=quick)
        with process(Path(place)) as socket:
            asyncio.run(measure(report, store, spec, socket, quick=quick))


@contextmanager
def process(place: Path) -> Iterator[str]:
    """The service over ``place``/media; the path of its socket."""
    socket = place / "inference.sock"
    told = {
        "LAPIDARY_INFERENCE": f"unix:{socket}",
        "LAPIDARY_MEDIA_ROOT": str(place / "media"),
        "LAPIDARY_INFERENCE_CACHE": str(place / "cache"),
    }
    command = [sys.executable, "-m", "apps.inference.service"]
    service = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **told})
    try:
        until(lambda: answers(socket))
        yield str(socket)
    finally:
        service.terminate()
        service.wait(20)


def until(ready: Callable[[], bool]) -> None:
    last = time.monotonic() + START_WITHIN
    while not ready():
        if time.monotonic() > last:
            raise RuntimeError("the inference process does not answer")
        time.sleep(0.1)


def answers(socket: Path) -> bool:
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://inference") as client:
            return client.get("/ready").status_code == 200
    except httpx.HTTPError:
        return False


async def measure(report: Report, store: FileStore, spec: wire.ModelSpec, socket: str, *, quick: bool) -> None:
    limits = httpx.Limits(max_connections=None)
    transport = httpx.AsyncHTTPTransport(uds=socket, limits=limits)
    async with httpx.AsyncClient(transport=transport, base_url="http://inference", timeout=600) as client:
        side = 256 if quick else 1024
        image = put(store, photograph(side), "shared")
        found = await asyncio.gather(*(click(client, spec, image, f"user {n}") for n in range(USERS)))
        if not all(answer.answers for answer in found):
            raise RuntimeError("somebody got no answer")
        report.add(Row("cold-20-users", await counted(client), "encodes", 1, "asks", USERS))
        rounds = 30 if quick else 60
        idle = [await timed(client, spec, image) for _ in range(rounds)]
        ahead = [put(store, photograph(side, seed), f"next {seed}") for seed in range(1, 51)]
        asks = [wire.EncodeAsk(spec, one, "prefetch") for one in ahead]
        await client.post("/warm", content=msgspec.json.encode(wire.WarmAsk(asks, "prefetch")))
        busy = [await timed(client, spec, image) for _ in range(rounds)]
        left = await depth(client)
        p50, p95 = float(np.median(idle)) * 1000, float(np.percentile(busy, 95)) * 1000
        report.add(Row("click-under-prefetch", p95 / p50, "ratio", 2, "idle p50, ms", p50))
        print(f"  {left:.0f} of 50 images were still waiting when the last click was answered")


async def click(
    client: httpx.AsyncClient, spec: wire.ModelSpec, image: wire.ImageRef, session: str
) -> wire.AssistAnswer:
    box = (0.2 * image.width, 0.2 * image.height, 0.5 * image.width, 0.5 * image.height)
    ask = wire.AssistAsk(spec, image, wire.Prompts(box=box), session=session, deadline_ms=600_000)
    answer = await client.post("/assist", content=msgspec.json.encode(ask))
    answer.raise_for_status()
    return msgspec.json.decode(answer.content, type=wire.AssistAnswer)


async def timed(client: httpx.AsyncClient, spec: wire.ModelSpec, image: wire.ImageRef) -> float:
    began = time.perf_counter()
    await click(client, spec, image, "one hand")
    return time.perf_counter() - began


async def counted(client: httpx.AsyncClient) -> int:
    return int(await figure(client, "lapidary_inference_done_total", 'lane="encode"'))


async def depth(client: httpx.AsyncClient) -> float:
    return await figure(client, "lapidary_inference_queue", 'lane="encode",priority="prefetch"')


async def figure(client: httpx.AsyncClient, name: str, labels: str) -> float:
    """One figure of the process's own metrics; 0 when it has none."""
    text = (await client.get("/metrics")).text
    lines = [line for line in text.splitlines() if line.startswith(name) and labels in line]
    return float(lines[0].rpartition(" ")[2]) if lines else 0.0
