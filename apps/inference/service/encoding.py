"""Images on their way to embeddings: one lane per base model, which the decoders tuned from it share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.embeddings import DamagedEmbedding, Embedding, storage_key
from apps.inference.service.kept import Kept
from apps.inference.service.pictures import read_picture
from apps.inference.service.scheduler import Lane
from apps.inference.service.segmenter import DecodeAsk, Decoded
from apps.inference.service.store import MissingFile, Store

P = ParamSpec("P")
T = TypeVar("T")

READERS = 4
READ_AHEAD = 4
"""Images that are read while a GPU computes others. Without a GPU nothing is: what is read ahead goes before a hand."""


class Engine(Protocol):
    """What ``sam.load`` answers. ``encode`` and ``decode`` block, and may be called from that many threads at once."""

    id: str
    base_sha256: str
    device: str
    encode_workers: int
    decode_workers: int
    max_batch: int

    def encode(self, image: NDArray[np.uint8]) -> Embedding: ...

    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """An embedding, and whether it was made just now."""

    embedding: Embedding
    created: bool
    nbytes: int


class Encoding:
    """The images of one base model. ``engines`` are its loaded versions, any of which encodes."""

    def __init__(self, engine: Engine, store: Store, kept: Kept[Embedding], *, most_pixels: int) -> None:
        self.engines = [engine]
        self.base_sha256 = engine.base_sha256
        self._store, self._kept, self._most_pixels = store, kept, most_pixels
        workers = engine.encode_workers + (READ_AHEAD if engine.device != "cpu" else 0)
        self._device = threading.Semaphore(engine.encode_workers)
        self._encoders = ThreadPoolExecutor(workers, "encode")
        self._readers = ThreadPoolExecutor(READERS, "embeddings")
        self.lane: Lane[wire.ImageRef, Encoded] = Lane(
            "encode",
            self._encode,
            executor=self._encoders,
            workers=workers,
            background=max(1, workers - 1),
            landed=lambda image, made: self._keep(image, made.embedding),
        )

    def held(self, image: wire.ImageRef) -> Embedding | None:
        """The embedding, if it is in memory."""
        return self._kept.get((self.base_sha256, image.sha256))

    async def found(self, image: wire.ImageRef) -> Embedding | None:
        """The embedding, if it has been made already."""
        held = self.held(image)
        if held is not None:
            return held
        read = await asyncio.get_running_loop().run_in_executor(self._readers, self._read, image)
        if read is not None:
            self._keep(image, read)
            return read
        # It may have been made while the storage was being looked at.
        return self.held(image)

    async def get(
        self, image: wire.ImageRef, priority: wire.Priority, *, session: str, seconds: float | None
    ) -> Encoded:
        """Found or made. Raises what the lane raises, Refusal, ModelTrouble."""
        found = await self.found(image)
        if found is not None:
            return Encoded(found, created=False, nbytes=found.nbytes)
        return await self.lane.do(image, priority=priority, key=image.sha256, session=session, seconds=seconds)

    async def made(self, image: wire.ImageRef, priority: wire.Priority) -> Encoded:
        held = self.held(image)
        if held is not None:
            return Encoded(held, created=False, nbytes=held.nbytes)
        return await self.lane.do(image, priority=priority, key=image.sha256)

    def close(self) -> None:
        self.lane.close()
        for threads in (self._encoders, self._readers):
            threads.shutdown(wait=False, cancel_futures=True)

    def _keep(self, image: wire.ImageRef, embedding: Embedding) -> None:
        self._kept.put((self.base_sha256, image.sha256), embedding)

    def _read(self, image: wire.ImageRef) -> Embedding | None:
        try:
            return Embedding.unpack(self._store.read(storage_key(self.base_sha256, image.sha256)))
        except (MissingFile, DamagedEmbedding):
            return None  # what is damaged is made again

    def _encode(self, images: Sequence[wire.ImageRef]) -> list[Encoded | Exception]:
        return [attempt(self._encode_one, image) for image in images]

    def _encode_one(self, image: wire.ImageRef) -> Encoded:
        picture = read_picture(self._store, image, self._most_pixels)
        with self._device:
            embedding = self.engines[-1].encode(picture)
        packed = embedding.pack()
        self._store.write(storage_key(self.base_sha256, image.sha256), packed)
        return Encoded(embedding, created=True, nbytes=len(packed))


class Encodings:
    """One ``Encoding`` per base. Models are loaded in threads, so it has a lock."""

    def __init__(self, store: Store, kept: Kept[Embedding], *, most_pixels: int) -> None:
        self._store, self._kept, self._most_pixels = store, kept, most_pixels
        self._lock = threading.Lock()
        self._of: dict[str, Encoding] = {}

    def join(self, engine: Engine) -> Encoding:
        with self._lock:
            there = self._of.get(engine.base_sha256)
            if there is not None:
                there.engines.append(engine)
                return there
            made = Encoding(engine, self._store, self._kept, most_pixels=self._most_pixels)
            self._of[engine.base_sha256] = made
            return made

    def leave(self, engine: Engine) -> None:
        """The last one ends it."""
        with self._lock:
            encoding = self._of[engine.base_sha256]
            if encoding.engines != [engine]:
                encoding.engines.remove(engine)
                return
            del self._of[engine.base_sha256]
        encoding.close()


def attempt(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Exception:
    """The result, or the exception as a value: one bad ask of a batch must not fail the others."""
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - handed on to whoever asked
        return error
