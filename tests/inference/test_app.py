"""The process's addresses: bodies checked, refusals with their codes, the token, metrics, and people who hang up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apps.inference import wire
from apps.inference.service import answers
from apps.inference.service.answers import refused
from apps.inference.service.library import NotLoaded
from apps.inference.service.refusals import Refusal
from apps.inference.service.scheduler import Busy, Late, Superseded
from tests.inference.addresses import Process, read, run
from tests.inference.stand_ins import BASE, SquareEngine, click, model, put_image

TOKEN = "a token of more than twenty"


def test_a_click_goes_all_the_way(tmp_path: Path) -> None:
    image = put_image(tmp_path / "media")

    async def scene(served: Process) -> None:
        answer = await served.post("/assist", wire.AssistAsk(model(), image, click()))
        assert answer.status_code == 200
        assert read(answer, wire.AssistAnswer).answers[0].model == BASE
        assert (await served.client.get("/ready")).json() == {"status": "ok", "models": [BASE]}

    run(tmp_path, scene, SquareEngine())


def test_warming_answers_at_once_and_says_how_far_each_image_is(tmp_path: Path) -> None:
    media, engine = tmp_path / "media", SquareEngine()
    images = [put_image(media, f"{n}.png", shade=100 + n) for n in range(3)]

    async def states(served: Process, which: list[wire.ImageRef], priority: wire.Priority = "prefetch") -> list[str]:
        asks = [wire.EncodeAsk(model(), image, priority) for image in which]
        answer = await served.post("/warm", wire.WarmAsk(asks, session="anna"))
        assert answer.status_code == 202
        return list(read(answer, wire.WarmAnswer).states)

    async def state(served: Process, image: wire.ImageRef) -> str:
        answer = await served.client.get("/state", params={"model": BASE, "image": image.sha256})
        return str(answer.json()["state"])

    async def scene(served: Process) -> None:
        engine.encoding.shut()
        assert await states(served, images) == ["queued"] * 3
        await asyncio.to_thread(engine.encoding.wait_for_somebody)
        assert [await state(served, image) for image in images] == ["running", "queued", "queued"]
        # Anna's queue has changed: what nobody waits for any more is not encoded.
        assert await states(served, [images[2]], "claim") == ["queued"]
        await asyncio.sleep(0)
        assert await state(served, images[1]) == "cold"
        engine.encoding.open()
        await served.desk.encode(wire.EncodeAsk(model(), images[2]))
        assert [await state(served, image) for image in images] == ["ready", "cold", "ready"]
        assert await states(served, images[2:]) == ["ready"]
        assert engine.encoded == 2

    run(tmp_path, scene, engine)


def test_warming_the_same_image_for_a_claim_hastens_it(tmp_path: Path) -> None:
    media, engine = tmp_path / "media", SquareEngine()
    images = [put_image(media, f"{n}.png", shade=100 + n) for n in range(2)]

    async def scene(served: Process) -> None:
        engine.encoding.shut()
        for image, priority in ((images[0], "prefetch"), (images[1], "prefetch"), (images[1], "claim")):
            ask = wire.EncodeAsk(model(), image, priority)  # type: ignore[arg-type]
            await served.post("/warm", wire.WarmAsk([ask]))
        await asyncio.to_thread(engine.encoding.wait_for_somebody)
        (loaded,) = served.desk.segmenters.values()
        while loaded.encoding.depth("claim") + loaded.encoding.depth("prefetch") < 1:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        for _ in range(100):
            await asyncio.sleep(0)
        assert (loaded.encoding.depth("claim"), loaded.encoding.depth("prefetch")) == (1, 0)
        engine.encoding.open()

    run(tmp_path, scene, engine)


@pytest.mark.parametrize("path", ["assist", "encode", "warm", "everything", "predict", "inspect", "finetune/r1"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"model": 3}', b"\xff\xfe", b"null"])
def test_a_body_that_is_none_is_refused(tmp_path: Path, path: str, body: bytes) -> None:
    async def scene(served: Process) -> None:
        answer = await served.post(f"/{path}", body)
        assert answer.status_code == 400
        assert read(answer, wire.Trouble).code == "bad_body"

    run(tmp_path, scene)


def test_a_body_that_is_too_large_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST_BODY", 1_000)
    sent = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * 500

    async def scene(served: Process) -> None:
        answer = await served.client.post("/assist", content=parts())
        assert answer.status_code == 413
        assert sent < 10

    run(tmp_path, scene)


def test_over_tcp_only_who_knows_the_token_is_answered(tmp_path: Path) -> None:
    image = put_image(tmp_path / "media")
    ask = wire.EncodeAsk(model(), image)

    async def scene(served: Process) -> None:
        for headers in ({}, {"Authorization": "Bearer no"}, {"Authorization": TOKEN}):
            answer = await served.post("/encode", ask, headers=headers)
            assert answer.status_code == 401
            assert read(answer, wire.Trouble).code == "unauthenticated"
        assert not (tmp_path / "media" / "embeddings").exists()
        assert (await served.client.get("/metrics")).status_code == 401
        assert (await served.client.get("/health")).status_code == 200
        answer = await served.post("/encode", ask, headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200

    run(tmp_path, scene, SquareEngine(), socket=None, token=TOKEN)


@pytest.mark.parametrize(
    ("error", "status", "code", "again"),
    [
        (Refusal("bad_prompts", "No."), 400, "bad_prompts", None),
        (Refusal("too_large", "No."), 413, "too_large", None),
        (Superseded(), 409, "superseded", None),
        (Busy(7), 429, "busy", "7"),
        (Late(), 504, "late", None),
        (NotLoaded("no_torch", "Install it."), 503, "no_torch", "10"),
        (NotLoaded("starting", "Wait."), 503, "starting", "2"),
        (RuntimeError("a secret"), 500, "failed", "10"),
    ],
)
def test_every_refusal_has_its_status_and_code(error: Exception, status: int, code: str, again: str | None) -> None:
    answer = refused(error)
    found = msgspec.json.decode(bytes(answer.body), type=wire.Trouble)
    assert (answer.status_code, found.code, answer.headers.get("retry-after")) == (status, code, again)
    assert "secret" not in found.detail


def test_training_needs_the_run_of_its_address(tmp_path: Path) -> None:
    async def scene(served: Process) -> None:
        answer = await served.post("/finetune/one", wire.FinetuneAsk("two", model(), [], "runs/two"))
        assert (answer.status_code, read(answer, wire.Trouble).code) == (400, "bad_body")
        for verb in ("GET", "DELETE"):
            answer = await served.client.request(verb, "/finetune/two")
            assert read(answer, wire.FinetuneState).state == "unknown"

    run(tmp_path, scene)


def test_state_is_asked_by_digests(tmp_path: Path) -> None:
    async def scene(served: Process) -> None:
        for params in ({}, {"model": "../etc", "image": "0" * 64}, {"model": BASE, "image": "../../etc"}):
            answer = await served.client.get("/state", params=params)
            assert answer.status_code == 400

    run(tmp_path, scene)


def test_metrics_tell_queues_times_and_hits(tmp_path: Path) -> None:
    image = put_image(tmp_path / "media")

    async def scene(served: Process) -> None:
        for _ in range(3):
            await served.post("/assist", wire.AssistAsk(model(), image, click()))
        text = (await served.client.get("/metrics")).text
        assert 'lapidary_inference_queue{lane="encode",priority="prefetch"} 0.0' in text
        assert 'lapidary_inference_wait_seconds{lane="decode",quantile="0.95"}' in text
        assert 'lapidary_inference_seconds_count{ask="assist"} 3.0' in text
        assert 'lapidary_inference_embedding_looks_total{found="yes"} 2.0' in text
        assert "lapidary_inference_models_loaded 1.0" in text

    run(tmp_path, scene, SquareEngine())


def test_who_hangs_up_takes_his_ask_out_of_the_queue(tmp_path: Path) -> None:
    media, engine = tmp_path / "media", SquareEngine()
    first, second = put_image(media), put_image(media, "second.png", shade=90)

    async def scene(served: Process) -> None:
        engine.encoding.shut()
        slow = asyncio.create_task(served.desk.encode(wire.EncodeAsk(model(), first)))
        await asyncio.to_thread(engine.encoding.wait_for_somebody)
        (loaded,) = served.desk.segmenters.values()
        hangs_up = asyncio.Event()
        messages = [{"type": "http.request", "body": msgspec.json.encode(wire.EncodeAsk(model(), second))}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await hangs_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            return None

        scope = {"type": "http", "method": "POST", "path": "/encode", "headers": [], "query_string": b""}
        call = asyncio.create_task(served.app(scope, receive, send))
        while not loaded.encoding.stands(second.sha256):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)
        hangs_up.set()
        await call
        assert loaded.encoding.stands(second.sha256) == ""
        engine.encoding.open()
        await slow
        assert engine.encoded == 1

    run(tmp_path, scene, engine)
