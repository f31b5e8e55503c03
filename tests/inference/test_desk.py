"""What is asked of the process and who answers it, with a model that answers squares."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from apps.inference import wire
from apps.inference.service.embeddings import storage_key
from apps.inference.service.library import NotLoaded
from apps.inference.service.loaders import Loaders
from apps.inference.service.refusals import Refusal
from apps.inference.service.store import FileStore, MissingFile
from tests.inference.asking import ask, held_up, loaded, until
from tests.inference.stand_ins import BASE, TUNED, SquareEngine, click, make_desk, model, put_image

CORNER = (0.0, 0.0, 8.0, 8.0)


def test_a_click_is_answered_best_first_without_what_covers_nothing(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> wire.AssistAnswer:
        desk, _ = make_desk(tmp_path, engine)
        first = await desk.assist(ask(image))
        second = await desk.assist(ask(image, wire.Prompts(points=click(1, 1, 0).points, token=first.answers[0].token)))
        refined = engine.batches[-1][0]
        assert refined.mask_logits is not None
        assert refined.mask_logits[96, 128] > 0, "the mask of the best that covers something"
        assert not second.encoded
        desk.close()
        return first

    answer = asyncio.run(scene())
    (found,) = answer.answers
    assert [one.score for one in found.candidates] == pytest.approx([0.9, 0.8])
    assert found.model == BASE
    assert answer.encoded
    assert answer.embedding_bytes > 0
    assert (tmp_path / "media" / storage_key(BASE, image.sha256)).is_file()


def test_a_tuned_decoder_uses_its_bases_embeddings_and_their_flight(tmp_path: Path) -> None:
    image, base, tuned = put_image(tmp_path / "media"), SquareEngine(), SquareEngine(TUNED)

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, base, tuned)
        await loaded(desk)
        await loaded(desk, TUNED)
        asks = [wire.AssistAsk(model(name), image, click()) for name in (BASE, TUNED)]
        answers = await asyncio.gather(*map(desk.assist, asks))
        assert [one.answers[0].model for one in answers] == [BASE, TUNED]
        assert base.encoded + tuned.encoded == 1
        desk.close()

    asyncio.run(scene())


def test_an_embedding_outlives_the_process_and_one_that_is_damaged_is_made_again(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()
    stored = tmp_path / "media" / storage_key(BASE, image.sha256)

    async def scene() -> wire.EncodeAnswer:
        desk, _ = make_desk(tmp_path, engine)
        answer = await desk.encode(wire.EncodeAsk(model(), image))
        desk.close()
        return answer

    assert asyncio.run(scene()).created
    assert not asyncio.run(scene()).created
    stored.write_bytes(stored.read_bytes()[:-5])
    answer = asyncio.run(scene())
    assert answer.created
    assert (answer.key, answer.bytes) == (storage_key(BASE, image.sha256), stored.stat().st_size)
    assert engine.encoded == 2


def test_a_cold_image_is_answered_by_the_classical_assistant_meanwhile(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        engine.encoding.shut()
        box = wire.Prompts(box=(10, 6, 44, 36))
        for _ in range(2):
            (first,) = (await desk.assist(ask(image, box, meanwhile=True, session="s"))).answers
            assert (first.warming, first.model) == (True, "classical")
            assert first.candidates
            assert first.candidates[0].score is None
        await held_up(engine)
        assert await desk.warming.state(BASE, image.sha256) == {"state": "running", "loaded": True, "error": ""}
        engine.encoding.open()
        await desk.encode(wire.EncodeAsk(model(), image))
        assert engine.encoded == 1
        (second,) = (await desk.assist(ask(image, box, meanwhile=True))).answers
        assert (second.warming, second.model) == (False, BASE)
        desk.close()

    asyncio.run(scene())


def test_meanwhile_nobody_waits_for_a_model_that_is_being_loaded(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> None:
        desk, loaders = make_desk(tmp_path, engine)
        loaders.loading.shut()
        (answer,) = (await desk.assist(ask(image, meanwhile=True))).answers
        assert answer.warming
        with pytest.raises(NotLoaded) as refused:
            await desk.assist(ask(image, deadline_ms=1))
        assert refused.value.code == "starting"
        loaders.loading.open()
        (answer,) = (await desk.assist(ask(image))).answers
        assert answer.model == BASE
        assert loaders.loads == 1
        desk.close()

    asyncio.run(scene())


def test_a_model_that_is_not_to_be_had_says_why_and_the_classical_assistant_goes_on(tmp_path: Path) -> None:
    image = put_image(tmp_path / "media")

    async def scene() -> None:
        desk, loaders = make_desk(tmp_path)
        loaders.trouble = MissingFile("models/sam.pth")
        with pytest.raises(NotLoaded) as refused:
            await desk.assist(ask(image))
        assert refused.value.code == "model_missing"
        await desk.assist(ask(image, meanwhile=True))
        await until(lambda: desk.warming.trouble(model(), image))
        (answer,) = (await desk.assist(ask(image, meanwhile=True))).answers
        assert (answer.warming, answer.note, answer.model) == (False, refused.value.detail, "classical")
        assert (await desk.warming.state(BASE, image.sha256))["error"] == refused.value.detail
        assert loaders.loads == 1, "it is not tried again at every click"
        desk.close()

    asyncio.run(scene())


def test_several_boxes_are_answered_one_by_one_in_order(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> wire.AssistAnswer:
        desk, _ = make_desk(tmp_path, engine)
        prompts = wire.Prompts(boxes=(CORNER, (16.0, 12.0, 32.0, 24.0)))
        answer = await desk.assist(ask(image, prompts, session="s"))
        desk.close()
        return answer

    boxes = [one.candidates[0].bbox for one in asyncio.run(scene()).answers]
    assert np.abs(np.array(boxes) - [CORNER, (16, 12, 32, 24)]).max() <= 1


def test_outlines_are_the_classical_assistants_whatever_the_model(tmp_path: Path) -> None:
    image = put_image(tmp_path / "media")

    async def scene() -> wire.AssistAnswer:
        desk, loaders = make_desk(tmp_path)
        answer = await desk.assist(ask(image, wire.Prompts(anchors=((16, 12), (48, 12), (48, 36)), closed=False)))
        assert loaders.loads == 0
        desk.close()
        return answer

    (one,) = asyncio.run(scene()).answers
    assert one.model == "classical"
    assert len(one.path) >= 3


def test_an_image_that_is_none_or_another_is_refused(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()
    broken = wire.ImageRef("units/broken.png", "0" * 64, 8, 8)
    (tmp_path / "media" / "units" / "broken.png").write_bytes(b"no image")
    changed = wire.ImageRef(image.key, "1" * 64, 8, 8)
    gone = wire.ImageRef("units/gone.png", "2" * 64, 8, 8)

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine)
        for wrong in (broken, changed, gone):
            for spec in (model(), wire.CLASSICAL):
                with pytest.raises(Refusal):
                    await desk.assist(wire.AssistAsk(spec, wrong, click()))
        desk.close()

    asyncio.run(scene())
    assert not (tmp_path / "media" / "embeddings").exists()


def test_a_bomb_of_pixels_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, engine, most_pixels=1_000)
        for spec in (model(), wire.CLASSICAL):
            with pytest.raises(Refusal) as refused:
                await desk.assist(wire.AssistAsk(spec, image, click()))
            assert refused.value.code == "too_many_pixels"
        assert engine.encoded == 0
        desk.close()

    asyncio.run(scene())


def test_the_model_unused_for_longest_makes_room_and_hears_it(tmp_path: Path) -> None:
    names = [letter * 64 for letter in "123"]
    engines = [SquareEngine(name) for name in names]

    async def scene() -> None:
        desk, _ = make_desk(tmp_path, *engines)
        for name in (names[0], names[1], names[0], names[2]):
            await loaded(desk, name)
        assert {one.engine.id for one in desk.segmenters.values()} == {names[0], names[2]}
        assert await asyncio.to_thread(engines[1].closed.wait, 30)
        desk.close()

    asyncio.run(scene())
    assert all(engine.closed.wait(30) for engine in engines)


def test_a_predictor_labels_an_image(tmp_path: Path) -> None:
    image = put_image(tmp_path / "media")
    label = wire.PredictedLabel("car", 0.5, "bounding_box", CORNER)

    async def scene() -> wire.PredictAnswer:
        desk, loaders = make_desk(tmp_path)
        loaders.labels = lambda picture: [label]
        answer = await desk.predict(wire.PredictAsk(wire.ModelSpec(id="p", family="onnx"), image))
        desk.close()
        return answer

    answer = asyncio.run(scene())
    assert (answer.labels, answer.model) == ([label], "p")


def test_clicks_on_a_predictor_are_refused(tmp_path: Path) -> None:
    loaders = Loaders(FileStore(tmp_path), tmp_path)
    with pytest.raises(NotLoaded) as refused:
        loaders.segmenter(wire.ModelSpec(id="p", family="onnx"))
    assert refused.value.code == "wrong_family"


def test_what_was_encoded_before_a_restart_is_found_meanwhile(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene() -> bool:
        desk, _ = make_desk(tmp_path, engine)
        (answer,) = (await desk.assist(ask(image, meanwhile=True))).answers
        while answer.warming:
            (answer,) = (await desk.assist(ask(image, meanwhile=True))).answers
        assert answer.model == BASE
        desk.close()
        return True

    assert asyncio.run(scene())
    assert asyncio.run(scene())
    assert engine.encoded == 1
