"""The process itself, started as it is in life, on a socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "apps.inference.service"]
PATIENCE = 60.0


def environment(home: Path, **changes: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    ours = {
        "LAPIDARY_INFERENCE": f"unix:{home / 'run' / 'inference.sock'}",
        "LAPIDARY_MEDIA_ROOT": str(home / "media"),
        "LAPIDARY_INFERENCE_CACHE": str(home / "cache"),
        "OMP_NUM_THREADS": "1",
    }
    return kept | ours | changes


class Served:
    def __init__(self, process: subprocess.Popen[bytes], client: httpx.Client) -> None:
        self.process, self.client = process, client

    def post(self, path: str, body: msgspec.Struct, kind: Any) -> Any:
        answer = self.client.post(path, content=msgspec.json.encode(body))
        assert answer.is_success, answer.text
        return msgspec.json.decode(answer.content, type=kind)

    def children(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def serving(home: Path, **changes: str) -> Iterator[Served]:
    """Answers once it takes asks; ends it afterwards, unless that has happened already."""
    process = subprocess.Popen(COMMAND, cwd=ROOT, env=environment(home, **changes), stderr=subprocess.PIPE)
    path = home / "run" / "inference.sock"
    transport = httpx.HTTPTransport(uds=str(path))
    client = httpx.Client(transport=transport, base_url="http://inference", timeout=PATIENCE)
    try:
        wait_until_ready(process, path)
        assert client.get("/ready").is_success
        yield Served(process, client)
    finally:
        client.close()
        process.kill()
        process.communicate()


def wait_until_ready(process: subprocess.Popen[bytes], path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not answers(path):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "the process does not become ready"
        time.sleep(0.05)


def answers(path: Path) -> bool:
    """By a socket of ours: httpx leaves those that find nobody to the garbage collector."""
    with socket.socket(socket.AF_UNIX) as knock:
        return knock.connect_ex(str(path)) == 0
