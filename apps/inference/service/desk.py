"""What is asked of the process, and who answers: models, embeddings, clicks, and the classical answer meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Event
from time import monotonic, perf_counter

import msgspec

from apps.inference import wire
from apps.inference.service.describing import Describing
from apps.inference.service.embeddings import Embedding, storage_key
from apps.inference.service.encoding import Encodings, attempt
from apps.inference.service.kept import Kept
from apps.inference.service.library import Library, NotLoaded
from apps.inference.service.loaders import Loaders
from apps.inference.service.pictures import Picture, Pictures
from apps.inference.service.predicting import Predicting
from apps.inference.service.prompting import Left, Tokens, each, without_token
from apps.inference.service.scheduler import Busy, Lane, Late, few_at_once
from apps.inference.service.segmenter import DecodeAsk, Decoded
from apps.inference.service.segmenting import Segmenting
from apps.inference.service.settings import Settings
from apps.inference.service.store import Store
from apps.inference.service.warming import Warming


class Deadline:
    """Seconds left of an ask's time."""

    def __init__(self, milliseconds: int) -> None:
        self._end = monotonic() + milliseconds / 1000

    @property
    def left(self) -> float:
        return max(0.001, self._end - monotonic())


@dataclass(frozen=True, slots=True)
class ClassicalAsk:
    picture: Picture
    prompts: wire.Prompts


class Desk:
    """Of one event loop."""

    def __init__(self, settings: Settings, store: Store, loaders: Loaders) -> None:
        self.settings, self.store, self.loaders = settings, store, loaders
        self.embeddings: Kept[Embedding] = Kept(settings.embedding_bytes, lambda embedding: embedding.nbytes)
        self.tokens = Tokens()
        encodings = Encodings(store, self.embeddings, most_pixels=settings.most_pixels)
        self.segmenters: Library[Segmenting] = Library(
            lambda spec: Segmenting(loaders.segmenter(spec), encodings), most=settings.models
        )
        self.predictors: Library[Predicting] = Library(
            lambda spec: Predicting(loaders.predictor(spec)), most=settings.models
        )
        self.pictures = Pictures(store, most_pixels=settings.most_pixels, limit=settings.picture_bytes)
        self.warming = Warming(self)
        self.describing = Describing(self)
        cores = len(os.sched_getaffinity(0))
        self._threads = ThreadPoolExecutor(cores, "classical")
        self._bulk = ThreadPoolExecutor(1, "everything")
        self._inspectors = ThreadPoolExecutor(1, "inspect")
        self.classical: Lane[ClassicalAsk, wire.Assist] = Lane(
            "classical", self._classical_work, executor=self._threads, workers=cores
        )

    # A hand that waits

    async def assist(self, ask: wire.AssistAsk) -> wire.AssistAnswer:
        """Raises Refusal, NotLoaded, Busy, Superseded, Late."""
        prompts, deadline = each(ask.prompts), Deadline(ask.deadline_ms)
        if ask.model.family == "classical" or ask.prompts.anchors:
            return wire.AssistAnswer(await self._classical(ask, prompts, deadline))
        if not ask.meanwhile:
            return await self._of_model(ask, prompts, deadline)
        try:
            segmenting = self.segmenters.held(ask.model)
            ready = segmenting is not None and await segmenting.found(ask.image) is not None
            if ready:
                return await self._of_model(ask, prompts, deadline)
            self.warming.meanwhile(ask)
            note, warming = self.warming.trouble(ask.model, ask.image), True
        except (NotLoaded, Busy) as error:
            note, warming = getattr(error, "detail", "The assistant is busy."), isinstance(error, Busy)
        answers = await self._classical(ask, without_token(prompts), deadline)
        return wire.AssistAnswer(
            [msgspec.structs.replace(one, warming=warming and not note, note=note or one.note) for one in answers]
        )

    async def _of_model(
        self, ask: wire.AssistAsk, prompts: Sequence[wire.Prompts], deadline: Deadline
    ) -> wire.AssistAnswer:
        segmenting = await self.segmenters.get(ask.model, deadline.left)
        began = perf_counter()
        encoded = await segmenting.embedding(ask.image, "interactive", session=ask.session, seconds=deadline.left)
        encode_ms = (perf_counter() - began) * 1e3
        session = ask.session if len(prompts) == 1 else ""
        answers = await few_at_once(
            partial(self._click, segmenting, ask, one, encoded.embedding, session, deadline, encode_ms)
            for one in prompts
        )
        return wire.AssistAnswer(answers, encoded=encoded.created, embedding_bytes=encoded.nbytes)

    async def _click(
        self,
        segmenting: Segmenting,
        ask: wire.AssistAsk,
        prompts: wire.Prompts,
        embedding: Embedding,
        session: str,
        deadline: Deadline,
        encode_ms: float,
    ) -> wire.Assist:
        base, image = segmenting.engine.base_sha256, ask.image.sha256
        previous = self.tokens.logits(prompts.token, base, image) if prompts.token else None
        shown = await segmenting.click(prompts, embedding, previous, session=session, seconds=deadline.left)
        return wire.Assist(
            candidates=shown.candidates,
            model=ask.model.id,
            token=self.tokens.leave(Left(base, image, shown.logits)) if shown.candidates else "",
            encode_ms=encode_ms,
            decode_ms=shown.milliseconds,
        )

    async def _classical(
        self, ask: wire.AssistAsk, prompts: Sequence[wire.Prompts], deadline: Deadline
    ) -> list[wire.Assist]:
        picture = await self.pictures.get(ask.image)
        session = ask.session if len(prompts) == 1 else ""

        async def one(prompts: wire.Prompts) -> wire.Assist:
            ask = ClassicalAsk(picture, prompts)
            return await self.classical.do(ask, priority="interactive", session=session, seconds=deadline.left)

        return await few_at_once(partial(one, each) for each in prompts)

    def _classical_work(self, asks: Sequence[ClassicalAsk]) -> list[wire.Assist | Exception]:
        return [attempt(self.loaders.classical, ask.picture, ask.prompts) for ask in asks]

    # Work that waits

    async def encode(self, ask: wire.EncodeAsk) -> wire.EncodeAnswer:
        """Raises Refusal, NotLoaded, Busy, Late."""
        began, deadline = perf_counter(), Deadline(ask.deadline_ms)
        segmenting = await self.segmenters.get(ask.model, deadline.left)
        encoded = await segmenting.embedding(ask.image, ask.priority, seconds=deadline.left)
        key = storage_key(segmenting.engine.base_sha256, ask.image.sha256)
        return wire.EncodeAnswer(key, encoded.nbytes, encoded.created, (perf_counter() - began) * 1e3)

    async def everything(self, ask: wire.EverythingAsk) -> wire.EverythingAnswer:
        """Raises Refusal, NotLoaded, Busy, Late. One image at a time, its clicks behind those of people."""
        began, deadline, loop = perf_counter(), Deadline(ask.deadline_ms), asyncio.get_running_loop()
        segmenting = await self.segmenters.get(ask.model, deadline.left)
        encoded = await segmenting.embedding(ask.image, "batch", seconds=deadline.left)
        given_up = Event()

        def decode(asks: Sequence[DecodeAsk]) -> list[Decoded]:
            if given_up.is_set():
                raise Late
            return asyncio.run_coroutine_threadsafe(segmenting.decode(asks, deadline.left), loop).result()

        at_once = segmenting.engine.max_batch * segmenting.background
        find = partial(self.loaders.everything, ask, encoded.embedding, decode, at_once)
        try:
            found = await loop.run_in_executor(self._bulk, find)
        finally:
            given_up.set()
        return wire.EverythingAnswer(found, ask.model.id, (perf_counter() - began) * 1e3)

    async def predict(self, ask: wire.PredictAsk) -> wire.PredictAnswer:
        """Raises Refusal, NotLoaded, Busy, Late."""
        began, deadline = perf_counter(), Deadline(ask.deadline_ms)
        predicting = await self.predictors.get(ask.model, deadline.left)
        picture = await self.pictures.get(ask.image)
        labels = await predicting.lane.do(picture, priority=ask.priority, seconds=deadline.left)
        return wire.PredictAnswer(labels, ask.model.id, (perf_counter() - began) * 1e3)

    async def inspect(self, ask: wire.InspectAsk) -> wire.InspectAnswer:
        """Raises Refusal, NotLoaded."""
        return await asyncio.get_running_loop().run_in_executor(self._inspectors, self.loaders.inspect, ask)

    def close(self) -> None:
        self.warming.close()
        for part in (self.describing, self.segmenters, self.predictors, self.pictures):
            part.close()
        self.classical.close()
        for threads in (self._threads, self._bulk, self._inspectors):
            threads.shutdown(wait=False, cancel_futures=True)
        self.loaders.close()
