"""The losses: what the published recipe does not have is a gradient, and what ours has is the right one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from apps.inference.service.finetune.losses import box_loss, iou, mask_loss

Loss = Callable[[Tensor, Tensor], Tensor]


def published(logits: Tensor, targets: Tensor) -> Tensor:
    """``mse_loss(normalize(threshold(masks, 0, 0)), truth)``, over the axis of one channel, as it is often copied."""
    binary = functional.normalize(functional.threshold(logits[:, None], 0.0, 0.0))
    return functional.mse_loss(binary, targets[:, None], reduction="none").flatten(1).mean(1)


def disc(side: int = 32, radius: float = 8) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return ((rows - 15) ** 2 + (columns - 13) ** 2 < radius**2).float()[None]


def gradient(loss: Loss, logits: Tensor, targets: Tensor) -> Tensor:
    given = logits.clone().requires_grad_(True)
    loss(given, targets).sum().backward()  # type: ignore[no-untyped-call]
    assert given.grad is not None
    return given.grad


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(0))


def test_the_published_recipe_learns_nothing_and_ours_does(logits: Tensor) -> None:
    assert float(gradient(published, logits, disc()).abs().max()) == 0.0
    for ours in (mask_loss, box_loss):
        assert float(gradient(ours, logits, disc()).norm()) > 1e-3


def test_a_step_down_makes_the_mask_better_everywhere(logits: Tensor) -> None:
    down = -gradient(mask_loss, logits, disc())
    assert bool(((down > 0) == (disc() > 0)).all())


@pytest.mark.parametrize("loss", [mask_loss, box_loss])
def test_the_truth_costs_next_to_nothing_and_less_than_its_shift(loss: Loss) -> None:
    truth = disc()
    found, beside = 20 * (truth - 0.5), 20 * (truth.roll(6, 2) - 0.5)
    assert float(loss(found, truth)) < 0.02 < 0.1 < float(loss(beside, truth))


def test_what_is_replayed_unchanged_has_no_gradient() -> None:
    """The base's own soft answers are the minimum: a decoder that still gives them is not pushed anywhere."""
    said = torch.randn(2, 16, 16, generator=torch.Generator().manual_seed(1))
    assert float(gradient(mask_loss, said, said.sigmoid()).abs().max()) < 1e-7


def test_of_a_box_only_its_sides_are_asked_for() -> None:
    """A diamond that touches all sides of the box fills half of it and is as good as the filled box."""
    rows, columns = torch.meshgrid(torch.arange(33), torch.arange(33), indexing="ij")
    box = ((rows - 16).abs().maximum((columns - 16).abs()) <= 8).float()[None]
    diamond = ((rows - 16).abs() + (columns - 16).abs() <= 8).float()[None]
    assert float(box_loss(40 * (diamond - 0.5), box)) == pytest.approx(float(box_loss(40 * (box - 0.5), box)), abs=1e-4)
    assert float(mask_loss(40 * (diamond - 0.5), box)) > 0.3


def test_iou_of_each_row() -> None:
    truth = disc()
    both = torch.cat([truth - 0.5, -torch.ones_like(truth)])
    assert iou(both, truth.expand(2, -1, -1)).tolist() == [1.0, 0.0]
