"""Runs in processes of their own: killed, cancelled, waiting for each other, found again by another service process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apps.inference import wire
from apps.inference.service.finetune import runs
from apps.inference.service.finetune.runs import ENDED, Runs
from apps.inference.service.refusals import Refusal
from apps.inference.service.store import FileStore
from tests.inference.finetune.material import drawn, media
from tests.inference.sam_models import build_sam

PATIENCE = 120.0
LONG = 1_600
"""Steps that nobody waits for."""


@dataclass
class World:
    store: FileStore
    spec: wire.ModelSpec
    objects: list[wire.TrainingObject]
    cache: Path

    def ask(self, run: str = "one", **changes: Any) -> wire.FinetuneAsk:
        values: dict[str, Any] = {"steps": 16, "batch": 4, "objects": self.objects, "folder": f"runs/{run}"} | changes
        return wire.FinetuneAsk(run, self.spec, **values)

    def checkpoint(self, run: str = "one") -> Path:
        return self.store.root / f"runs/{run}/checkpoint.pt"


@pytest.fixture
def world(tmp_path: Path) -> World:
    store, spec = media(tmp_path / "media", build_sam(side=64))
    return World(store, spec, drawn(store, range(45), side=64), tmp_path / "cache")


@pytest.fixture
def service(world: World) -> Iterator[Runs]:
    made = Runs(world.store, world.cache)
    yield made
    made.close()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def ended(service: Runs, run: str = "one") -> wire.FinetuneState:
    until(lambda: service.state(run).state in ENDED)
    return service.state(run)


def child_of(service: Runs, run: str = "one") -> int:
    child = service._kept[run].child
    assert child is not None
    assert child.pid is not None
    return child.pid


def test_killed_in_the_middle_it_goes_on_and_ends(service: Runs, world: World) -> None:
    """Twice: by a kill of its process, then of all of them, as when the service dies."""
    ask = world.ask(steps=LONG)
    service.start(ask)
    until(lambda: service.state("one").state == "training")
    first = child_of(service)
    os.kill(first, signal.SIGKILL)
    until(world.checkpoint().is_file)
    assert child_of(service) != first
    service.close()

    another = Runs(world.store, world.cache)
    assert another.state("one").state == "unknown"
    # The same run, of which little is left: it is over as soon as it has found its checkpoint.
    assert another.start(world.ask(steps=LONG // 16)).state == "preparing"
    end = ended(another)
    assert (end.state, end.reason != "") == ("done", True)
    assert end.curve[1].step == LONG // 16
    assert another.start(ask) == end
    another.close()
    # A third process reads how it ended.
    assert Runs(world.store, world.cache).start(ask) == end


def test_one_at_a_time_each_can_be_cancelled_and_taken_up_again(service: Runs, world: World) -> None:
    service.start(world.ask("one", steps=LONG))
    assert service.start(world.ask("two")).detail == "waiting for its turn"
    until(lambda: service.state("one").state == "training")
    assert service.start(world.ask("two")).detail == "waiting for its turn"  # asked for again, it is the same
    service.cancel("two")
    service.cancel("one")
    for name in ("one", "two"):
        end = ended(service, name)
        assert (end.state, end.accepted, end.decoder_key) == ("cancelled", False, "")
        assert not list((world.store.root / f"runs/{name}").glob("decoder-*"))
    assert not world.checkpoint("two").exists()
    assert service.start(world.ask("one")).state == "preparing"
    assert ended(service).state == "done"


def test_a_process_that_keeps_dying_fails_in_the_end(
    service: Runs, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "serve", die)
    service.start(world.ask())
    end = ended(service)
    assert end.state == "failed"
    assert "several times" in end.reason


def die(connection: object, ask: bytes, store: object) -> None:
    os._exit(9)


def test_what_is_wrong_with_the_model_is_said(service: Runs, world: World) -> None:
    (world.store.root / world.spec.key).write_bytes(b"another file")
    service.start(world.ask())
    end = ended(service)
    assert end.state == "failed"
    assert "not the one that was added" in end.reason


@pytest.mark.parametrize("change", [{"folder": ""}, {"steps": 0}, {"batch": 1}, {"replay": 1.0}])
def test_a_run_that_makes_no_sense_is_refused(service: Runs, world: World, change: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        service.start(world.ask(**change))
    assert refused.value.code == "bad_body"
    assert service.state("one").state == "unknown"
    assert not (world.store.root / "runs").exists()


def test_nobody_knows_a_run_that_was_never_asked_for(service: Runs) -> None:
    assert service.state("none").state == "unknown"
    assert service.cancel("none").state == "unknown"


def test_the_service_itself_needs_no_torch_for_it() -> None:
    code = "import sys, apps.inference.service.finetune.runs; sys.exit('torch' in sys.modules or 'cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0
