"""Who goes first at the desk, and who leaves without an answer."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from apps.inference import wire
from apps.inference.service.scheduler import Late, Superseded
from tests.inference.asking import ask, held_up, loaded, until
from tests.inference.stand_ins import BASE, SquareEngine, make_desk, model, put_image

CORNER = (0.0, 0.0, 8.0, 8.0)


def test_twenty_people_on_a_cold_image_are_one_encoding(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> None:
        desk, loaders = make_desk(tmp_path, engine)
        answers = await asyncio.gather(*(desk.assist(ask(image, session=str(n))) for n in range(20)))
        assert any(one.encoded for one in answers)
        assert engine.encoded == 1
        assert loaders.loads == 1
        desk.close()

    asyncio.run(scene())


def test_a_click_goes_before_bulk_work_on_cold_images(tmp_path: Path) -> None:
    media, engine = tmp_path / "media", SquareEngine()
    images = [put_image(media, f"{n}.png", shade=100 + n) for n in range(4)]

    async def scene() -> list[str]:
        desk, _ = make_desk(tmp_path, engine)
        engine.encoding.shut()
        order: list[str] = []

        async def note(name: str, image: wire.ImageRef, priority: wire.Priority) -> None:
            await desk.encode(wire.EncodeAsk(model(), image, priority))
            order.append(name)

        tasks = [asyncio.create_task(note("first", images[0], "batch"))]
        await held_up(engine)
        lane = (await loaded(desk)).encoding
        for name, image, priority in [("batch", images[1], "batch"), ("prefetch", images[2], "prefetch")]:
            tasks.append(asyncio.create_task(note(name, image, priority)))  # type: ignore[arg-type]
            await until(partial(lane.stands, image.sha256))
        tasks.append(asyncio.create_task(note("hand", images[3], "interactive")))
        await until(partial(lane.stands, images[3].sha256))
        engine.encoding.open()
        await asyncio.gather(*tasks)
        desk.close()
        return order

    assert asyncio.run(scene()) == ["first", "hand", "prefetch", "batch"]


def test_clicks_do_not_wait_for_encodings(tmp_path: Path) -> None:
    media, engine = tmp_path / "media", SquareEngine()
    warm, cold = put_image(media), put_image(media, "cold.png", shade=90)

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        await desk.assist(ask(warm))
        await held_up(engine)
        engine.encoding.shut()
        slow = asyncio.create_task(desk.encode(wire.EncodeAsk(model(), cold)))
        await held_up(engine)
        (answer,) = (await desk.assist(ask(warm))).answers
        assert answer.candidates
        assert not slow.done()
        engine.encoding.open()
        await slow
        desk.close()

    asyncio.run(scene())


def test_the_newer_click_of_an_editor_takes_the_place_of_the_one_that_waits(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        await desk.encode(wire.EncodeAsk(model(), image))
        engine.decoding.shut()
        running = asyncio.create_task(desk.assist(ask(image, session="another")))
        await asyncio.to_thread(engine.decoding.wait_for_somebody)
        old, new = (asyncio.create_task(desk.assist(ask(image, session="mine"))) for _ in range(2))
        with pytest.raises(Superseded):
            await old
        engine.decoding.open()
        assert (await new).answers
        assert (await running).answers
        assert len(engine.batches) == 2
        desk.close()

    asyncio.run(scene())


def test_an_ask_that_is_late_leaves_no_work_behind(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()
    other = put_image(tmp_path / "media", "other.png", shade=90)

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        engine.encoding.shut()
        slow = asyncio.create_task(desk.encode(wire.EncodeAsk(model(), other)))
        await held_up(engine)
        with pytest.raises(Late):
            await desk.assist(ask(image, deadline_ms=50))
        assert (await loaded(desk)).encoding.depth("interactive") == 0
        engine.encoding.open()
        await slow
        assert engine.encoded == 1
        desk.close()

    asyncio.run(scene())


def test_all_objects_are_found_behind_the_clicks_of_people(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        await desk.encode(wire.EncodeAsk(model(), image))
        engine.decoding.shut()
        bulk = asyncio.create_task(desk.everything(wire.EverythingAsk(model(), image, points_per_side=3)))
        await asyncio.to_thread(engine.decoding.wait_for_somebody)
        hand = asyncio.create_task(desk.assist(ask(image, wire.Prompts(box=CORNER))))
        lane = (await loaded(desk)).decoding
        await until(partial(lane.depth, "interactive"))
        engine.decoding.open()
        await asyncio.gather(bulk, hand)
        assert [batch[0].box is not None for batch in engine.batches] == [False, True, False, False]
        desk.close()

    asyncio.run(scene())


def test_a_search_for_all_objects_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        await desk.encode(wire.EncodeAsk(model(), image))
        engine.decoding.shut()
        bulk = asyncio.create_task(desk.everything(wire.EverythingAsk(model(), image, points_per_side=50)))
        await asyncio.to_thread(engine.decoding.wait_for_somebody)
        bulk.cancel()
        await asyncio.gather(bulk, return_exceptions=True)
        engine.decoding.open()
        next_one = await desk.everything(wire.EverythingAsk(model(), image, points_per_side=1))
        assert next_one.model == BASE
        assert len(engine.batches) <= 4
        desk.close()

    asyncio.run(scene())
