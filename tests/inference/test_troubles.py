"""What goes wrong behind an address: each has its code and status, is soon told, and harms no ask after it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from apps.inference import wire
from apps.inference.service.loaders import Loaders
from apps.inference.service.pictures import Picture
from apps.inference.service.predictors.external import HOSTS, Unreachable
from apps.inference.service.predictors.files import NoRuntime
from apps.inference.service.prompting import MOST_BOXES
from apps.inference.service.refusals import Refusal
from apps.inference.service.sam.trouble import DamagedFile, EncoderDied, NoTorch, UnsafeFile, WrongFamily
from apps.inference.service.store import FileStore, MissingFile, WrongDigest
from tests.inference.addresses import Process, read, run
from tests.inference.stand_ins import SquareEngine, StandIns, click, model, put_image

PREDICTOR = wire.ModelSpec(id="p", family="onnx")


def told(answer: httpx.Response) -> tuple[int, str, bool]:
    """Status, code, and whether it says when to come again."""
    return answer.status_code, read(answer, wire.Trouble).code, "Retry-After" in answer.headers


def stand_ins(served: Process) -> StandIns:
    loaders = served.desk.loaders
    assert isinstance(loaders, StandIns)
    return loaders


def test_an_encoder_that_dies_is_told_and_the_next_ask_is_answered(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene(served: Process) -> None:
        engine.trouble = EncoderDied("It ended twice.")
        asks: tuple[tuple[str, wire.AssistAsk | wire.EncodeAsk], ...] = (
            ("/assist", wire.AssistAsk(model(), image, click())),
            ("/encode", wire.EncodeAsk(model(), image)),
        )
        for path, ask in asks:
            assert told(await served.post(path, ask)) == (503, "encoder_died", True)
        assert not (tmp_path / "media" / "embeddings").exists()
        engine.trouble = None
        for path, ask in asks:
            assert (await served.post(path, ask)).status_code == 200

    run(tmp_path, scene, engine)


def test_meanwhile_an_image_that_ends_its_encoder_is_not_tried_at_every_click(tmp_path: Path) -> None:
    media, engine = tmp_path / "media", SquareEngine()
    image, other = put_image(media), put_image(media, "other.png", shade=90)

    async def scene(served: Process) -> None:
        async def once(image: wire.ImageRef) -> wire.Assist:
            ask = wire.AssistAsk(model(), image, wire.Prompts(box=(10, 6, 44, 36)), meanwhile=True)
            answer: wire.AssistAnswer = read(await served.post("/assist", ask), wire.AssistAnswer)
            return answer.answers[0]

        engine.trouble = EncoderDied("It ended twice.")
        assert (await once(image)).warming
        while not served.desk.warming.trouble(model(), image):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)
        for _ in range(3):
            again = await once(image)
            assert (again.model, again.warming, again.note) == ("classical", False, "It ended twice.")
            assert again.candidates
        assert engine.tried == 1
        engine.trouble = None
        assert (await once(other)).warming, "another image is another matter"

    run(tmp_path, scene, engine)


def test_a_click_on_which_the_decoder_fails_is_told_and_the_next_is_answered(tmp_path: Path) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()

    async def scene(served: Process) -> None:
        engine.clumsy = True
        assert told(await served.post("/assist", wire.AssistAsk(model(), image, click()))) == (500, "failed", True)
        engine.clumsy = False
        assert (await served.post("/assist", wire.AssistAsk(model(), image, click()))).status_code == 200

    run(tmp_path, scene, engine)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NoTorch("Install it."), 503, "no_torch"),
        (MissingFile("models/sam.pth"), 503, "model_missing"),
        (WrongDigest("another file"), 400, "damaged_file"),
        (DamagedFile("cut short"), 400, "damaged_file"),
        (UnsafeFile("It asks for code."), 400, "unsafe_file"),
        (WrongFamily("no SAM"), 400, "wrong_family"),
        (RuntimeError("a secret"), 503, "failed"),
    ],
)
def test_a_model_that_cannot_be_had(tmp_path: Path, error: Exception, status: int, code: str) -> None:
    image = put_image(tmp_path / "media")

    async def scene(served: Process) -> None:
        stand_ins(served).trouble = error
        for _ in range(2):
            answer = await served.post("/assist", wire.AssistAsk(model(), image, click()))
            assert told(answer) == (status, code, status == 503)
            assert "secret" not in answer.text
        assert stand_ins(served).loads == 1

    run(tmp_path, scene)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NoRuntime("onnx"), 503, "no_onnx"),
        (Unreachable("It does not answer."), 503, "predictor_unavailable"),
        (Refusal("bad_answer", "Not as agreed."), 400, "bad_answer"),
        (RuntimeError("a secret"), 500, "failed"),
    ],
)
def test_a_predictor_that_does_not_answer(tmp_path: Path, error: Exception, status: int, code: str) -> None:
    image = put_image(tmp_path / "media")

    def fail(picture: Picture) -> list[wire.PredictedLabel]:
        raise error

    async def scene(served: Process) -> None:
        stand_ins(served).labels = fail
        assert told(await served.post("/predict", wire.PredictAsk(PREDICTOR, image))) == (status, code, status >= 500)
        stand_ins(served).labels = lambda picture: []
        assert (await served.post("/predict", wire.PredictAsk(PREDICTOR, image))).status_code == 200

    run(tmp_path, scene)


@pytest.mark.parametrize(
    ("spec", "status", "code"),
    [
        (wire.ModelSpec(id="p", family="http", config={"url": "https://elsewhere.example/"}), 400, "host_not_allowed"),
        (wire.ModelSpec(id="p", family="http", config={}), 400, "bad_config"),
        (wire.ModelSpec(id="p", family="onnx", config={"kind": "magic"}), 400, "bad_config"),
        (wire.ModelSpec(id="p", family="vit_b"), 400, "wrong_family"),
    ],
)
def test_a_predictor_that_is_not_as_it_must_be(
    tmp_path: Path, spec: wire.ModelSpec, status: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = put_image(tmp_path / "media")
    monkeypatch.setenv(HOSTS, "known.example")
    monkeypatch.setattr(StandIns, "predictor", Loaders.predictor)

    async def scene(served: Process) -> None:
        assert told(await served.post("/predict", wire.PredictAsk(spec, image))) == (status, code, False)

    run(tmp_path, scene)


def test_what_a_file_or_an_address_is_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOSTS, "known.example")
    store = FileStore(tmp_path / "media")
    store.write("models/none.onnx", b"no model")
    digest = "0" * 64

    async def scene(served: Process) -> None:
        known = wire.InspectAsk("", "", "predictor", config={"url": "https://known.example/"})
        assert read(await served.post("/inspect", known), wire.InspectAnswer).family == "http"
        for ask, status, code in (
            (wire.InspectAsk("", "", "predictor", config={"url": "https://elsewhere/"}), 400, "host_not_allowed"),
            (wire.InspectAsk("", "", "predictor"), 400, "bad_model"),
            (wire.InspectAsk("models/none.onnx", digest, "predictor"), 400, "damaged_file"),
            (wire.InspectAsk("models/gone.pth", digest, "segmenter"), 400, "model_missing"),
            (wire.InspectAsk("../../etc/passwd", digest, "segmenter"), 400, "model_missing"),
        ):
            assert told(await served.post("/inspect", ask)) == (status, code, False)

    run(tmp_path, scene)


@pytest.mark.parametrize("spec", [model(), wire.CLASSICAL])
def test_as_many_boxes_as_may_be_asked_are_answered_whatever_else_waits(tmp_path: Path, spec: wire.ModelSpec) -> None:
    image, engine = put_image(tmp_path / "media"), SquareEngine()
    boxes = tuple((float(n % 10), float(n // 10), 20.0, 20.0) for n in range(MOST_BOXES))

    async def scene(served: Process) -> None:
        ask = wire.AssistAsk(spec, image, wire.Prompts(boxes=boxes), session="s")
        asked = await asyncio.gather(*(served.post("/assist", ask) for _ in range(2)))
        for answer in asked:
            assert len(read(answer, wire.AssistAnswer).answers) == MOST_BOXES

    run(tmp_path, scene, engine)


def test_a_full_queue_is_told_with_the_time_to_come_again(tmp_path: Path) -> None:
    media, engine = tmp_path / "media", SquareEngine()
    first, second, third = (put_image(media, f"{n}.png", shade=100 + n) for n in range(3))

    async def scene(served: Process) -> None:
        engine.encoding.shut()
        running = asyncio.create_task(served.post("/encode", wire.EncodeAsk(model(), first)))
        await asyncio.to_thread(engine.encoding.wait_for_somebody)
        (loaded,) = served.desk.segmenters.values()
        loaded.encoding._limits = {"interactive": 1, "claim": 1, "prefetch": 1, "batch": 1}
        waiting = asyncio.create_task(served.post("/encode", wire.EncodeAsk(model(), second)))
        while not loaded.encoding.stands(second.sha256):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)
        assert told(await served.post("/encode", wire.EncodeAsk(model(), third))) == (429, "busy", True)
        engine.encoding.open()
        assert [(await task).status_code for task in (running, waiting)] == [200, 200]
        assert engine.encoded == 2

    run(tmp_path, scene, engine)
