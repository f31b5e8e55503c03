"""What the desk's tests ask, and how they wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from apps.inference import wire
from apps.inference.service.desk import Desk
from apps.inference.service.segmenting import Segmenting
from tests.inference.stand_ins import BASE, SquareEngine, click, model

CORNER = (0.0, 0.0, 8.0, 8.0)


def ask(image: wire.ImageRef, prompts: wire.Prompts | None = None, **options: object) -> wire.AssistAsk:
    return wire.AssistAsk(model=model(), image=image, prompts=prompts or click(), **options)  # type: ignore[arg-type]


async def loaded(desk: Desk, name: str = BASE) -> Segmenting:
    return await desk.segmenters.get(model(name))


async def held_up(engine: SquareEngine) -> None:
    await asyncio.to_thread(engine.encoding.wait_for_somebody)


async def until(sign: Callable[[], object]) -> None:
    while not sign():  # noqa: ASYNC110 - what is waited for tells nobody
        await asyncio.sleep(0.001)
