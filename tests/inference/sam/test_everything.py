"""All objects of an image, from a model that answers what the test wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.masks import decode_mask
from apps.inference.service.sam.everything import find_everything, grid, stability, suppressed
from apps.inference.service.segmenter import DecodeAsk, Decoded
from apps.inference.wire import CLASSICAL, EverythingAsk, ImageRef

EMBEDDING = Embedding.of(np.ones((4, 16, 16), np.float32), (96, 128), (192, 256))
OBJECTS = {"left": (8, 16, 40, 72), "right": (72, 24, 120, 88)}
"""x0 y0 x1 y1 in the image; the masks have half as many pixels."""


def asked(**changes: Any) -> EverythingAsk:
    image = ImageRef(key="a.png", sha256="0" * 64, width=128, height=96)
    return EverythingAsk(**{"model": CLASSICAL, "image": image, "points_per_side": 4, "min_area": 10, **changes})


class Model:
    """Finds the object under a click, sure and sharp; beside it a vague mask and an unsure one."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def decode(self, asks: Sequence[DecodeAsk]) -> list[Decoded]:
        self.sizes.append(len(asks))
        return [self.one(*ask.points[0]) for ask in asks]

    def one(self, x: float, y: float) -> Decoded:
        logits = np.full((3, 64, 64), -8.0, np.float32)
        for x0, y0, x1, y1 in OBJECTS.values():
            if x0 <= x < x1 and y0 <= y < y1:
                logits[0, y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = 8
        logits[1, 4:20, 4:20] = 0.5
        logits[2, 30:40, 30:60] = 8
        return Decoded(logits, np.array([0.9 + x / 1e4, 0.95, 0.5], np.float32))


def test_each_object_once_and_only_what_is_sure_and_stable() -> None:
    model = Model()
    found = find_everything(asked(), EMBEDDING, model.decode, at_once=3)
    assert sum(model.sizes) == 16
    assert max(model.sizes) == 3
    assert [one.bbox for one in found] == [(72.0, 24.0, 48.0, 64.0), (8.0, 16.0, 32.0, 56.0)]
    assert [round(one.score or 0, 3) for one in found] == [0.911, 0.902]
    mask = decode_mask(found[1].mask)
    assert mask[16:72, 8:40].all()
    assert mask.sum() == found[1].area == 32 * 56


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"min_score": 0.99}, 0),
        ({"min_score": 0.4}, 3),
        ({"min_stability": 0.0}, 3),
        ({"min_area": 2000}, 1),
        ({"most": 1}, 1),
        ({"most": 0}, 0),
    ],
)
def test_what_is_kept(changes: dict[str, Any], count: int) -> None:
    assert len(find_everything(asked(**changes), EMBEDDING, Model().decode)) == count


def test_masks_are_whole_at_the_edge_and_without_the_padding() -> None:
    """Rows 48 to 63 of the logits lie below the image."""

    def decode(asks: Sequence[DecodeAsk]) -> list[Decoded]:
        logits = np.full((1, 64, 64), 8.0, np.float32)
        logits[0, :10] = -8
        return [Decoded(logits, np.array([0.95], np.float32)) for _ in asks]

    (found,) = find_everything(asked(), EMBEDDING, decode)
    assert found.bbox == (0.0, 20.0, 128.0, 76.0)


def test_points_are_the_middles_of_their_cells() -> None:
    assert grid(2, (40, 80)).tolist() == [[20, 10], [60, 10], [20, 30], [60, 30]]


def test_stability_is_the_iou_of_two_thresholds() -> None:
    assert stability(np.array([[2.0, 0.5], [-0.5, -3]], np.float32)) == pytest.approx(1 / 3)
    assert stability(np.full((2, 2), -9.0, np.float32)) == 0


def test_suppression_is_greedy_from_the_best() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 8], [20, 20, 30, 30]], np.float64)
    assert suppressed(boxes, [0.8, 0.9, 0.7, 0.6], 0.85) == [1, 3]
    assert suppressed(boxes, [0.9, 0.7, 0.8, 0.6], 0.85) == [0, 2, 3]
    assert suppressed(np.zeros((0, 4)), [], 0.7) == []


def test_same_boxes_as_torchvisions_suppression() -> None:
    import torch

    from apps.inference.service.sam.stand_in import batched_nms

    random = np.random.default_rng(0)
    corners = random.uniform(0, 80, (60, 2))
    boxes, scores = np.concatenate([corners, corners + random.uniform(5, 40, (60, 2))], 1), random.permutation(60) / 60
    theirs = batched_nms(torch.from_numpy(boxes), torch.from_numpy(scores), torch.zeros(60), 0.5)
    assert suppressed(boxes, list(scores), 0.5) == theirs.tolist()


def test_answer_is_a_message() -> None:
    found = find_everything(asked(), EMBEDDING, Model().decode)
    assert all(isinstance(one, wire.Candidate) for one in found)
