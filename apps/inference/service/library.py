"""Which models are loaded. Loading takes seconds, so whoever asks meanwhile waits for the same loading."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Generic, Protocol, TypeVar

from apps.inference.service.kept import Kept
from apps.inference.service.scheduler import Closed
from apps.inference.service.store import MissingFile, WrongDigest
from apps.inference.wire import ModelSpec

log = logging.getLogger(__name__)

UNAVAILABLE = frozenset(
    {"starting", "model_missing", "no_torch", "no_onnx", "encoder_died", "predictor_unavailable", "failed"}
)
"""Codes of what may be otherwise at another time or on another machine. All others are of the ask or the file."""

AGAIN = 10.0
"""Seconds for which a model that could not be loaded is not tried again."""


class Closable(Protocol):
    def close(self) -> None: ...


M = TypeVar("M", bound=Closable)


class NotLoaded(Exception):
    """Why a model cannot be had, with a code of ``wire.Trouble`` and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Library(Generic[M]):
    """At most ``most`` models at a time; ``load`` blocks and may raise anything."""

    def __init__(self, load: Callable[[ModelSpec], M], *, most: int) -> None:
        self._load = load
        self._kept: Kept[M] = Kept(most)
        self._loading: dict[str, asyncio.Future[M]] = {}
        self._failed: dict[str, tuple[float, NotLoaded]] = {}
        self._threads = ThreadPoolExecutor(2, "load")
        self._closed = False

    def held(self, spec: ModelSpec) -> M | None:
        return self._kept.get(spec.id)

    def values(self) -> list[M]:
        return self._kept.values()

    def begin(self, spec: ModelSpec) -> None:
        """Starts loading, if it is not loaded; nobody waits."""
        if self.held(spec) is None and spec.id not in self._loading and not self._recent_failure(spec):
            self._start(spec)

    async def get(self, spec: ModelSpec, seconds: float | None = None) -> M:
        """Raises NotLoaded; with ``starting`` when it is not there in time."""
        found = self.held(spec)
        if found is not None:
            return found
        if failure := self._recent_failure(spec):
            raise failure
        loading = self._loading.get(spec.id) or self._start(spec)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(loading)
        except TimeoutError:
            raise NotLoaded("starting", "The model is being loaded; try again in a moment.") from None

    def close(self) -> None:
        """What is being loaded is closed when it is there."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for model in self._kept.values():
            model.close()

    def _recent_failure(self, spec: ModelSpec) -> NotLoaded | None:
        until, failure = self._failed.get(spec.id, (0.0, None))
        return failure if monotonic() < until else None

    def _start(self, spec: ModelSpec) -> asyncio.Future[M]:
        loading = asyncio.get_running_loop().run_in_executor(self._threads, self._try, spec)
        self._loading[spec.id] = loading
        loading.add_done_callback(lambda done: self._loaded(spec, done))
        return loading

    def _try(self, spec: ModelSpec) -> M:
        try:
            return self._load(spec)
        except Exception as error:
            failure = why(error)
            log.warning("model %s cannot be loaded: %s", spec.id, failure.detail, exc_info=failure.code == "failed")
            raise failure from error

    def _loaded(self, spec: ModelSpec, done: asyncio.Future[M]) -> None:
        self._loading.pop(spec.id, None)
        if done.cancelled():
            return
        error = done.exception()
        if isinstance(error, NotLoaded):
            self._failed[spec.id] = (monotonic() + AGAIN, error)
        elif error is None and self._closed:
            done.result().close()
        elif error is None:
            self._failed.pop(spec.id, None)
            for gone in self._kept.put(spec.id, done.result()):
                gone.close()


def why(error: Exception) -> NotLoaded:
    """In words; errors of the models' own modules carry ``code`` and ``detail``."""
    if isinstance(error, NotLoaded):
        return error
    if isinstance(error, Closed):
        return NotLoaded("starting", "The model made room for others and is loaded again; try again in a moment.")
    if isinstance(error, MissingFile):
        return NotLoaded("model_missing", "The model's file is not in the media storage.")
    if isinstance(error, WrongDigest):
        return NotLoaded("damaged_file", "The model's file is not the one that was added; it was not opened.")
    code, detail = getattr(error, "code", ""), getattr(error, "detail", "")
    if isinstance(code, str) and code and isinstance(detail, str):
        return NotLoaded(code, detail)
    return NotLoaded("failed", f"The model could not be loaded ({type(error).__name__}).")
