"""The assistants without weights, on shapes drawn here: what they find, and that they say where they may not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.classical import MOST_POINTS, assist
from apps.inference.service.masks import decode_mask, encode_mask
from apps.inference.service.refusals import Refusal

Bools = NDArray[np.bool_]
SIDE = 256


@dataclass(frozen=True)
class Scene:
    image: NDArray[np.uint8]
    truth: Bools

    @property
    def box(self) -> tuple[float, float, float, float]:
        x, y, width, height = cv2.boundingRect(self.truth.view(np.uint8))
        return float(x), float(y), float(width), float(height)

    @property
    def centre(self) -> wire.Point:
        """The middle of the largest disc inside, where a hand would click."""
        depth = cv2.distanceTransform(np.pad(self.truth.view(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        return wire.Point(float(x), float(y), 1)


def texture(random: np.random.Generator, base: NDArray[np.float64]) -> NDArray[np.float64]:
    """One colour with a slope, or soft noise over it."""
    grid = np.linspace(-1, 1, SIDE)
    if random.random() < 0.5:
        slope = grid[None, :, None] * random.uniform(-30, 30, 3) + grid[:, None, None] * random.uniform(-30, 30, 3)
        return base + slope
    coarse = random.normal(0, 1, (16, 16, 3)).astype(np.float32)
    return base + cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) * random.uniform(5, 20)


def scene(seed: int) -> Scene:
    """A blob, polygon or ellipse of one texture on another, soft at its edge, with noise."""
    random = np.random.default_rng(seed)
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    reach = SIDE * random.uniform(0.12, 0.3)
    radius = 1 + sum(random.normal(0, 0.25 / n) * np.cos(n * turns + random.uniform(0, 6)) for n in range(1, 5))
    x, y = random.uniform(SIDE * 0.35, SIDE * 0.65, 2)
    points = np.stack([x + reach * radius * np.cos(turns), y + reach * radius * np.sin(turns)], axis=1)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 1)
    ground = random.uniform(40, 200, 3)
    away = random.uniform(40, 80, 3) * random.choice([-1, 1], 3)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)[..., None]
    picture = texture(random, ground) * (1 - soft) + texture(random, ground + away) * soft
    picture += random.normal(0, 5, picture.shape)
    return Scene(np.clip(picture, 0, 255).astype(np.uint8), mask.astype(np.bool_))


def stamp(seed: int) -> Scene:
    """A hollow ring of ink on paper; what is meant is all that it encloses."""
    random = np.random.default_rng(seed)
    picture = np.full((SIDE, SIDE, 3), 235.0)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    centre = tuple(int(value) for value in random.uniform(90, 160, 2))
    axes = (int(random.uniform(40, 60)), int(random.uniform(30, 45)))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1, -1)
    cv2.ellipse(picture, centre, axes, 0, 0, 360, (60.0, 60.0, 180.0), 2)
    picture += random.normal(0, 4, picture.shape)
    return Scene(np.clip(picture, 0, 255).astype(np.uint8), mask.astype(np.bool_))


def overlap(one: Bools, other: Bools) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def first(answer: wire.Assist) -> Bools:
    return decode_mask(answer.candidates[0].mask)


def test_a_box_finds_what_the_measured_method_finds() -> None:
    """On the larger set of photographs that the method was chosen by, its mean IoU is .89; these shapes are easier."""
    found = [overlap(first(assist(one.image, wire.Prompts(box=one.box))), one.truth) for one in map(scene, range(16))]
    assert np.mean(found) > 0.9
    assert np.median(found) > 0.95


def test_a_loose_box_is_tightened() -> None:
    one = scene(3)
    x, y, width, height = one.box
    loose = (x - 0.15 * width, y - 0.15 * height, 1.3 * width, 1.3 * height)
    assert overlap(first(assist(one.image, wire.Prompts(box=loose))), one.truth) > 0.9


def test_one_click_offers_several_sizes_and_the_object_is_among_them() -> None:
    best, offered = [], []
    for one in map(scene, range(8)):
        answer = assist(one.image, wire.Prompts(points=(one.centre,)))
        offered.append(len(answer.candidates))
        best.append(max(overlap(decode_mask(found.mask), one.truth) for found in answer.candidates))
    assert np.mean(best) > 0.8
    assert max(offered) > 1


def test_the_answer_is_called_classical_and_claims_no_score() -> None:
    one = scene(0)
    answer = assist(one.image, wire.Prompts(box=one.box))
    assert answer.model == "classical"
    assert all(found.score is None for found in answer.candidates)
    assert answer.token == ""
    assert not answer.warming
    assert answer.candidates[0].polygons


def test_the_same_ask_has_the_same_answer() -> None:
    one = scene(5)
    for prompts in (wire.Prompts(box=one.box), wire.Prompts(points=(one.centre,))):
        answers = [msgspec.structs.replace(assist(one.image, prompts), decode_ms=0.0) for _ in range(2)]
        assert answers[0] == answers[1]


def two_discs() -> NDArray[np.uint8]:
    image = np.full((200, 300, 3), 60, np.uint8)
    cv2.circle(image, (90, 100), 40, (220, 180, 40), -1)
    cv2.circle(image, (210, 100), 40, (220, 180, 40), -1)
    return image


def test_a_click_in_the_box_chooses_which_part_is_meant() -> None:
    both = (30.0, 40.0, 240.0, 120.0)
    for x in (90, 210):
        mask = first(assist(two_discs(), wire.Prompts(box=both, points=(wire.Point(x, 100, 1),))))
        assert mask[100, x]
        assert not mask[100, 300 - x]


def test_a_click_that_takes_away_takes_away() -> None:
    image = np.full((200, 200, 3), 60, np.uint8)
    image[60:140, 40:100] = (220, 180, 40)
    image[60:140, 100:160] = (200, 40, 180)
    box = (35.0, 55.0, 130.0, 90.0)
    whole = first(assist(image, wire.Prompts(box=box)))
    assert whole[100, 130]
    points = (wire.Point(70, 100, 1), wire.Point(130, 100, 0))
    left = first(assist(image, wire.Prompts(box=box, points=points)))
    assert left[100, 70]
    assert not left[100, 130]


def test_a_saved_mask_is_refined() -> None:
    one = scene(7)
    rough = cv2.dilate(one.truth.view(np.uint8), np.ones((13, 13), np.uint8)).astype(np.bool_)
    refined = first(assist(one.image, wire.Prompts(mask=encode_mask(rough))))
    assert overlap(refined, one.truth) > max(0.9, overlap(rough, one.truth))


def test_a_hollow_object_is_found_by_what_its_strokes_enclose_and_the_note_says_so() -> None:
    for one in map(stamp, range(4)):
        answer = assist(one.image, wire.Prompts(box=one.box))
        assert answer.note
        assert overlap(first(answer), one.truth) > 0.7


def test_a_plain_surface_gives_nothing_or_a_warning() -> None:
    plain = np.full((100, 100, 3), 128, np.uint8)
    assert assist(plain, wire.Prompts(box=(20, 20, 40, 40))).note
    assert assist(plain, wire.Prompts(points=(wire.Point(50, 50, 1),))).note


def test_a_clear_object_has_no_warning() -> None:
    assert assist(two_discs(), wire.Prompts(box=(45, 55, 90, 90))).note == ""


def test_clicks_that_only_take_away_have_nothing_to_take_from() -> None:
    answer = assist(two_discs(), wire.Prompts(points=(wire.Point(90, 100, 0),)))
    assert answer.candidates == []
    assert "Click on the object" in answer.note


@pytest.mark.parametrize(
    "box",
    [
        (10.0, 10.0, 1.0, 1.0),
        (10.4, 10.4, 0.2, 0.2),
        (0.0, 0.0, 300.0, 200.0),
        (-50.0, -50.0, 500.0, 500.0),
        (299.0, 199.0, 5.0, 5.0),
    ],
)
def test_tiny_and_huge_boxes_do_not_break_it(box: tuple[float, float, float, float]) -> None:
    answer = assist(two_discs(), wire.Prompts(box=box))
    assert all(found.area > 0 for found in answer.candidates)


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 400)])
def test_tiny_images_do_not_break_it(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    for prompts in (
        wire.Prompts(box=(0, 0, shape[1], shape[0])),
        wire.Prompts(points=(wire.Point(0, 0, 1),)),
        wire.Prompts(anchors=((0, 0), (1, 1), (0, 1))),
    ):
        found = assist(image, prompts).candidates
        assert all(one.mask.size == shape and 0 < one.area <= shape[0] * shape[1] for one in found)


def test_a_large_photograph_is_answered_at_its_own_size() -> None:
    one = scene(2)
    large = cv2.resize(one.image, (1280, 1280), interpolation=cv2.INTER_CUBIC)
    truth = cv2.resize(one.truth.view(np.uint8), (1280, 1280), interpolation=cv2.INTER_NEAREST).astype(np.bool_)
    x, y, width, height = (5 * value for value in one.box)
    mask = first(assist(large.astype(np.uint8), wire.Prompts(box=(x, y, width, height))))
    assert mask.shape == (1280, 1280)
    assert overlap(mask, truth) > 0.93


@pytest.mark.parametrize(
    "prompts",
    [
        wire.Prompts(box=(float("nan"), 0, 5, 5)),
        wire.Prompts(box=(400, 0, 5, 5)),
        wire.Prompts(box=(5, 5, 0, 5)),
        wire.Prompts(points=(wire.Point(float("inf"), 0, 1),)),
        wire.Prompts(points=(wire.Point(1, 1, 1),) * (MOST_POINTS + 1)),
        wire.Prompts(anchors=((1.0, 1.0),) * (MOST_POINTS + 1)),
        wire.Prompts(mask=wire.Mask((5, 5), "i0")),
    ],
)
def test_what_makes_no_sense_is_refused(prompts: wire.Prompts) -> None:
    with pytest.raises(Refusal) as refused:
        assist(two_discs(), prompts)
    assert refused.value.code == "bad_prompts"
