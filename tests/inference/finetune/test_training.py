"""The training itself, on a SAM that knows nothing: what it changes, what it leaves, how it goes on and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.finetune import training
from apps.inference.service.finetune.judging import figures
from apps.inference.service.finetune.samples import Sample
from apps.inference.service.finetune.training import MIXED, PATIENCE, NothingLearned, Training
from tests.inference.finetune.test_losses import published
from tests.inference.sam_models import build_sam

SIDE, GRID = 64, 8


def discs(count: int = 6, *, only_box: bool = False) -> tuple[list[Sample], list[Embedding]]:
    """Discs at different places, in embeddings that show where each lies."""
    random = np.random.default_rng(0)
    samples, pictures = [], []
    rows, columns = np.indices((4 * GRID, 4 * GRID)) + 0.5
    for _ in range(count):
        y, x = random.uniform(10, 22, 2)
        truth = (rows - y) ** 2 + (columns - x) ** 2 < 36
        down, across = np.flatnonzero(truth.any(1)), np.flatnonzero(truth.any(0))
        edges = 2.0 * np.array([across[0], down[0], across[-1] + 1, down[-1] + 1])
        x0, y0, x1, y1 = edges.tolist()
        if only_box:
            truth = np.zeros_like(truth)
            truth[down[0] : down[-1] + 1, across[0] : across[-1] + 1] = True
        samples.append(Sample(truth, 2.0, (x0, y0, x1, y1), only_box))
        values = random.normal(0, 0.1, (32, GRID, GRID)).astype(np.float32)
        values[:16] += truth.reshape(GRID, 4, GRID, 4).mean((1, 3)).astype(np.float32)
        pictures.append(Embedding.of(values, (SIDE, SIDE), (SIDE, SIDE)))
    return samples, pictures


def asked(**changes: Any) -> wire.FinetuneAsk:
    given: dict[str, Any] = {"run": "r", "base": wire.CLASSICAL, "objects": [], "folder": "runs/r", "seed": 5}
    return wire.FinetuneAsk(**given | {"steps": 12, "batch": 4} | changes)


def begun(
    material: tuple[Sequence[Sample], Sequence[Embedding]] | None = None, *, sam: Any = None, **changes: Any
) -> Training:
    return Training(sam or build_sam(), asked(**changes), *(material or discs()))


def weights(module: Any) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def looked(one: Training) -> None:
    """A look of a made-up figure, which the step decides."""
    step = one.progress.step
    one.look(float(step), lambda: (0.1 + step % 3 / 10, 0.5))


def run_on(one: Training, to: int) -> None:
    while one.progress.step < to:
        one.step()
        looked(one)


def test_only_the_decoder_is_changed() -> None:
    sam = build_sam()
    before = weights(sam)
    one = begun(sam=sam)
    run_on(one, 3)
    changed = {name for name, tensor in weights(sam).items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.startswith("mask_decoder.") for name in changed)
    assert same(
        {f"mask_decoder.{name}": tensor for name, tensor in weights(one.base.decoder).items()},
        {name: tensor for name, tensor in before.items() if name.startswith("mask_decoder.")},
    )


def test_it_goes_on_after_a_checkpoint_as_if_nothing_had_happened() -> None:
    whole, cut, later = begun(), begun(), begun()
    run_on(whole, 12)
    run_on(cut, 5)
    later.go_on(cut.checkpoint())
    assert later.progress.step == 5
    run_on(later, 12)
    assert same(weights(later.decoder), weights(whole.decoder))
    assert later.progress.curve == whole.progress.curve
    later.take_best()
    whole.take_best()
    assert same(weights(later.decoder), weights(whole.decoder))


def test_seeds_differ() -> None:
    one, other = begun(seed=1), begun(seed=2)
    run_on(one, 2)
    run_on(other, 2)
    assert not same(weights(one.decoder), weights(other.decoder))


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: b"PK" + raw])
def test_a_damaged_checkpoint_is_not_gone_on_with(damage: Any) -> None:
    one = begun()
    run_on(one, 1)
    fresh = begun()
    before = weights(fresh.decoder)
    with pytest.raises(Exception):  # noqa: B017, PT011 - torch has no one exception for it
        fresh.go_on(damage(one.checkpoint()))
    assert same(weights(fresh.decoder), before)
    assert fresh.progress.step == 0


@pytest.mark.parametrize("replay", [0.0, 0.5])
def test_a_gradient_of_zero_fails(replay: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the published recipe, whatever is replayed beside it; and nothing has been changed."""
    monkeypatch.setattr(training, "SCORE_WEIGHT", 0.0)
    monkeypatch.setattr(
        Training, "_of_one", lambda self, logits, scores, target, *_: published(logits, target.expand_as(logits)).sum()
    )
    one = begun(replay=replay)
    before = weights(one.decoder)
    with pytest.raises(NothingLearned, match="norm is 0 at step 0"):
        one.step()
    assert same(weights(one.decoder), before)


def test_a_gradient_that_is_no_number_fails() -> None:
    samples, pictures = discs()
    broken = [replace(one, scales=np.full_like(one.scales, np.nan)) for one in pictures]
    one = begun((samples, broken))
    before = weights(one.decoder)
    with pytest.raises(NothingLearned, match="norm is nan"):
        one.step()
    assert same(weights(one.decoder), before)


def test_it_stops_when_it_no_longer_gets_better_and_goes_most_of_the_way_to_the_best() -> None:
    """Of the second half: what the first gives is not taken, however good it looks."""
    one = begun(steps=20)
    best: dict[str, Tensor] = {}
    while not one.is_over:
        one.step()
        step = one.progress.step
        figure = 0.9 if step < 10 else 0.3 if step == 11 else 0.2
        one.look(0.0, lambda figure=figure: (figure, figure))  # type: ignore[misc]
        if step == 11:
            best = weights(one.decoder)
    assert one.progress.step == 11 + PATIENCE
    assert not same(weights(one.decoder), best)
    one.take_best()
    base = weights(one.base.decoder)
    moved = {name: tensor - base[name] for name, tensor in weights(one.decoder).items()}
    for name, tensor in best.items():
        torch.testing.assert_close(moved[name], MIXED * (tensor - base[name]), rtol=0, atol=1e-6)


def test_before_anything_is_taken_the_best_is_the_base() -> None:
    one = begun(steps=20)
    run_on(one, 3)
    one.take_best()
    assert same(weights(one.decoder), weights(one.base.decoder))


def test_it_ends_with_its_steps() -> None:
    one = begun(steps=2)
    one.step()
    assert not one.is_over
    one.step()
    assert one.is_over


@pytest.mark.parametrize("only_box", [False, True])
def test_what_is_taught_is_learned(only_box: bool) -> None:
    """Of a box alone too."""
    sam = build_sam()
    material = discs(only_box=only_box)
    before = figures(sam, *material, by_box=True).mean()
    one = begun(material, sam=sam, steps=40, learning_rate=3e-3, batch=6, replay=0.0)
    for _ in range(40):
        one.step()
    assert figures(sam, *material, by_box=True).mean() > before + 0.1
