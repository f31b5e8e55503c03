"""What is minimised. All take logits (n, h, w) and targets (n, h, w) in [0, 1] and answer (n,).

The published tutorial's MSE on ``normalize(threshold(x))`` has gradient exactly 0 (x / |x| is 1 wherever it is not 0),
so that a job which copies it succeeds and learns nothing; a test keeps the difference.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SMOOTH = 1.0


def dice(logits: Tensor, targets: Tensor) -> Tensor:
    """1 - Dice coefficient of the probabilities (Milletari et al. 2016, section 3)."""
    found = logits.sigmoid().flatten(1)
    wanted = targets.flatten(1)
    both = 2 * (found * wanted).sum(1) + SMOOTH
    return 1 - both / (found.square().sum(1) + wanted.square().sum(1) + SMOOTH)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, targets, reduction="none").flatten(1).mean(1)


def mask_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Dice + binary cross entropy."""
    return dice(logits, targets) + cross_entropy(logits, targets)


def box_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """For objects of which only the box is known: the mask's shadow on either axis must be the box's.

    Tian et al. 2021 (BoxInst), section 3.1, the projection loss.
    """
    shadows = [(logits.amax(axis), targets.amax(axis)) for axis in (1, 2)]
    return torch.stack([dice(found[:, None], wanted[:, None]) for found, wanted in shadows]).sum(0)


def iou(logits: Tensor, targets: Tensor) -> Tensor:
    """Of the masks themselves; what the decoder's own score is taught to say. No gradient."""
    found, wanted = (logits > 0).flatten(1), (targets > 0.5).flatten(1)
    union = (found | wanted).sum(1).clamp(min=1)
    return (found & wanted).sum(1) / union
