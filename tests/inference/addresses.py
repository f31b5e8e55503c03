"""The application as it is served, without a socket; with stand-ins for the models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from apps.inference.service.app import application
from apps.inference.service.desk import Desk
from apps.inference.service.store import FileStore
from tests.inference.stand_ins import SquareEngine, StandIns, settings


class Process:
    """The application as it is served, and a client of it."""

    def __init__(self, app: Any, client: httpx.AsyncClient) -> None:
        self.app, self.client = app, client

    @property
    def desk(self) -> Desk:
        found: Desk = self.app.state.desk
        return found

    async def post(self, path: str, body: msgspec.Struct | bytes, **options: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await self.client.post(path, content=content, **options)


@asynccontextmanager
async def process(home: Path, *engines: SquareEngine, **changes: Any) -> AsyncIterator[Process]:
    chosen = settings(home, **changes)
    app = application(chosen, StandIns(FileStore(home / "media"), chosen.cache, *engines))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://inference") as client:
            yield Process(app, client)


def run(home: Path, scene: Callable[[Process], Awaitable[None]], *engines: SquareEngine, **changes: Any) -> None:
    async def whole() -> None:
        async with process(home, *engines, **changes) as served:
            await scene(served)

    asyncio.run(whole())


def read(answer: httpx.Response, kind: Any) -> Any:
    return msgspec.json.decode(answer.content, type=kind)
