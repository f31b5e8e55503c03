"""One run in this process: what it tells on the way, what it ends with, and how it goes on after it was broken off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.finetune import judging, material, training
from apps.inference.service.finetune.examples import MOST, chosen, shown
from apps.inference.service.finetune.run import Cancelled, Run
from apps.inference.service.masks import decode_mask
from apps.inference.service.sam import loading
from apps.inference.service.store import FileStore
from tests.inference.finetune.material import drawn, media
from tests.inference.finetune.test_losses import published
from tests.inference.sam_models import build_sam

SIDE = 64
STEPS = 32


@dataclass
class World:
    store: FileStore
    spec: wire.ModelSpec
    objects: list[wire.TrainingObject]

    def ask(self, folder: str = "runs/one", **changes: Any) -> wire.FinetuneAsk:
        values: dict[str, Any] = {"steps": STEPS, "batch": 4, "objects": self.objects} | changes
        return wire.FinetuneAsk("one", self.spec, folder=folder, **values)

    def run(self, ask: wire.FinetuneAsk, tell: Callable[[wire.FinetuneState], None] = lambda state: None) -> Any:
        return Run(ask, self.store, tell).to_the_end()


@pytest.fixture
def world(tmp_path: Path) -> World:
    store, spec = media(tmp_path, build_sam(side=SIDE))
    return World(store, spec, drawn(store, range(45), side=SIDE))


def files(world: World, folder: str) -> set[str]:
    return {path.name for path in (world.store.root / folder).glob("*")}


def test_from_preparing_to_done(world: World) -> None:
    told: list[wire.FinetuneState] = []
    end = world.run(world.ask(), told.append)
    names = list(dict.fromkeys(state.state for state in told))
    assert names == ["preparing", "training", "evaluating"]
    assert all(one.fraction <= other.fraction for one, other in pairwise(told))
    assert end.state == "done"
    assert end.fraction == 1.0
    assert [point.step for point in end.curve][:3] == [0, 2, 4]
    assert end.held_out >= 30
    assert end.trained_on >= 20
    assert sum(one.n for one in end.classes) == end.held_out
    assert end.click_gain is not None
    assert end.box_gain is not None
    gains = sum(one.n * (one.click_after - one.click_before) for one in end.classes) / end.held_out
    assert end.click_gain.mean == pytest.approx(gains)
    assert end.accepted is (max(end.click_gain.low, end.box_gain.low) > 0 and "would lose" not in end.reason)
    assert msgspec.json.decode(msgspec.json.encode(end), type=wire.FinetuneState) == end


def test_embeddings_that_are_there_are_used_and_the_others_are_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(world.ask(steps=1))
    made = sorted((world.store.root / "embeddings" / world.spec.sha256).iterdir())
    assert len(made) == len({one.image.sha256 for one in world.objects})
    before = {path: path.read_bytes() for path in made}
    gone, *_ = made
    gone.unlink()
    encoded: list[wire.ImageRef] = []
    really = material.Shelf._encode

    def encode(shelf: material.Shelf, image: wire.ImageRef) -> Embedding:
        encoded.append(image)
        return really(shelf, image)

    monkeypatch.setattr(material.Shelf, "_encode", encode)
    world.run(world.ask("runs/two", steps=1))
    assert [image.sha256 for image in encoded] == [gone.stem]
    assert {path: path.read_bytes() for path in made} == before


def test_more_images_than_memory_are_read_again(world: World) -> None:
    world.run(world.ask(steps=1))
    shelf = material.Shelf(world.spec, world.store, most_bytes=1)
    images = [one.image for one in world.objects[:4]]
    pictures = material.Pictures(shelf, images)
    assert len(pictures) == 4
    assert len(pictures[1:3]) == 2
    first = pictures[0].dense()
    assert not np.array_equal(first, pictures[3].dense())
    assert np.array_equal(first, pictures[0].dense())


def test_broken_off_it_goes_on_after_its_checkpoint_to_the_same_end(world: World) -> None:
    straight = world.run(world.ask("runs/straight"))

    class PowerCut(BaseException):
        pass

    def until(state: wire.FinetuneState) -> None:
        if state.detail.startswith("step 7 "):
            raise PowerCut

    with pytest.raises(PowerCut):
        world.run(world.ask("runs/broken"), until)
    told: list[wire.FinetuneState] = []
    end = world.run(world.ask("runs/broken"), told.append)
    assert next(state.detail for state in told if state.state == "training") == f"step 6 of at most {STEPS}"
    assert end.curve == straight.curve
    # Of the key, only the folder is another.
    assert end.decoder_sha256 == straight.decoder_sha256
    assert msgspec.structs.replace(end, decoder_key="") == msgspec.structs.replace(straight, decoder_key="")


def test_a_damaged_checkpoint_is_thrown_away(world: World) -> None:
    world.store.write("runs/one/checkpoint.pt", b"PK\x03\x04 and no more")
    assert world.run(world.ask(steps=2)).state == "done"


def test_cancelled_it_ends_at_the_next_step_and_keeps_nothing_that_is_not_a_checkpoint(world: World) -> None:
    told = 0

    def enough(state: wire.FinetuneState) -> None:
        nonlocal told
        told += state.state == "training"
        if told == 3:
            raise Cancelled

    end = world.run(world.ask(), enough)
    assert (end.state, end.accepted, end.decoder_key) == ("cancelled", False, "")
    assert told == 3
    assert files(world, "runs/one") <= {"checkpoint.pt"}


def test_a_zero_gradient_fails_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "mask_loss", published)
    monkeypatch.setattr(training, "SCORE_WEIGHT", 0.0)
    end = world.run(world.ask())
    assert (end.state, end.accepted) == ("failed", False)
    assert "gradient's norm is 0 at step 0" in end.reason
    assert files(world, "runs/one") == set()


def test_labels_that_are_the_models_own_answers_are_refused_with_the_interval(world: World) -> None:
    end = world.run(world.ask(objects=own_answers(world), learning_rate=1e-9, steps=4))
    assert (end.state, end.accepted, end.decoder_key, end.decoder_sha256) == ("done", False, "", "")
    assert "No gain beyond chance" in end.reason
    assert f"{end.click_gain.mean:+.3f} ({end.click_gain.low:+.3f} to {end.click_gain.high:+.3f})" in end.reason
    assert not any(name.startswith("decoder") for name in files(world, "runs/one"))


def own_answers(world: World) -> list[wire.TrainingObject]:
    """What the base says to a click on each object, where it says anything."""
    sam = loading.load(world.store.local_path(world.spec.key, world.spec.sha256)).sam
    found = material.gather(world.objects, world.spec, world.store, lambda done, of: None)
    samples, pictures, objects = found.of(range(len(world.objects)))
    said = judging.answers(sam, samples, pictures, by_box=False)
    return [
        msgspec.structs.replace(one, mask=shown(logits, picture))
        for one, picture, (logits, _) in zip(objects, pictures, said, strict=True)
        if (logits > 0).any()
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda objects: objects[:40], "40 objects"),
        (lambda objects: [msgspec.structs.replace(one, group="all") for one in objects], "1 group(s)"),
        (
            lambda objects: [
                msgspec.structs.replace(one, image=msgspec.structs.replace(one.image, key="gone.png"))
                for one in objects
            ],
            "Only 0 held-out objects can be seen",
        ),
        (
            lambda objects: [msgspec.structs.replace(one, mask=wire.Mask((2, 2), "4")) for one in objects],
            "Only 0 held-out objects can be seen",
        ),
    ],
)
def test_what_cannot_be_done_fails_with_its_counts(world: World, change: Any, words: str) -> None:
    end = world.run(world.ask(objects=change(world.objects)))
    assert (end.state, end.accepted) == ("failed", False)
    assert words in end.reason
    assert files(world, "runs/one") == set()


def test_boxes_alone_are_learned_and_judged_as_boxes(world: World) -> None:
    objects = [msgspec.structs.replace(one, mask=None) for one in world.objects]
    end = world.run(world.ask(objects=objects, steps=4))
    assert end.state == "done"
    assert end.examples
    for one in end.examples:
        x, y, width, height = (round(edge) for edge in one.bbox)
        truth = decode_mask(one.truth)
        assert truth[y : y + height, x : x + width].all()
        assert truth.sum() == width * height


def test_examples_are_the_largest_gains_and_losses() -> None:
    gains = np.random.default_rng(0).permutation(40) / 40 - 0.5
    numbers = chosen(gains)
    assert len(numbers) == len(set(numbers)) == MOST
    assert sorted(gains[numbers[:6]]) == sorted(gains)[-6:]
    assert sorted(gains[numbers[6:]]) == sorted(gains)[:6]
    assert sorted(chosen(gains[:5])) == list(range(5))
