"""Masks between logits, pictures, run lengths, polygons and prompts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from shapely.geometry import LinearRing, Polygon

from apps.inference import wire
from apps.inference.service.embeddings import Embedding
from apps.inference.service.masks import (
    BadMask,
    candidate_from_mask,
    candidates,
    decode_mask,
    encode_mask,
    mask_prompt,
    polygons,
)
from apps.inference.service.outlines import MOST_RINGS, MOST_VERTICES, Parts
from apps.inference.service.segmenter import Decoded

Bools = NDArray[np.bool_]


def noise(seed: int, height: int, width: int, share: float) -> Bools:
    return np.random.default_rng(seed).random((height, width)) < share


def ragged(seed: int, side: int = 200) -> Bools:
    """A blob with an edge like a model's, some specks, and a hole."""
    random = np.random.default_rng(seed)
    low = np.zeros((side // 4, side // 4), np.float32)
    cv2.ellipse(low, (side // 8, side // 8), (side // 10, side // 14), seed * 20, 0, 360, 1.0, -1)
    cv2.circle(low, (side // 8, side // 8), side // 40, 0.0, -1)
    low += random.normal(0, 0.15, low.shape).astype(np.float32)
    return cv2.resize(low, (side, side), interpolation=cv2.INTER_LINEAR) > 0.5


def overlap(one: Bools, other: Bools) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def drawn(parts: Parts, shape: tuple[int, int]) -> Bools:
    """As COCO's own tools draw polygons; a hole takes away."""
    out = np.zeros(shape, np.bool_)
    for part in parts:
        for ring in part:
            (drawing,) = coco_mask.frPyObjects([[value for point in ring for value in point]], *shape)
            out ^= decode_mask(wire.Mask(shape, drawing["counts"].decode()))
    return out


def embedding(size: tuple[int, int], side: int = 1024) -> Embedding:
    scale = side / max(size)
    input_size = (int(size[0] * scale + 0.5), int(size[1] * scale + 0.5))
    return Embedding(np.zeros((1, side // 16, side // 16), np.int8), np.ones(1, np.float32), size, input_size)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.95, 1.0])
def test_run_lengths_are_those_of_the_reference_and_come_back(share: float) -> None:
    random = np.random.default_rng(3)
    for seed in range(20):
        height, width = (int(value) for value in random.integers(1, 24, 2))
        mask = noise(seed, height, width, share)
        packed = encode_mask(mask)
        reference = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
        assert packed == wire.Mask((height, width), reference["counts"].decode())
        assert np.array_equal(decode_mask(packed), mask)


def test_an_object_in_a_corner_of_a_large_image_comes_back() -> None:
    mask = np.zeros((700, 900), np.bool_)
    mask[650:, 850:] = True
    mask[0, 0] = True
    assert np.array_equal(decode_mask(encode_mask(mask)), mask)


@pytest.mark.parametrize(
    ("size", "counts"),
    [
        ((4, 4), ""),
        ((4, 4), "0"),  # one run of nothing
        ((4, 4), "ooooooooooo"),  # a run that never ends
        ((4, 4), "o" * 9 + "0"),  # a run longer than any image
        ((4, 4), "é"),
        ((4, 4), "\x7f\x00"),
        ((4, 4), "b0b0"),
        ((4, 4), "O1"),  # a negative run
        ((0, 4), "0"),
        ((-4, -4), "@0"),
        ((1 << 40, 1 << 40), "0"),
        ((4, 4), "PPPPPPPP" * 1000),
    ],
)
def test_hostile_run_lengths_are_refused(size: tuple[int, int], counts: str) -> None:
    with pytest.raises(BadMask) as refused:
        decode_mask(wire.Mask(size, counts))
    assert refused.value.code == "bad_mask"


def test_random_text_never_does_worse_than_be_refused() -> None:
    random = np.random.default_rng(1)
    for _ in range(500):
        text = "".join(chr(value) for value in random.integers(40, 120, int(random.integers(1, 12))))
        try:
            assert decode_mask(wire.Mask((6, 5), text)).shape == (6, 5)
        except BadMask:
            continue


@pytest.mark.parametrize("seed", range(12))
def test_polygons_meet_the_mask_and_are_what_the_server_takes(seed: int) -> None:
    mask = ragged(seed)
    parts = polygons(mask)
    assert overlap(drawn(parts, (200, 200)), mask) >= 0.99
    for part in parts:
        for ring in part:
            assert shapely.is_valid(LinearRing(ring))
            assert shapely.is_valid(Polygon(ring))
            assert all(0 <= x <= 200 and 0 <= y <= 200 for x, y in ring)
        assert shapely.is_valid(Polygon(part[0], part[1:]))


def test_a_smooth_object_takes_few_vertices() -> None:
    disc = np.zeros((400, 400), np.uint8)
    cv2.circle(disc, (200, 200), 120, 1, -1)
    (part,) = polygons(disc.astype(np.bool_))
    (ring,) = part
    assert len(ring) < 60


def test_a_rectangle_keeps_its_size_and_four_corners() -> None:
    mask = np.zeros((40, 60), np.bool_)
    mask[10:20, 30:60] = True
    ((ring,),) = polygons(mask)
    assert {tuple(point) for point in ring} == {(30, 10), (60, 10), (60, 20), (30, 20)}


def test_holes_and_parts_are_kept() -> None:
    mask = np.zeros((100, 200), np.bool_)
    mask[10:90, 10:90] = True
    mask[30:60, 30:60] = False
    mask[40:50, 40:50] = True  # an island in the hole
    mask[10:90, 110:190] = True
    parts = polygons(mask)
    assert sorted(len(part) for part in parts) == [1, 1, 2]
    assert np.array_equal(drawn(parts, (100, 200)), mask)


def test_specks_are_left_out_where_the_mask_is_met_without_them() -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[20:80, 20:80] = True
    mask[5, 5] = True
    mask[50, 50] = False
    assert [len(part) for part in polygons(mask)] == [1]


def test_a_single_pixel_and_a_thin_line_have_an_outline() -> None:
    for where in (np.s_[3:4, 5:6], np.s_[3:4, 2:9], np.s_[0:10, 9:10]):
        mask = np.zeros((10, 10), np.bool_)
        mask[where] = True
        ((ring,),) = polygons(mask)
        assert Polygon(ring).area == mask.sum()


def test_parts_that_touch_at_a_corner_become_simple_rings() -> None:
    mask = np.zeros((8, 8), np.bool_)
    mask[0:4, 0:4] = mask[4:8, 4:8] = True
    parts = polygons(mask)
    assert np.array_equal(drawn(parts, (8, 8)), mask)
    assert all(shapely.is_valid(Polygon(part[0], part[1:])) for part in parts)


def test_noise_stays_within_what_the_server_takes() -> None:
    parts = polygons(noise(0, 600, 600, 0.5))
    rings = [ring for part in parts for ring in part]
    assert 0 < len(rings) <= MOST_RINGS
    assert sum(len(ring) for ring in rings) <= MOST_VERTICES
    assert all(shapely.is_valid(Polygon(part[0], part[1:])) for part in parts)


def test_nothing_has_no_outline() -> None:
    assert polygons(np.zeros((5, 5), np.bool_)) == []


def test_a_candidate_says_where_and_how_large_it_is() -> None:
    mask = np.zeros((50, 80), np.bool_)
    mask[5:15, 20:50] = True
    found = candidate_from_mask(mask, 0.5)
    assert found.bbox == (20.0, 5.0, 30.0, 10.0)
    assert found.area == 300
    assert found.score == 0.5
    assert np.array_equal(decode_mask(found.mask), mask)
    assert len(found.polygons) == 1


def test_an_empty_mask_is_no_candidate() -> None:
    with pytest.raises(BadMask):
        candidate_from_mask(np.zeros((5, 5), np.bool_), None)


def logits_of(centre: tuple[float, float], radius: float, side: int = 256) -> NDArray[np.float32]:
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    return np.asarray(radius - np.hypot(columns - centre[0], rows - centre[1]), np.float32)


@pytest.mark.parametrize("size", [(300, 400), (1500, 2250), (900, 600)])
@pytest.mark.parametrize("radius", [6.0, 30.0, 90.0])
def test_logits_become_the_mask_that_two_steps_of_bilinear_resizing_give(size: tuple[int, int], radius: float) -> None:
    code = embedding(size)
    logits = logits_of((70.0, 60.0), radius)
    (found,) = candidates(Decoded(logits[None], np.array([0.9], np.float32)), code)
    height, width = code.input_size
    enlarged = cv2.resize(logits, (1024, 1024), interpolation=cv2.INTER_LINEAR)[:height, :width]
    expected = cv2.resize(enlarged, (size[1], size[0]), interpolation=cv2.INTER_LINEAR) > 0
    mask = decode_mask(found.mask)
    assert mask.shape == size
    assert overlap(mask, expected) > 0.998
    assert found.area == mask.sum()


def test_the_best_comes_first_and_empty_ones_do_not_come() -> None:
    nothing = np.full((256, 256), -5.0, np.float32)
    logits = np.stack([logits_of((60, 60), 20), nothing, logits_of((60, 60), 30)])
    found = candidates(Decoded(logits, np.array([0.2, 0.9, 0.7], np.float32)), embedding((500, 500)))
    assert [round(candidate.score or 0, 2) for candidate in found] == [0.7, 0.2]


def test_what_lies_in_the_padding_is_no_object() -> None:
    logits = logits_of((128, 230), 10)  # below an image that is wider than high
    assert candidates(Decoded(logits[None], np.ones(1, np.float32)), embedding((500, 1000))) == []


def test_a_mask_becomes_a_prompt_that_becomes_the_mask() -> None:
    size = (600, 900)
    mask = np.zeros(size, np.uint8)
    cv2.ellipse(mask, (500, 300), (200, 120), 30, 0, 360, 1, -1)
    code = embedding(size)
    prompt = mask_prompt(mask.astype(np.bool_), code)
    assert prompt.shape == (256, 256)
    assert prompt.dtype == np.float32
    assert prompt.min() == -10
    assert prompt.max() == 10
    assert (prompt[171:] == -10).all()  # the padding below
    (found,) = candidates(Decoded(prompt[None], np.ones(1, np.float32)), code)
    assert overlap(decode_mask(found.mask), mask.astype(np.bool_)) > 0.98


def test_a_small_model_gets_a_small_prompt() -> None:
    assert mask_prompt(np.ones((200, 100), np.bool_), embedding((200, 100), side=256)).shape == (64, 64)


def test_a_mask_of_another_image_is_no_prompt() -> None:
    with pytest.raises(BadMask):
        mask_prompt(np.ones((20, 10), np.bool_), embedding((200, 100)))
