"""Images encoded ahead: in the order in which they are named, behind every hand, while their session wants them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.inference import wire
from apps.inference.service import warming
from apps.inference.service.desk import Desk
from apps.inference.service.embeddings import storage_key
from apps.inference.service.refusals import Refusal
from apps.inference.service.sam.trouble import EncoderDied
from apps.inference.service.store import MissingFile
from tests.inference.stand_ins import BASE, TUNED, SquareEngine, click, make_desk, model, put_image

BOX = wire.Prompts(box=(10, 6, 44, 36))


def pictures(home: Path, count: int) -> list[wire.ImageRef]:
    return [put_image(home / "media", f"{n}.png", shade=50 + n) for n in range(count)]


def warm(images: list[wire.ImageRef], session: str = "", priority: wire.Priority = "prefetch") -> wire.WarmAsk:
    return wire.WarmAsk([wire.EncodeAsk(model(), image, priority) for image in images], session)


async def until(sign: Callable[[], object]) -> None:
    while not sign():  # noqa: ASYNC110 - what is waited for tells nobody
        await asyncio.sleep(0.001)


async def busy(desk: Desk, engine: SquareEngine, image: wire.ImageRef) -> asyncio.Task[wire.EncodeAnswer]:
    """The encoder has that image in its hands until its gate opens."""
    engine.encoding.shut()
    task = asyncio.create_task(desk.encode(wire.EncodeAsk(model(), image)))
    await asyncio.to_thread(engine.encoding.wait_for_somebody)
    return task


def stored(home: Path) -> set[str]:
    return {path.stem for path in (home / "media" / "embeddings").rglob("*.i8")}


def test_a_hand_goes_before_a_prefetch_of_many(tmp_path: Path) -> None:
    first, *many, wanted = pictures(tmp_path, 52)
    engine = SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        running = await busy(desk, engine, first)
        assert (await desk.warming.ask(warm(many, "anna"))).states == ["queued"] * 50
        (loaded,) = desk.segmenters.values()
        await until(lambda: loaded.encoding.depth("prefetch") == 50)
        hand = asyncio.create_task(desk.assist(wire.AssistAsk(model(), wanted, click())))
        await until(lambda: loaded.encoding.depth("interactive"))
        engine.encoding.open()
        assert (await hand).answers[0].candidates
        await running
        await until(lambda: engine.encoded == 52)
        desk.close()

    asyncio.run(scene())
    assert engine.shades == [50, 101, *range(51, 101)]


def test_those_that_are_missing_are_made_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    images = pictures(tmp_path, 6)
    engine = SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        await desk.encode(wire.EncodeAsk(model(), images[4]))
        running = await busy(desk, engine, images[5])
        named = [images[n] for n in (2, 4, 0, 3)]
        assert (await desk.warming.ask(warm(named))).states == ["queued", "ready", "queued", "queued"]
        engine.encoding.open()
        await running
        await until(lambda: engine.encoded == 5)
        desk.close()

    asyncio.run(scene())
    assert engine.shades == [54, 55, 52, 50, 53]


def test_a_session_that_turns_away_leaves_no_work_but_what_others_wait_for(tmp_path: Path) -> None:
    first, mine, ours, next_one = pictures(tmp_path, 4)
    engine = SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        running = await busy(desk, engine, first)
        await desk.warming.ask(warm([mine, ours], "anna"))
        await desk.warming.ask(warm([ours], "bert"))
        await desk.warming.ask(warm([next_one], "anna"))
        engine.encoding.open()
        await running
        await desk.encode(wire.EncodeAsk(model(), next_one))
        desk.close()

    asyncio.run(scene())
    assert stored(tmp_path) == {first.sha256, ours.sha256, next_one.sha256}


def test_turning_to_another_image_in_the_editor_gives_up_the_one_before(tmp_path: Path) -> None:
    first, left, entered = pictures(tmp_path, 3)
    engine = SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        running = await busy(desk, engine, first)
        for image in (left, left, entered):
            ask = wire.AssistAsk(model(), image, BOX, session="s", meanwhile=True)
            assert (await desk.assist(ask)).answers[0].warming
        engine.encoding.open()
        await running
        await desk.encode(wire.EncodeAsk(model(), entered))
        desk.close()

    asyncio.run(scene())
    assert stored(tmp_path) == {first.sha256, entered.sha256}


def test_what_is_there_already_is_ready_without_a_model(tmp_path: Path) -> None:
    (image,) = pictures(tmp_path, 1)

    async def scene() -> None:
        desk, loaders = make_desk(tmp_path)
        loaders.trouble = MissingFile("models/sam.pth")
        desk.store.write(storage_key(BASE, image.sha256), b"whatever it is")
        tuned = wire.EncodeAsk(model(TUNED), image)
        classical = wire.EncodeAsk(wire.CLASSICAL, image)
        assert (await desk.warming.ask(wire.WarmAsk([tuned, classical]))).states == ["ready", "ready"]
        assert (await desk.warming.state(TUNED, image.sha256))["state"] == "ready"
        desk.close()

    asyncio.run(scene())


def test_there_is_an_end_to_what_may_be_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "MOST", 2)
    images = pictures(tmp_path, 3)
    engine = SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        engine.encoding.shut()
        assert (await desk.warming.ask(warm(images))).states == ["queued", "queued", "dropped"]
        engine.encoding.open()
        for image in images[:2]:
            await desk.encode(wire.EncodeAsk(model(), image))
        # A way is free a moment after its image is there.
        while (states := (await desk.warming.ask(warm(images))).states)[2] == "dropped":  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        assert states == ["ready", "ready", "queued"]
        desk.close()

    asyncio.run(scene())


def test_an_image_on_which_the_model_failed_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image,) = pictures(tmp_path, 1)
    engine = SquareEngine()
    now = [0.0]
    monkeypatch.setattr(warming, "monotonic", lambda: now[0])
    ask = wire.AssistAsk(model(), image, BOX, meanwhile=True)

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        engine.trouble = EncoderDied("It ended twice.")
        assert (await desk.assist(ask)).answers[0].warming
        await until(lambda: desk.warming.trouble(ask.model, image))
        assert (await desk.warming.state(BASE, image.sha256))["error"] == "It ended twice."
        engine.trouble = None
        now[0] += warming.AGAIN
        assert (await desk.assist(ask)).answers[0].warming
        await until(lambda: engine.encoded)
        await desk.encode(wire.EncodeAsk(model(), image))
        assert (await desk.assist(ask)).answers[0].model == BASE
        desk.close()

    asyncio.run(scene())


def test_an_image_that_is_none_is_no_trouble_of_the_model(tmp_path: Path) -> None:
    gone, there = wire.ImageRef("units/gone.png", "1" * 64, 8, 8), put_image(tmp_path / "media")
    engine = SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        await desk.warming.ask(warm([gone, there]))
        await desk.encode(wire.EncodeAsk(model(), there))
        assert (await desk.warming.state(BASE, gone.sha256)) == {"state": "cold", "loaded": True, "error": ""}
        with pytest.raises(Refusal):
            await desk.assist(wire.AssistAsk(model(), gone, click()))
        desk.close()

    asyncio.run(scene())
    assert stored(tmp_path) == {there.sha256}
