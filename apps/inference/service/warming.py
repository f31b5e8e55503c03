"""Images that will be needed soon: encoded while nobody waits, forgotten when their session turns to others."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Literal

from apps.inference import wire
from apps.inference.service.embeddings import storage_key
from apps.inference.service.library import NotLoaded
from apps.inference.service.refusals import Refusal
from apps.inference.service.scheduler import Busy, Late, Superseded

if TYPE_CHECKING:
    from apps.inference.service.desk import Desk

log = logging.getLogger(__name__)

MOST = 2_000
"""Images on their way at once, of all sessions."""

State = Literal["ready", "queued", "running", "dropped"]


class Warming:
    """The images on their way, by session. A later ask of a session drops what it does not name again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tasks: dict[tuple[str, str, str], asyncio.Task[None]] = {}
        self._trouble: dict[str, str] = {}

    def trouble(self, spec: wire.ModelSpec) -> str:
        """Why the last try to load the model failed; empty where none did."""
        return self._trouble.get(spec.id, "")

    async def ask(self, ask: wire.WarmAsk) -> wire.WarmAnswer:
        named = {(ask.session, one.model.id, one.image.sha256) for one in ask.asks}
        for key, task in list(self._tasks.items()):
            if ask.session and key[0] == ask.session and key not in named:
                task.cancel()
        return wire.WarmAnswer([await self._one(one, ask.session) for one in ask.asks])

    async def _one(self, ask: wire.EncodeAsk, session: str) -> State:
        if ask.model.family == "classical" or await self._is_there(ask):
            self._desk.segmenters.begin(ask.model) if ask.model.family != "classical" else None
            return "ready"
        return self.begin(ask, session)

    async def _is_there(self, ask: wire.EncodeAsk) -> bool:
        """In memory (where a look brings it for the first click), or in the media storage."""
        segmenting = self._desk.segmenters.held(ask.model)
        if segmenting is not None:
            return await segmenting.found(ask.image) is not None
        key = storage_key(ask.model.sha256, ask.image.sha256)
        return await asyncio.get_running_loop().run_in_executor(None, self._desk.store.exists, key)

    def begin(self, ask: wire.EncodeAsk, session: str) -> State:
        key = (session, ask.model.id, ask.image.sha256)
        if key not in self._tasks:
            if len(self._tasks) >= MOST:
                return "dropped"
            task = asyncio.get_running_loop().create_task(self._warm(ask))
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._tasks.pop(key, None) if self._tasks.get(key) is done else None)
        segmenting = self._desk.segmenters.held(ask.model)
        stands = segmenting.encoding.stands(ask.image.sha256) if segmenting is not None else ""
        return "running" if stands == "running" else "queued"

    async def _warm(self, ask: wire.EncodeAsk) -> None:
        try:
            segmenting = await self._desk.segmenters.get(ask.model)
            self._trouble.pop(ask.model.id, None)
            await segmenting.embedding(ask.image, ask.priority)
        except NotLoaded as error:
            self._trouble[ask.model.id] = error.detail
        except (Busy, Late, Superseded, Refusal):
            return  # the first click asks again
        except Exception:
            log.exception("an image could not be encoded ahead")

    def close(self) -> None:
        for task in list(self._tasks.values()):
            task.cancel()
