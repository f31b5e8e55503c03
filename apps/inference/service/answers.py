"""From HTTP to the desk and back: bodies are checked on arrival, and every refusal is a ``wire.Trouble``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from apps.inference import wire
from apps.inference.service.library import UNAVAILABLE, NotLoaded, why
from apps.inference.service.refusals import Refusal
from apps.inference.service.scheduler import Busy, Late, Superseded

log = logging.getLogger(__name__)

MOST_BODY = 64 * 2**20
"""A fine-tuning names its objects with their masks; everything else is far smaller."""

MOMENT = 0.1
LOAD_AGAIN = 10
LOAD_SOON = 2
T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]


def shown(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


def trouble(status: int, code: str, detail: str, retry_after: int | None = None) -> Response:
    response = shown(wire.Trouble(code=code, detail=detail), status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


async def body(request: Request, kind: type[T]) -> T:
    """The checked body. Raises Refusal ``bad_body``, ``too_large``."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BODY:
            raise Refusal("too_large", f"A body may have at most {MOST_BODY} bytes.")
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.MsgspecError as error:
        raise Refusal("bad_body", str(error)) from None


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The work's result; given up when whoever asked hangs up. Raises ClientDisconnect."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        working.cancel()
        gone.cancel()


async def in_time(work: Coroutine[Any, Any, T], milliseconds: int) -> T:
    """The work's result. Raises Late a moment after the deadline, so that the work's own words for it come first."""
    try:
        async with asyncio.timeout(max(0, milliseconds) / 1000 + MOMENT):
            return await work
    except TimeoutError:
        raise Late from None


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def answering(handler: Handler) -> Handler:
    """Every outcome as an HTTP answer."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody hears it
        except Exception as error:  # noqa: BLE001 - one place where all of them become answers
            return refused(error)

    return answer


def refused(error: Exception) -> Response:
    match error:
        case Refusal(code=code, detail=detail):
            return trouble(413 if code == "too_large" else 400, code, detail)
        case Superseded():
            return trouble(409, "superseded", "A newer ask of this session took its place.")
        case Busy(retry_after=seconds):
            return trouble(429, "busy", "The queue is full.", seconds)
        case Late():
            return trouble(504, "late", "There was no answer in time.")
    found = error if isinstance(error, NotLoaded) else why(error)
    if found.code == "failed" and not isinstance(error, NotLoaded):
        log.error("an ask failed", exc_info=error)
        return trouble(500, "failed", "The inference process failed; the fault is in its log.", LOAD_AGAIN)
    if found.code not in UNAVAILABLE:
        return trouble(400, found.code, found.detail)
    return trouble(503, found.code, found.detail, LOAD_SOON if found.code == "starting" else LOAD_AGAIN)
