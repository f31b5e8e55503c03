"""The way to the inference process: whatever it does or fails to do comes back as a value, and soon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.common import errors
from apps.inference import gateway as module
from apps.inference import wire
from apps.inference.gateway import Busy, Done, Gateway, Late, Refused, Reply, Superseded, Unavailable, gateway, unwrap
from tests.fakes.inference_process import Answer, Process, serving

IMAGE = wire.ImageRef("units/a.png", "a" * 64, 640, 480)
ASK = wire.AssistAsk(wire.CLASSICAL, IMAGE, wire.Prompts(box=(1, 2, 30, 40)), session="s")
ENCODE = wire.EncodeAsk(wire.CLASSICAL, IMAGE)
TROUBLE = {"code": "bad_prompts", "detail": "No prompt."}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def process() -> Iterator[Process]:
    with serving() as found:
        yield found


@pytest.fixture
def way(process: Process) -> Iterator[Gateway]:
    made = Gateway(process.url, "secret")
    yield made
    made.close()


def test_a_question_and_its_answer_are_typed(process: Process, way: Gateway) -> None:
    mask = {"size": [480, 640], "counts": "abc"}
    candidate = {"mask": mask, "bbox": [1, 2, 3, 4], "polygons": [[[[1, 2], [3, 4], [5, 6]]]], "area": 9}
    process.answers["POST /assist"] = (200, {"answers": [{"candidates": [candidate], "model": "classical"}]})
    answer = unwrap(way.assist(ASK))
    assert answer.answers[0].candidates[0].mask == wire.Mask((480, 640), "abc")
    sent = process.asked_for("POST /assist")[0]
    assert (sent["prompts"]["box"], sent["session"], sent["model"]["id"]) == ([1, 2, 30, 40], "s", "classical")
    assert process.headers[0]["authorization"] == "Bearer secret"


def test_every_question_has_its_route(process: Process, way: Gateway) -> None:
    state = {"state": "training", "fraction": 0.5}
    process.answers |= {
        "POST /warm": (202, {"states": ["queued"]}),
        "POST /everything": (200, {"candidates": [], "model": "m", "milliseconds": 1}),
        "POST /predict": (200, {"labels": [], "model": "m", "milliseconds": 1}),
        "POST /inspect": (200, {"family": "vit_b"}),
        "POST /finetune/r1": (202, state),
        "GET /finetune/r1": (200, state),
        "DELETE /finetune/r1": (200, state),
    }
    model = wire.ModelSpec("m", "vit_b")
    replies: list[Reply[Any]] = [
        way.encode(ENCODE),
        way.warm(wire.WarmAsk([ENCODE])),
        way.everything(wire.EverythingAsk(model, IMAGE)),
        way.predict(wire.PredictAsk(model, IMAGE)),
        way.inspect(wire.InspectAsk("models/a.pth", "a" * 64, "segmenter")),
        way.finetune_start(wire.FinetuneAsk("r1", model, [], "finetune/r1")),
        way.finetune_state("r1"),
        way.finetune_cancel("r1"),
        way.state(),
    ]
    assert [type(reply) for reply in replies] == [Done] * len(replies)
    assert way.ready()


@pytest.mark.parametrize(
    ("answer", "reply", "raised"),
    [
        ((400, TROUBLE), Refused("bad_prompts", "No prompt."), (errors.Invalid, "bad_prompts", None)),
        ((409, {"code": "superseded", "detail": ""}), Superseded(), (errors.Conflict, "superseded", None)),
        ((429, TROUBLE, {"Retry-After": "7"}), Busy(7), (errors.Throttled, "busy", 7)),
        (
            (503, {"code": "no_torch", "detail": "No torch."}, {"Retry-After": "60"}),
            Unavailable("no_torch", "No torch.", 60),
            (errors.Unavailable, "no_torch", 60),
        ),
        ((504, {"code": "late", "detail": ""}), Late(), (errors.Unavailable, "late", 1)),
    ],
)
def test_troubles_are_values_and_then_refusals(
    process: Process, way: Gateway, answer: Answer, reply: Reply[Any], raised: tuple[type[Exception], str, int | None]
) -> None:
    process.answers["POST /assist"] = answer
    assert way.assist(ASK) == reply
    with pytest.raises(errors.DomainError) as caught:
        unwrap(reply)
    assert (type(caught.value), caught.value.code, caught.value.retry_after) == raised


@pytest.mark.parametrize(
    ("answer", "code"),
    [((200, b"<html>"), "bad_answer"), ((200, {"answers": 5}), "bad_answer"), ((500, b"Traceback"), "failed")],
)
def test_nonsense_is_a_fault_of_the_process(process: Process, way: Gateway, answer: Answer, code: str) -> None:
    process.answers["POST /assist"] = answer
    reply = way.assist(ASK)
    assert isinstance(reply, Unavailable)
    assert reply.code == code


def test_a_process_that_dies_with_the_question_in_its_hands(process: Process, way: Gateway) -> None:
    process.answers["POST /assist"] = None
    reply = way.assist(ASK)
    assert isinstance(reply, Unavailable)
    assert (reply.code, len(process.asked_for("POST /assist"))) == ("unreachable", 2)


def test_a_connection_that_was_closed_meanwhile_is_made_anew(process: Process, way: Gateway) -> None:
    first = iter([None])
    process.answers["POST /encode"] = lambda body: next(first, process.encode(body))
    assert isinstance(way.encode(ENCODE), Done)


def test_a_dead_process_is_asked_again_only_after_a_pause() -> None:
    clock = Clock()
    with serving() as process:
        way = Gateway(process.url, clock=clock)
        assert way.ready()
        socket = process.url
    # Gone. The first question finds out, the next ones do not even try.
    assert isinstance(way.encode(ENCODE), Unavailable)
    tries = counted(way)
    assert [type(way.encode(ENCODE)) for _ in range(5)] == [Unavailable] * 5
    assert tries == []
    clock.now += module.PAUSE
    assert isinstance(way.encode(ENCODE), Unavailable)
    assert len(tries) == 1
    assert isinstance(way.encode(ENCODE), Unavailable)
    assert len(tries) == 1
    assert socket == way.url
    way.close()


def test_it_is_found_again_when_it_is_back(process: Process) -> None:
    clock = Clock()
    way = Gateway(process.url, clock=clock)
    way._breaker.failed()
    assert isinstance(way.encode(ENCODE), Unavailable)
    clock.now += module.PAUSE
    assert isinstance(way.encode(ENCODE), Done)
    assert isinstance(way.encode(ENCODE), Done)
    way.close()


def test_while_one_tries_the_others_do_not_wait_for_it() -> None:
    clock = Clock()
    breaker = module.Breaker(clock)
    breaker.failed()
    clock.now += module.PAUSE
    assert [breaker.may_try() for _ in range(3)] == [True, False, False]
    breaker.worked()
    assert breaker.may_try()


def counted(way: Gateway) -> list[str]:
    """The addresses that are asked for from here on."""
    seen: list[str] = []
    client = way._client
    assert client is not None
    client.event_hooks = {"request": [lambda request: seen.append(str(request.url))]}
    return seen


def test_an_answer_after_the_deadline_is_late(process: Process, way: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr(module, "MARGIN", 0.05)
    go_on = threading.Event()

    def slow(body: Any) -> Answer:
        go_on.wait(10)
        return process.encode(body)

    process.answers["POST /encode"] = slow
    assert way.encode(wire.EncodeAsk(wire.CLASSICAL, IMAGE, deadline_ms=1)) == Late()
    go_on.set()


def test_without_an_address_there_is_nobody_to_ask(settings: Any) -> None:
    settings.INFERENCE_URL = ""
    reply = gateway().encode(ENCODE)
    assert isinstance(reply, Unavailable)
    assert reply.code == "not_configured"
    assert not gateway().ready()


def test_proxies_of_the_environment_are_not_used(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    way = Gateway(process.url)
    assert isinstance(way.encode(ENCODE), Done)
    assert way._client is not None
    assert way._client._mounts == {}
    way.close()
