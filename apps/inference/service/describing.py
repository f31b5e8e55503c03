"""What images and parts of them look like, as vectors: an embedding averaged over cells, or an embedder's word.

One encoding serves every box of an image. A cell counts by the part of it that a box covers, so that a box smaller
than a cell has that cell's vector and a box between two has something of both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, floor, isfinite
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.encoding import attempt
from apps.inference.service.library import Library
from apps.inference.service.pictures import Picture
from apps.inference.service.refusals import Refusal
from apps.inference.service.scheduler import Lane

if TYPE_CHECKING:
    from apps.inference.service.desk import Desk

MOST_BOXES = 20_000
FOLDED = {"sam2": 4}
"""Of these families only one channel in so many is the embedding: the rest are finer maps, folded into it."""

Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]


class Embedder(Protocol):
    def describe(self, image: Picture, /) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Parts:
    picture: Picture
    boxes: tuple[Box, ...]
    whole: bool


class Serving:
    """A loaded embedder in service: one image with its parts after the other."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._threads = ThreadPoolExecutor(1, "describe")
        self.lane: Lane[Parts, Floats] = Lane("describe", self._work, executor=self._threads)

    def _work(self, asks: Sequence[Parts]) -> list[Floats | Exception]:
        return [attempt(self._described, ask) for ask in asks]

    def _described(self, ask: Parts) -> Floats:
        pieces = [ask.picture] if ask.whole else []
        pieces += [cut(ask.picture, box) for box in ask.boxes]
        return np.stack([self._embedder.describe(piece) for piece in pieces])

    def close(self) -> None:
        self.lane.close()
        self._threads.shutdown(wait=False, cancel_futures=True)


class Describing:
    """Of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._threads = ThreadPoolExecutor(2, "pool")
        self.embedders: Library[Serving] = Library(
            lambda spec: Serving(desk.loaders.embedder(spec)), most=desk.settings.models
        )

    async def ask(self, ask: wire.DescribeAsk) -> wire.DescribeAnswer:
        """Raises Refusal, NotLoaded, Busy, Late."""
        check(ask)
        end = monotonic() + ask.deadline_ms / 1000
        if ask.model.family in ("onnx", "http", "classical"):
            return answer(ask, await self._by_embedder(ask, end))
        segmenting = await self._desk.segmenters.get(ask.model, left(end))
        encoded = await segmenting.embedding(ask.image, ask.priority, seconds=left(end))
        boxes = (*([whole_of(ask.image)] if ask.whole else []), *ask.boxes)
        channels = len(encoded.embedding.data) // FOLDED.get(ask.model.family, 1)
        loop = asyncio.get_running_loop()
        vectors = await loop.run_in_executor(self._threads, averaged, encoded.embedding, boxes, channels)
        return answer(ask, vectors, encoded=encoded.created, nbytes=encoded.nbytes)

    async def _by_embedder(self, ask: wire.DescribeAsk, end: float) -> Floats:
        serving = await self.embedders.get(ask.model, left(end))
        picture = await self._desk.pictures.get(ask.image)
        parts = Parts(picture, ask.boxes, ask.whole)
        return await serving.lane.do(parts, priority=ask.priority, seconds=left(end))

    def close(self) -> None:
        self.embedders.close()
        self._threads.shutdown(wait=False, cancel_futures=True)


def check(ask: wire.DescribeAsk) -> None:
    """Raises Refusal ``bad_boxes``."""
    if len(ask.boxes) > MOST_BOXES:
        raise Refusal("bad_boxes", f"At most {MOST_BOXES} boxes are described at a time.")
    if not ask.boxes and not ask.whole:
        raise Refusal("bad_boxes", "There is nothing to describe.")
    for box in ask.boxes:
        if not all(isfinite(value) for value in box) or box[2] < 0 or box[3] < 0:
            raise Refusal("bad_boxes", "A box is x, y, width and height, finite and not turned inside out.")


def left(end: float) -> float:
    return max(0.001, end - monotonic())


def whole_of(image: wire.ImageRef) -> Box:
    return 0.0, 0.0, float(image.width), float(image.height)


def answer(ask: wire.DescribeAsk, vectors: Floats, *, encoded: bool = False, nbytes: int = 0) -> wire.DescribeAnswer:
    length = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    unit = (vectors / np.maximum(length, 1e-12)).astype("<f2")
    return wire.DescribeAnswer(unit.shape[1], unit.tobytes(), ask.model.id, encoded=encoded, embedding_bytes=nbytes)


def averaged(embedding: Embedding, boxes: Sequence[Box], channels: int) -> Floats:
    """(n, channels): the mean over each box's cells. Boxes are (x, y, width, height) in pixels of the image; what lies
    outside of it is cut off, and what was filled up to make the model's square counts for nothing."""
    data, scales = embedding.data[:channels], embedding.scales[:channels]
    rows, columns = data.shape[1:]
    side = max(embedding.input_size)
    # The longest side of the input fills the grid, so a cell is as many of its pixels across as down.
    down = embedding.input_size[0] / side * rows / embedding.size[0]
    across = embedding.input_size[1] / side * columns / embedding.size[1]
    found = np.empty((len(boxes), channels), np.float32)
    for number, (x, y, width, height) in enumerate(boxes):
        top, weight_down = covered(y * down, (y + height) * down, embedding.size[0] * down, rows)
        start, weight_across = covered(x * across, (x + width) * across, embedding.size[1] * across, columns)
        part = data[:, top : top + len(weight_down), start : start + len(weight_across)].astype(np.float32)
        found[number] = np.einsum("chw,h,w->c", part, weight_down, weight_across, optimize=True) * scales
    return found


def covered(low: float, high: float, end: float, count: int) -> tuple[int, Floats]:
    """The first of the cells that a span covers, and how much of the span lies in each, which sums to 1. Cells are 1
    long; the image ends at ``end``, the grid after ``count``."""
    end = min(end, float(count))
    low = min(max(low, 0.0), end)
    high = min(max(high, low), end)
    first = min(floor(low), ceil(end) - 1)
    cells = np.arange(first, max(first + 1, min(ceil(high), count)))
    share = np.minimum(cells + 1, high) - np.maximum(cells, low)
    total = float(share.sum())
    if total <= 1e-6:
        return first, np.ones(1, np.float32)
    return first, (np.maximum(share, 0) / total).astype(np.float32)


def cut(picture: Picture, box: Box) -> Picture:
    """The part of a picture, at least one pixel of it."""
    x, y, width, height = box
    left_, right = span(x, x + width, picture.shape[1])
    top, bottom = span(y, y + height, picture.shape[0])
    return np.ascontiguousarray(picture[top:bottom, left_:right])


def span(low: float, high: float, size: int) -> tuple[int, int]:
    first = min(max(floor(low), 0), size - 1)
    return first, min(max(ceil(high), first + 1), size)
