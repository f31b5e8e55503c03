"""The outline that snaps to edges."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.classical import assist
from apps.inference.service.masks import decode_mask

CENTRE, RADIUS = 150, 80


def disc(size: int = 300) -> NDArray[np.uint8]:
    image = np.random.default_rng(0).normal(60, 4, (size, size, 3))
    scale = size / 300
    cv2.circle(image, (int(CENTRE * scale),) * 2, int(RADIUS * scale), (200.0, 150.0, 90.0), -1)
    return np.clip(image, 0, 255).astype(np.uint8)


def anchors(count: int, scale: float = 1.0) -> tuple[tuple[float, float], ...]:
    turns = 2 * np.pi * np.arange(count) / count
    return tuple((scale * (CENTRE + RADIUS * np.cos(a)), scale * (CENTRE + RADIUS * np.sin(a))) for a in turns.tolist())


def truth(size: int = 300) -> NDArray[np.bool_]:
    mask = np.zeros((size, size), np.uint8)
    cv2.circle(mask, (int(CENTRE * size / 300),) * 2, int(RADIUS * size / 300), 1, -1)
    return mask.astype(np.bool_)


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


@pytest.mark.parametrize("size", [300, 1500])
def test_four_anchors_follow_a_circle(size: int) -> None:
    """Four points joined by straight lines enclose .64 of it."""
    answer = assist(disc(size), wire.Prompts(anchors=anchors(4, size / 300)))
    (found,) = answer.candidates
    assert overlap(decode_mask(found.mask), truth(size)) > 0.95
    assert found.polygons
    assert found.score is None


def test_the_path_goes_through_every_anchor_and_back() -> None:
    stops = anchors(5)
    path = assist(disc(), wire.Prompts(anchors=stops)).path
    assert path[0] == stops[0]
    assert path[-1] != stops[0]  # closed: not said twice
    assert set(stops) <= set(path)


def test_an_open_outline_is_a_path_and_no_mask() -> None:
    answer = assist(disc(), wire.Prompts(anchors=anchors(4)[:2], closed=False))
    assert answer.candidates == []
    assert answer.path[0] == anchors(4)[0]
    assert answer.path[-1] == anchors(4)[1]
    middle = np.array(answer.path[1:-1])
    assert len(middle)
    assert (np.abs(np.hypot(middle[:, 0] - CENTRE, middle[:, 1] - CENTRE) - RADIUS) < 3).all()


def test_one_anchor_is_the_whole_path() -> None:
    answer = assist(disc(), wire.Prompts(anchors=((10.0, 20.0),)))
    assert answer.path == [(10.0, 20.0)]
    assert answer.candidates == []


def test_two_anchors_close_nothing() -> None:
    assert assist(disc(), wire.Prompts(anchors=anchors(4)[:2])).candidates == []


def test_anchors_said_twice_and_outside_are_borne() -> None:
    answer = assist(
        disc(), wire.Prompts(anchors=((-5.0, 150.0), (-5.0, 150.0), (150.0, -20.0), (400.0, 400.0), (-5.0, 150.0)))
    )
    assert all(0 <= x <= 300 and 0 <= y <= 300 for x, y in answer.path)


def test_the_same_anchors_give_the_same_path() -> None:
    asked = wire.Prompts(anchors=anchors(6))
    assert assist(disc(), asked).path == assist(disc(), asked).path
