"""Stand-ins for what needs weights: a promptable model that answers squares, and can be held up."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from apps.inference import wire
from apps.inference.service.desk import Desk
from apps.inference.service.embeddings import Embedding
from apps.inference.service.encoding import Engine
from apps.inference.service.loaders import Decode, Loaders
from apps.inference.service.pictures import Picture
from apps.inference.service.predicting import Predictor
from apps.inference.service.segmenter import DecodeAsk, Decoded
from apps.inference.service.settings import Settings
from apps.inference.service.store import FileStore

PATIENCE = 30.0
BASE = "b" * 64
TUNED = f"{BASE}.{'d' * 64}"
SIZE = (48, 64)


class Gate:
    """Holds whoever comes while it is shut, and says when somebody stands before it."""

    def __init__(self) -> None:
        self._open, self._came = threading.Event(), threading.Semaphore(0)
        self._open.set()

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def pass_through(self) -> None:
        self._came.release()
        assert self._open.wait(PATIENCE)

    def wait_for_somebody(self) -> None:
        assert self._came.acquire(timeout=PATIENCE)


class SquareEngine:
    """Answers a square of 16 low-resolution pixels around the last point, or the box."""

    device = "cpu"
    encode_workers = 1

    def __init__(self, model: str = BASE, *, decode_workers: int = 1, max_batch: int = 1) -> None:
        self.id, self.base_sha256 = model, model.partition(".")[0]
        self.decode_workers, self.max_batch = decode_workers, max_batch
        self.encoding, self.decoding = Gate(), Gate()
        self.tried = self.encoded = 0
        self.shades: list[int] = []
        self.trouble: Exception | None = None
        self.clumsy = False
        self.batches: list[list[DecodeAsk]] = []
        self.closed = threading.Event()

    def encode(self, image: NDArray[np.uint8]) -> Embedding:
        self.encoding.pass_through()
        self.tried += 1
        if self.trouble is not None:
            raise self.trouble
        self.encoded += 1
        self.shades.append(int(image.max()))
        height, width = image.shape[:2]
        return Embedding.of(np.ones((4, 64, 64), np.float32), (height, width), (height * 16, width * 16))

    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]:
        self.batches.append(list(asks))
        self.decoding.pass_through()
        if self.clumsy:
            raise RuntimeError("the device is gone")
        return [self._square(ask) for ask in asks]

    def close(self) -> None:
        self.closed.set()

    def _square(self, ask: DecodeAsk) -> Decoded:
        scale = 256 / max(ask.embedding.size)
        count = 3 if ask.multimask else 1
        logits = np.full((count, 256, 256), -9.0, np.float32)
        if ask.box is not None:
            x0, y0, x1, y1 = (int(value * scale) for value in ask.box)
        else:
            x, y = (int(value * scale) for value in (ask.points[-1] if len(ask.points) else (0, 0)))
            x0, y0, x1, y1 = max(0, x - 8), max(0, y - 8), x + 8, y + 8
        logits[:, y0:y1, x0:x1] = 9.0
        if count == 3:
            logits[2] = -9.0  # the best scored of them covers nothing
        return Decoded(logits, np.array([0.8, 0.9, 0.95][:count], np.float32))


class StandIns(Loaders):
    """``engines`` by model id; whatever else is asked for goes the real way."""

    def __init__(self, store: FileStore, cache: Path, *engines: SquareEngine) -> None:
        super().__init__(store, cache)
        self.engines = {engine.id: engine for engine in engines}
        self.loading = Gate()
        self.loads = 0
        self.trouble: Exception | None = None
        self.labels: Callable[[Picture], list[wire.PredictedLabel]] = lambda picture: []

    def segmenter(self, spec: wire.ModelSpec) -> Engine:
        self.loading.pass_through()
        self.loads += 1
        if self.trouble is not None:
            raise self.trouble
        return self.engines[spec.id]

    def predictor(self, spec: wire.ModelSpec) -> Predictor:
        given = self

        class One:
            def predict(self, image: Picture, /) -> list[wire.PredictedLabel]:
                return given.labels(image)

        return One()

    def everything(
        self, ask: wire.EverythingAsk, embedding: Embedding, decode: Decode, at_once: int
    ) -> list[wire.Candidate]:
        if not self.engines:
            return super().everything(ask, embedding, decode, at_once)
        point = DecodeAsk(embedding, np.array([[8, 8]], np.float32), np.array([1], np.int32))
        for _ in range(ask.points_per_side):
            decode([point] * at_once)
        return []


def settings(home: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "socket": home / "run" / "socket",
        "host": "",
        "port": 0,
        "token": "",
        "media_root": home / "media",
        "bucket": None,
        "cache": home / "cache",
        "most_pixels": 1_000_000,
        "embedding_bytes": 10**9,
        "picture_bytes": 10**7,
        "models": 2,
    }
    return Settings(**values | changes)


def put_image(root: Path, name: str = "image.png", *, shade: int = 255) -> wire.ImageRef:
    """A bright square on a dark ground, of ``SIZE``."""
    picture = np.zeros((*SIZE, 3), np.uint8)
    picture[12:36, 16:48] = shade
    kept = BytesIO()
    Image.fromarray(picture).save(kept, "PNG")
    path = root / "units" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(kept.getvalue())
    return wire.ImageRef(f"units/{name}", hashlib.sha256(kept.getvalue()).hexdigest(), SIZE[1], SIZE[0])


def model(name: str = BASE) -> wire.ModelSpec:
    return wire.ModelSpec(id=name, family="sam_small", key="models/sam.pth", sha256=name.partition(".")[0])


def make_desk(home: Path, *engines: SquareEngine, **changes: Any) -> tuple[Desk, StandIns]:
    chosen = settings(home, **changes)
    store = FileStore(home / "media")
    loaders = StandIns(store, chosen.cache, *engines)
    return Desk(chosen, store, loaders), loaders


def click(x: float = 32, y: float = 24, label: int = 1) -> wire.Prompts:
    return wire.Prompts(points=(wire.Point(x, y, 1 if label else 0),))
