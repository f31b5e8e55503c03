"""A promptable model in service: its lanes for encoding and for clicks, and the embeddings that it has made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.embeddings import DamagedEmbedding, Embedding, storage_key
from apps.inference.service.kept import Kept
from apps.inference.service.masks import candidates
from apps.inference.service.pictures import read_picture
from apps.inference.service.scheduler import Lane
from apps.inference.service.segmenter import DecodeAsk, Decoded
from apps.inference.service.store import MissingFile, Store

P = ParamSpec("P")
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded ask: its masks at full size, best first, and the logits that they came from in the same order."""

    candidates: list[wire.Candidate]
    logits: NDArray[np.float32]
    milliseconds: float


class Segmenting:
    """One loaded model version. ``kept`` is shared by all, so that a tuned decoder finds its base's embeddings."""

    def __init__(self, engine: Engine, store: Store, kept: Kept[Embedding], *, most_pixels: int) -> None:
        self.engine, self._store, self._kept, self._most_pixels = engine, store, kept, most_pixels
        self._encoders = ThreadPoolExecutor(engine.encode_workers, "encode")
        self._decoders = ThreadPoolExecutor(engine.decode_workers, "decode")
        self._readers = ThreadPoolExecutor(2, "embeddings")
        self.encoding: Lane[wire.ImageRef, Encoded] = Lane(
            "encode", self._encode, executor=self._encoders, workers=engine.encode_workers
        )
        self.decoding: Lane[DecodeAsk, Shown] = Lane(
            "decode", self._decode, executor=self._decoders, workers=engine.decode_workers, most=engine.max_batch
        )

    def held(self, image: wire.ImageRef) -> Embedding | None:
        """The embedding, if it is in memory."""
        return self._kept.get(self._key(image))

    async def found(self, image: wire.ImageRef) -> Embedding | None:
        """The embedding, if it has been made already."""
        held = self.held(image)
        if held is not None:
            return held
        loop = asyncio.get_running_loop()
        read = await loop.run_in_executor(self._readers, self._read, image)
        if read is not None:
            self._kept.put(self._key(image), read)
        return read

    async def embedding(
        self, image: wire.ImageRef, priority: wire.Priority, *, session: str = "", seconds: float | None = None
    ) -> Encoded:
        """Found or made. Raises what the lane raises, Refusal, ModelTrouble."""
        found = await self.found(image)
        if found is not None:
            return Encoded(found, created=False, nbytes=found.nbytes)
        made = await self.encoding.do(image, priority=priority, key=image.sha256, session=session, seconds=seconds)
        self._kept.put(self._key(image), made.embedding)
        return made

    def close(self) -> None:
        for threads in (self._encoders, self._decoders, self._readers):
            threads.shutdown(wait=False, cancel_futures=True)
        self.engine.close()

    def _key(self, image: wire.ImageRef) -> tuple[str, str]:
        return self.engine.base_sha256, image.sha256

    def _read(self, image: wire.ImageRef) -> Embedding | None:
        try:
            return Embedding.unpack(self._store.read(storage_key(self.engine.base_sha256, image.sha256)))
        except (MissingFile, DamagedEmbedding):
            return None  # what is damaged is made again

    def _encode(self, images: Sequence[wire.ImageRef]) -> list[Encoded | Exception]:
        return [attempt(self._encode_one, image) for image in images]

    def _encode_one(self, image: wire.ImageRef) -> Encoded:
        embedding = self.engine.encode(read_picture(self._store, image, self._most_pixels))
        packed = embedding.pack()
        self._store.write(storage_key(self.engine.base_sha256, image.sha256), packed)
        return Encoded(embedding, created=True, nbytes=len(packed))

    def _decode(self, asks: Sequence[DecodeAsk]) -> list[Shown | Exception]:
        began = perf_counter()
        answers = self.engine.decode(asks)
        return [attempt(_shown, decoded, ask.embedding, began) for decoded, ask in zip(answers, asks, strict=True)]


def attempt(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Exception:
    """The result, or the exception as a value: one bad ask of a batch must not fail the others."""
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - handed on to whoever asked
        return error


def _shown(decoded: Decoded, embedding: Embedding, began: float) -> Shown:
    best = np.argsort(-decoded.scores, kind="stable")
    ordered = Decoded(decoded.logits[best], decoded.scores[best])
    return Shown(candidates(ordered, embedding), ordered.logits, (perf_counter() - began) * 1e3)
