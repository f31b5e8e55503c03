"""Images that will be needed soon: encoded while nobody waits, forgotten when their session turns to others."""

from __future__ import annotations

import asyncio
import logging
import re
from time import monotonic
from typing import TYPE_CHECKING, Literal

from apps.inference import wire
from apps.inference.service.embeddings import storage_key
from apps.inference.service.kept import Kept
from apps.inference.service.library import NotLoaded, why
from apps.inference.service.refusals import Refusal
from apps.inference.service.scheduler import Busy, Closed, Late, Superseded

if TYPE_CHECKING:
    from apps.inference.service.desk import Desk

log = logging.getLogger(__name__)

DIGEST = re.compile("[0-9a-f]{64}")
MOST = 2_000
"""Images on their way at once, of all sessions."""

State = Literal["ready", "queued", "running", "dropped"]
AGAIN = 60.0
"""Seconds for which an image on which the model failed is not tried again while somebody clicks on it."""

MOST_FAILURES = 1_000

Way = tuple[str, str, str, wire.Priority]
"""Session, model, image, and how urgent."""


class Warming:
    """The images on their way, by session. A later ask of a session drops what it does not name again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tasks: dict[Way, asyncio.Task[None]] = {}
        self._trouble: dict[str, str] = {}
        self._failures: Kept[tuple[float, str]] = Kept(MOST_FAILURES)

    def trouble(self, spec: wire.ModelSpec, image: wire.ImageRef) -> str:
        """Why the last try to load the model, or to encode the image, failed; empty where none did."""
        return self._trouble.get(spec.id, "") or self._failure(spec.sha256, image.sha256)

    def _failure(self, base: str, image: str) -> str:
        until, detail = self._failures.get((base, image)) or (0.0, "")
        return detail if monotonic() < until else ""

    async def ask(self, ask: wire.WarmAsk) -> wire.WarmAnswer:
        if ask.session:
            self._turn(ask.session, {(one.model.id, one.image.sha256) for one in ask.asks})
        there = await asyncio.gather(*map(self._is_there, ask.asks))
        # Those that are missing line up in the order in which they were named.
        return wire.WarmAnswer(
            ["ready" if ready else self._begin(one, ask.session) for one, ready in zip(ask.asks, there, strict=True)]
        )

    def meanwhile(self, ask: wire.AssistAsk) -> None:
        """Encodes the image that somebody works on with another assistant. Turning to another image ends it."""
        session = f"click:{ask.session}" if ask.session else ""
        if session:
            self._turn(session, {(ask.model.id, ask.image.sha256)})
        if not self._failure(ask.model.sha256, ask.image.sha256):
            self._begin(wire.EncodeAsk(ask.model, ask.image, "claim"), session, look=True)

    def _turn(self, session: str, to: set[tuple[str, str]]) -> None:
        for way, task in list(self._tasks.items()):
            if way[0] == session and way[1:3] not in to:
                task.cancel()

    async def state(self, model: str, image: str) -> dict[str, object]:
        """How far an image is, by the ids alone: ready, queued, running or cold; and why the model is not to be had."""
        base = model.partition(".")[0]
        if not (DIGEST.fullmatch(base) and DIGEST.fullmatch(image)):
            raise Refusal("bad_body", "model and image are named by their sha256.")
        loaded = [one for one in self._desk.segmenters.values() if one.engine.base_sha256 == base]
        stands = next((way for one in loaded if (way := one.encoding.stands(image))), "")
        if not stands and any(key[1].partition(".")[0] == base and key[2] == image for key in self._tasks):
            stands = "queued"
        if not stands:
            exists = self._desk.store.exists
            there = await asyncio.get_running_loop().run_in_executor(None, exists, storage_key(base, image))
            stands = "ready" if there else "cold"
        trouble = self._trouble.get(model, "") or self._failure(base, image)
        return {"state": stands, "loaded": any(one.engine.id == model for one in loaded), "error": trouble}

    async def _is_there(self, ask: wire.EncodeAsk) -> bool:
        """In memory (where a look brings it for the first click), or in the media storage."""
        if ask.model.family == "classical":
            return True
        segmenting = self._desk.segmenters.held(ask.model)
        if segmenting is not None:
            return await segmenting.found(ask.image) is not None
        self._desk.segmenters.begin(ask.model)
        key = storage_key(ask.model.sha256, ask.image.sha256)
        return await asyncio.get_running_loop().run_in_executor(None, self._desk.store.exists, key)

    def _begin(self, ask: wire.EncodeAsk, session: str, *, look: bool = False) -> State:
        # More urgent than before is another way: it joins the other's flight and hastens it.
        key = (session, ask.model.id, ask.image.sha256, ask.priority)
        if key not in self._tasks:
            if len(self._tasks) >= MOST:
                return "dropped"
            task = asyncio.get_running_loop().create_task(self._warm(ask, look=look))
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._tasks.pop(key, None) if self._tasks.get(key) is done else None)
        segmenting = self._desk.segmenters.held(ask.model)
        stands = segmenting.encoding.stands(ask.image.sha256) if segmenting is not None else ""
        return "running" if stands == "running" else "queued"

    async def _warm(self, ask: wire.EncodeAsk, *, look: bool) -> None:
        try:
            segmenting = await self._desk.segmenters.get(ask.model)
            self._trouble.pop(ask.model.id, None)
            await (segmenting.embedding if look else segmenting.made)(ask.image, ask.priority)
        except NotLoaded as error:
            self._trouble[ask.model.id] = error.detail
        except (Busy, Late, Superseded, Closed, Refusal):
            return  # the first click asks again
        except Exception as error:
            log.exception("an image could not be encoded ahead")
            found = why(error)
            detail = "The assistant failed on this image." if found.code == "failed" else found.detail
            self._failures.put((ask.model.sha256, ask.image.sha256), (monotonic() + AGAIN, detail))

    def close(self) -> None:
        for task in list(self._tasks.values()):
            task.cancel()
