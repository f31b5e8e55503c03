"""The way to the inference process: one typed call per question, and every outcome a value.

Nothing here raises for what the process does or fails to do: it may be busy, late, away or dead, and callers go on.
A dead process costs one connection, then a look at the clock until the next try (``PAUSE``). The address is the
instance admin's own (``INFERENCE_URL``); nothing that a person wrote ever reaches it but as JSON.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import httpx
import msgspec
from django.conf import settings

from apps.common import errors
from apps.inference import wire

T = TypeVar("T")

PAUSE = 2.0
"""Seconds between two tries to reach a process that is not there."""

CONNECT = 1.0
MARGIN = 2.0
"""Seconds that an answer may take on the way, beyond its own deadline."""

QUICK = 5.0
CONNECTIONS = 64

# Its line for every request would say nothing that ours does not.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class Busy:
    """Its queue is full."""

    retry_after: int


@dataclass(frozen=True, slots=True)
class Unavailable:
    """It is not there, or cannot do this at the moment (``code``: unreachable, not_configured, or the process's)."""

    code: str
    detail: str
    retry_after: int


@dataclass(frozen=True, slots=True)
class Late:
    """It did not answer before the deadline."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The question cannot be answered as it is."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer question of the same session took its place."""


Trouble: TypeAlias = Busy | Unavailable | Late | Refused | Superseded
Reply: TypeAlias = Done[T] | Trouble


def unwrap(reply: Reply[T]) -> T:
    """The value. Raises Throttled, Unavailable, Conflict or Invalid for everything else."""
    match reply:
        case Done(value):
            return value
        case Busy(retry_after):
            raise errors.Throttled("The assistants are busy; try again.", code="busy", retry_after=retry_after)
        case Unavailable(code, detail, retry_after):
            raise errors.Unavailable(detail, code=code, retry_after=retry_after)
        case Late():
            raise errors.Unavailable("The answer took too long; try again.", code="late", retry_after=1)
        case Superseded():
            raise errors.Conflict("A newer request took this one's place.", code="superseded")
        case Refused(code, detail):
            raise errors.Invalid(detail, code=code)


class Breaker:
    """Remembers that nobody answered. While it is open, calls fail at once; after the pause one of them tries again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._again_at: float | None = None

    def may_try(self) -> bool:
        with self._lock:
            now = self._clock()
            if self._again_at is not None:
                if now < self._again_at:
                    return False
                # The others fail until this one knows.
                self._again_at = now + PAUSE + CONNECT
            return True

    def failed(self) -> None:
        with self._lock:
            self._again_at = self._clock() + PAUSE

    def worked(self) -> None:
        with self._lock:
            self._again_at = None


class Gateway:
    """A client of one inference process; shared by the threads of a web process."""

    def __init__(self, url: str, token: str = "", *, clock: Callable[[], float] = time.monotonic) -> None:
        self.url, self._breaker = url, Breaker(clock)
        self._client = _client(url, token) if url else None

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def assist(self, ask: wire.AssistAsk) -> Reply[wire.AssistAnswer]:
        return self._ask("/assist", ask, wire.AssistAnswer, ask.deadline_ms)

    def encode(self, ask: wire.EncodeAsk) -> Reply[wire.EncodeAnswer]:
        return self._ask("/encode", ask, wire.EncodeAnswer, ask.deadline_ms)

    def warm(self, ask: wire.WarmAsk) -> Reply[wire.WarmAnswer]:
        return self._ask("/warm", ask, wire.WarmAnswer)

    def everything(self, ask: wire.EverythingAsk) -> Reply[wire.EverythingAnswer]:
        return self._ask("/everything", ask, wire.EverythingAnswer, ask.deadline_ms)

    def predict(self, ask: wire.PredictAsk) -> Reply[wire.PredictAnswer]:
        return self._ask("/predict", ask, wire.PredictAnswer, ask.deadline_ms)

    def describe(self, ask: wire.DescribeAsk) -> Reply[wire.DescribeAnswer]:
        return self._ask("/describe", ask, wire.DescribeAnswer, ask.deadline_ms)

    def inspect(self, ask: wire.InspectAsk) -> Reply[wire.InspectAnswer]:
        return self._ask("/inspect", ask, wire.InspectAnswer, 300_000)

    def finetune_start(self, ask: wire.FinetuneAsk) -> Reply[wire.FinetuneState]:
        return self._ask(f"/finetune/{ask.run}", ask, wire.FinetuneState, 60_000)

    def finetune_state(self, run: str) -> Reply[wire.FinetuneState]:
        return self._send("GET", f"/finetune/{run}", wire.FinetuneState, seconds=QUICK)

    def finetune_cancel(self, run: str) -> Reply[wire.FinetuneState]:
        return self._send("DELETE", f"/finetune/{run}", wire.FinetuneState, seconds=QUICK)

    def state(self) -> Reply[dict[str, Any]]:
        """What the process says of itself."""
        return self._send("GET", "/ready", dict[str, Any], seconds=CONNECT)

    def ready(self) -> bool:
        """Whether it takes work."""
        return isinstance(self.state(), Done)

    def _ask(self, path: str, ask: msgspec.Struct, kind: type[T], deadline_ms: int = 0) -> Reply[T]:
        seconds = deadline_ms / 1000 + MARGIN if deadline_ms else QUICK
        return self._send("POST", path, kind, seconds=seconds, body=msgspec.json.encode(ask))

    def _send(self, method: str, path: str, kind: type[T], *, seconds: float, body: bytes | None = None) -> Reply[T]:
        if self._client is None:
            return Unavailable("not_configured", "This server has no inference process.", 60)
        if not self._breaker.may_try():
            return _away()
        timeout = httpx.Timeout(seconds, connect=CONNECT, pool=CONNECT)
        try:
            answer = self._twice(method, path, body, timeout)
        except (httpx.PoolTimeout, httpx.ReadTimeout, httpx.WriteTimeout) as error:
            self._breaker.worked()
            return Busy(1) if isinstance(error, httpx.PoolTimeout) else Late()
        except (httpx.HTTPError, OSError):
            self._breaker.failed()
            return _away()
        self._breaker.worked()
        return _reply(answer, kind)

    def _twice(self, method: str, path: str, body: bytes | None, timeout: httpx.Timeout) -> httpx.Response:
        """A kept connection may have been closed meanwhile, and a process may die with the question in its hands: every
        question can be asked again. If nobody is there any more, the second try says so at once."""
        assert self._client is not None  # noqa: S101 - the caller looked
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            return self._client.request(method, path, content=body, headers=headers, timeout=timeout)
        except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
            return self._client.request(method, path, content=body, headers=headers, timeout=timeout)


def _client(url: str, token: str) -> httpx.Client:
    """No proxy of the environment and no redirect ever stands between us and our own process."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=16, keepalive_expiry=30)
    uds = url.removeprefix("unix:") if url.startswith("unix:") else None
    return httpx.Client(
        base_url="http://inference" if uds else url,
        # Certificates take a tenth of a second to load, and only https needs them.
        transport=httpx.HTTPTransport(uds=uds, limits=limits, trust_env=False, verify=url.startswith("https:")),
        headers={"Authorization": f"Bearer {token}"} if token else {},
        trust_env=False,
    )


def _away() -> Unavailable:
    return Unavailable("unreachable", "The inference process is not there; try again in a moment.", int(PAUSE) + 1)


def _reply(answer: httpx.Response, kind: type[T]) -> Reply[T]:
    if answer.is_success:
        try:
            return Done(msgspec.json.decode(answer.content, type=kind))
        except msgspec.MsgspecError:
            return Unavailable("bad_answer", "The inference process is of another version than this server.", 60)
    try:
        trouble = msgspec.json.decode(answer.content, type=wire.Trouble)
    except msgspec.MsgspecError:
        trouble = wire.Trouble(code="failed", detail="The inference process failed; the fault is in its log.")
    match answer.status_code:
        case 409 if trouble.code == "superseded":
            return Superseded()
        case 429:
            return Busy(_retry_after(answer))
        case 504:
            return Late()
        case 400 | 409 | 413 | 422:
            return Refused(trouble.code, trouble.detail)
    return Unavailable(trouble.code, trouble.detail, _retry_after(answer))


def _retry_after(answer: httpx.Response) -> int:
    text = answer.headers.get("Retry-After", "")
    return int(text[:5]) if text.isascii() and text.isdigit() else 1


_known: tuple[tuple[str, str, int], Gateway] | None = None
_knowing = threading.Lock()


def gateway() -> Gateway:
    """The one of this process. A forked process gets its own connections."""
    global _known
    key = (getattr(settings, "INFERENCE_URL", ""), getattr(settings, "INFERENCE_TOKEN", ""), os.getpid())
    with _knowing:
        if _known is None or _known[0] != key:
            if _known is not None:
                _known[1].close()
            _known = (key, Gateway(key[0], key[1]))
        return _known[1]


def hang_up() -> None:
    """Closes the connections of this process; the next question makes new ones."""
    global _known
    with _knowing:
        if _known is not None:
            _known[1].close()
        _known = None
