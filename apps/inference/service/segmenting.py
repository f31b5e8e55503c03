"""A promptable model in service: its lanes for encoding and for clicks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.encoding import Encoded, Encodings, Engine
from apps.inference.service.masks import candidates
from apps.inference.service.prompting import decode_ask
from apps.inference.service.scheduler import Lane
from apps.inference.service.segmenter import DecodeAsk, Decoded


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded ask: its masks at full size, best first, and the logits that they came from in the same order."""

    candidates: list[wire.Candidate]
    logits: NDArray[np.float32]
    milliseconds: float = 0.0


class Segmenting:
    """One loaded model version. Masks are drawn beside the decoder, so that a GPU goes on with the next clicks."""

    def __init__(self, engine: Engine, encodings: Encodings) -> None:
        self.engine, self._encodings = engine, encodings
        self._images = encodings.join(engine)
        workers = engine.decode_workers
        self.background = max(1, workers - 1)
        self._decoders = ThreadPoolExecutor(workers, "decode")
        self._drawers = ThreadPoolExecutor(max(2, workers), "masks")
        self.encoding: Lane[wire.ImageRef, Encoded] = self._images.lane
        self.decoding: Lane[DecodeAsk, Decoded] = Lane(
            "decode",
            engine.decode,
            executor=self._decoders,
            workers=workers,
            most=engine.max_batch,
            background=self.background,
        )

    def held(self, image: wire.ImageRef) -> Embedding | None:
        """The embedding, if it is in memory."""
        return self._images.held(image)

    async def found(self, image: wire.ImageRef) -> Embedding | None:
        """The embedding, if it has been made already."""
        return await self._images.found(image)

    async def embedding(
        self, image: wire.ImageRef, priority: wire.Priority, *, session: str = "", seconds: float | None = None
    ) -> Encoded:
        """Found or made. Raises what the lane raises, Refusal, ModelTrouble."""
        return await self._images.get(image, priority, session=session, seconds=seconds)

    async def made(self, image: wire.ImageRef, priority: wire.Priority) -> Encoded:
        """Of an image that was looked for in vain: it takes its place in the queue at once."""
        return await self._images.made(image, priority)

    async def click(
        self,
        prompts: wire.Prompts,
        embedding: Embedding,
        previous: NDArray[np.float32] | None,
        *,
        session: str = "",
        seconds: float | None = None,
    ) -> Shown:
        """The masks for one set of prompts. Raises what the lane raises, Refusal."""
        began, loop = perf_counter(), asyncio.get_running_loop()
        if prompts.mask is None:
            ask = decode_ask(prompts, embedding, previous)
        else:  # a saved mask of a large photograph is milliseconds of work
            ask = await loop.run_in_executor(self._drawers, decode_ask, prompts, embedding, previous)
        decoded = await self.decoding.do(ask, priority="interactive", session=session, seconds=seconds)
        drawn = await loop.run_in_executor(self._drawers, draw, decoded, embedding)
        return Shown(drawn.candidates, drawn.logits, (perf_counter() - began) * 1e3)

    async def decode(self, asks: Sequence[DecodeAsk], seconds: float | None = None) -> list[Decoded]:
        """Bulk work, behind all clicks."""
        return await asyncio.gather(*(self.decoding.do(ask, priority="batch", seconds=seconds) for ask in asks))

    def close(self) -> None:
        """What is under way is given up. The engine ends its processes, which may take a moment."""
        self.decoding.close()
        self._encodings.leave(self.engine)
        for threads in (self._decoders, self._drawers):
            threads.shutdown(wait=False, cancel_futures=True)
        threading.Thread(target=self.engine.close, name="close").start()


def draw(decoded: Decoded, embedding: Embedding) -> Shown:
    """Masks that cover nothing are left out, with their logits."""
    found: list[wire.Candidate] = []
    rows: list[int] = []
    for row in np.argsort(-decoded.scores, kind="stable"):
        one = candidates(Decoded(decoded.logits[row][None], decoded.scores[row][None]), embedding)
        found += one
        rows += [int(row)] * len(one)
    return Shown(found, decoded.logits[rows])
