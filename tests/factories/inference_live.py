"""The inference process as it ships, beside a test's own media; and a small model whose answers are sure."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import numpy as np
import torch
from numpy.typing import NDArray
from pycocotools import mask as coco

from apps.inference.models import ModelVersion
from tests.factories.inference import make_model
from tests.factories.servers import kill, wait_for
from tests.factories.walkers import Walker, flow
from tests.inference.sam_models import build_sam, save_sam
from tests.inference.serving import COMMAND, ROOT, answers, environment

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

WIDTH, HEIGHT = 128, 96
SURE = 300.0
CELLS: dict[str, Any] = {
    "objects": [
        {"name": "cell", "shape": "bitmask"},
        {"name": "nucleus", "shape": "polygon"},
        {"name": "RBC", "shape": "bounding_box"},
    ],
    "classifications": [],
}
BY_HAND = flow(("annotate", "annotate", {}), ("review", "review", {}))
CLICK = {"points": [{"x": 60, "y": 50, "label": 1}]}
BOX = {"x": 20, "y": 10, "width": 80, "height": 70}


@dataclass
class LiveInference:
    """A context: the process ends with it. ``home`` is a folder of its own, which outlives each single process."""

    home: Path
    sam_sha256: str = ""
    _process: subprocess.Popen[bytes] | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        (self.media / "models").mkdir(parents=True)
        self.sam_sha256 = save_sam(sure_sam(), self.home / "sam.pth")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def media(self) -> Path:
        return self.home / "media"

    @property
    def url(self) -> str:
        return f"unix:{self._socket}"

    @property
    def _socket(self) -> Path:
        return self.home / "run" / "inference.sock"

    def start(self) -> None:
        """Nothing where it runs; else waits until it takes asks."""
        with self._starting:
            if self._process is not None and self._process.poll() is None:
                return
            with (self.home / "inference.log").open("ab") as log:
                self._process = subprocess.Popen(
                    COMMAND, cwd=ROOT, env=environment(self.home), stdout=log, stderr=log, start_new_session=True
                )
            wait_for(self._answers, "the inference process's answer")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.home / "inference.log").read_text()[-2_000:]
        return answers(self._socket)

    def kill(self) -> None:
        """SIGKILL, for it and its children."""
        if self._process is not None:
            kill(self._process)

    def kill_alone(self) -> None:
        """SIGKILL for the process itself: its children learn of it as they would in life."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_with_asks_in_hand(self, seconds: float = 0.2) -> threading.Thread:
        """It takes what is asked from now on, answers none of it, and is killed after ``seconds``."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        end = threading.Timer(seconds, self.kill_alone)
        end.start()
        return end

    def figure(self, name: str) -> float:
        """A line of its metrics."""
        transport = httpx.HTTPTransport(uds=str(self._socket))
        with httpx.Client(transport=transport, base_url="http://inference") as client:
            lines = client.get("/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(name + " ")).split()[-1])

    def model(self, name: str = "Small SAM", **fields: Any) -> ModelVersion:
        """The small SAM as a version that has been added already."""
        key = f"models/{self.sam_sha256}.pth"
        (self.media / key).write_bytes((self.home / "sam.pth").read_bytes())
        return make_model(name, sha256=self.sam_sha256, key=key, family="sam_small", **fields)

    def embeddings(self) -> dict[str, tuple[int, int]]:
        """Inode and time of each stored embedding by its image: a new one is another file."""
        found = (self.media / "embeddings" / self.sam_sha256).glob("*.i8")
        return {path.stem: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def sure_sam() -> Any:
    """Random weights, whose masks are stable and called good, so that "everything" finds some."""
    sam = build_sam()
    with torch.no_grad():
        score = sam.mask_decoder.iou_prediction_head.layers[-1]
        score.weight.mul_(0.01)
        score.bias.fill_(0.95)
        for mlp in sam.mask_decoder.output_hypernetworks_mlps:
            mlp.layers[-1].weight.mul_(SURE)
            mlp.layers[-1].bias.mul_(SURE)
    return sam


def smear(number: int) -> tuple[Pixels, list[Mask]]:
    """A picture, different for every number, of six large cells that overlap; and their masks."""
    random = np.random.default_rng(number)
    image = random.normal(90, 6, (HEIGHT, WIDTH, 3))
    masks = list(_cells(random))
    for index, mask in enumerate(masks):
        image[mask] = (220, 60, 60) if index % 2 else (60, 80, 220)
    return np.clip(image, 0, 255).astype(np.uint8), masks


def _cells(random: np.random.Generator) -> Iterator[Mask]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    for index in range(6):
        y = 38 + 20 * (index // 3) + random.uniform(-5, 5)
        x = 44 + 20 * (index % 3) + random.uniform(-5, 5)
        yield (rows - y) ** 2 + (columns - x) ** 2 < random.uniform(48, 60) ** 2


def blocks(number: int, *cells: tuple[int, int, int]) -> Pixels:
    """A dark picture of 64 x 64 with bright cells (x, y, channel), as the tiny detector sees them; noise by number."""
    image = np.random.default_rng(number).integers(0, 20, (64, 64, 3)).astype(np.uint8)
    for x, y, channel in cells:
        image[y : y + 8, x : x + 8, channel] = 255
    return image


def packed(mask: Mask) -> dict[str, Any]:
    """As the geometry of a bitmask."""
    found = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(mask.shape), "counts": found["counts"].decode("ascii")}


def choose(process: LiveInference, mia: Walker, project: str) -> ModelVersion:
    model = process.model()
    mia.call("PUT", f"/projects/{project}/assistant/", {"model": str(model.pk), "enabled": True})
    return model


def claim_ready(walker: Walker, project: str) -> Any:
    """A task whose image the model has seen."""
    task = walker.claim(project, "annotate")
    path = f"/tasks/{task['id']}/assist/"
    assert walker.see(path)["state"] in ("warming", "ready")
    wait_for(lambda: walker.see(path)["state"] == "ready", "the image's embedding")
    return task
