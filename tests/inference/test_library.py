"""Which models are loaded: once for all who ask, failures remembered for a while, the longest unused closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from apps.inference.service import library
from apps.inference.service.library import Library, NotLoaded, why
from apps.inference.service.refusals import Refusal
from apps.inference.service.scheduler import Closed
from apps.inference.service.store import MissingFile, WrongDigest
from apps.inference.wire import ModelSpec
from tests.inference.stand_ins import Gate


class Model:
    def __init__(self, name: str) -> None:
        self.name, self.closed = name, False

    def close(self) -> None:
        self.closed = True


class Shelf:
    """Loads what it is asked for, unless ``trouble`` says otherwise; may be held up."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.loads: list[str] = []
        self.trouble: Exception | None = None

    def load(self, spec: ModelSpec) -> Model:
        self.gate.pass_through()
        self.loads.append(spec.id)
        if self.trouble is not None:
            raise self.trouble
        return Model(spec.id)


def spec(name: str = "a") -> ModelSpec:
    return ModelSpec(id=name, family="sam_small")


async def refusal(made: Library[Model], seconds: float | None = None) -> NotLoaded:
    with pytest.raises(NotLoaded) as refused:
        await made.get(spec(), seconds)
    return refused.value


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    now = [1_000.0]
    monkeypatch.setattr(library, "monotonic", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def test_many_who_ask_at_once_wait_for_one_loading() -> None:
    async def scene() -> None:
        shelf = Shelf()
        made = Library(shelf.load, most=2)
        shelf.gate.shut()
        made.begin(spec())
        made.begin(spec())
        asking = [asyncio.create_task(made.get(spec())) for _ in range(20)]
        await asyncio.to_thread(shelf.gate.wait_for_somebody)
        assert made.held(spec()) is None
        shelf.gate.open()
        found = await asyncio.gather(*asking)
        assert len(set(map(id, found))) == 1
        assert await made.get(spec()) is found[0]
        made.begin(spec())
        assert shelf.loads == ["a"]
        made.close()

    asyncio.run(scene())


def test_who_cannot_wait_hears_that_it_is_being_loaded_and_the_loading_goes_on() -> None:
    async def scene() -> None:
        shelf = Shelf()
        made = Library(shelf.load, most=2)
        shelf.gate.shut()
        assert (await refusal(made, 0.001)).code == "starting"
        patient = asyncio.create_task(made.get(spec()))
        hung_up = asyncio.create_task(made.get(spec()))
        await asyncio.sleep(0)
        hung_up.cancel()
        shelf.gate.open()
        assert (await patient).name == "a"
        assert shelf.loads == ["a"]
        made.close()

    asyncio.run(scene())


def test_a_failure_is_remembered_for_a_while(clock: Callable[[float], None]) -> None:
    async def scene() -> None:
        shelf = Shelf()
        made = Library(shelf.load, most=2)
        shelf.trouble = MissingFile("models/a.pth")
        for _ in range(3):
            assert (await refusal(made)).code == "model_missing"
            made.begin(spec())
        assert shelf.loads == ["a"]
        shelf.trouble = None
        clock(library.AGAIN + 1)
        assert (await made.get(spec())).name == "a"
        assert shelf.loads == ["a", "a"]
        made.close()

    asyncio.run(scene())


def test_all_who_wait_hear_why_it_failed_and_others_are_not_troubled() -> None:
    async def scene() -> None:
        shelf = Shelf()
        made = Library(shelf.load, most=2)
        shelf.trouble = RuntimeError("a secret of the machine")
        asked = await asyncio.gather(*(made.get(spec()) for _ in range(3)), return_exceptions=True)
        assert [getattr(error, "code", "") for error in asked] == ["failed"] * 3
        assert "secret" not in str(asked[0])
        shelf.trouble = None
        assert (await made.get(spec("b"))).name == "b"
        made.close()

    asyncio.run(scene())


def test_the_longest_unused_makes_room_and_is_closed() -> None:
    async def scene() -> None:
        made = Library(Shelf().load, most=2)
        first, second = await made.get(spec("a")), await made.get(spec("b"))
        await made.get(spec("a"))
        third = await made.get(spec("c"))
        assert [model.closed for model in (first, second, third)] == [False, True, False]
        assert {model.name for model in made.values()} == {"a", "c"}
        assert (await made.get(spec("b"))) is not second
        made.close()
        assert all(model.closed for model in (first, third))

    asyncio.run(scene())


def test_what_was_loading_when_the_process_ended_is_closed_too() -> None:
    async def scene() -> None:
        shelf, loaded = Shelf(), []

        def load(asked: ModelSpec) -> Model:
            loaded.append(shelf.load(asked))
            return loaded[-1]

        made = Library(load, most=2)
        shelf.gate.shut()
        made.begin(spec())
        await asyncio.to_thread(shelf.gate.wait_for_somebody)
        made.close()
        shelf.gate.open()
        while not (loaded and loaded[0].closed):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.001)
        assert made.values() == []

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotLoaded("no_torch", "Install it."), "no_torch"),
        (Closed(), "starting"),
        (MissingFile("models/a.pth"), "model_missing"),
        (WrongDigest("another file"), "damaged_file"),
        (Refusal("unsafe_file", "It asks for code."), "unsafe_file"),
        (ValueError("a secret"), "failed"),
    ],
)
def test_every_reason_has_a_code_and_a_sentence(error: Exception, code: str) -> None:
    found = why(error)
    assert found.code == code
    assert found.detail
    assert "secret" not in found.detail
