"""Every kind of geometry: what is sound passes unchanged, what is not is named by pointer."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from apps.common.errors import Invalid
from apps.labels.logic import check_geometry
from apps.labels.logic.masks import compress
from apps.labels.logic.numbers import MAX_VERTICES
from tests.apps.labels.strategies import HEIGHT, SHAPES, WIDTH
from tests.factories.labels import SIZE

NAMES = ("wrist", "thumb", "index")


def refusal(shape: str, geometry: Any, size: tuple[int, int] = SIZE) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        check_geometry(shape, geometry, size=size, points=NAMES)
    (error,) = caught.value.errors
    return error.pointer, error.code


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_sound_passes(shape: str) -> None:
    @settings(max_examples=40, deadline=None)
    @given(SHAPES[shape][1])
    def check(geometry: Any) -> None:
        before = copy.deepcopy(geometry)
        extent = check_geometry(shape, geometry, size=SIZE, points=NAMES)
        assert geometry == before
        assert extent is not None
        assert -0.01 <= extent.x <= extent.x + extent.width <= WIDTH + 0.01
        assert -0.01 <= extent.y <= extent.y + extent.height <= HEIGHT + 0.01
        assert 0 <= extent.area <= extent.width * extent.height + 1e-6

    check()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), JSON)
def test_nonsense_is_refused_and_never_breaks(shape: str, geometry: Any) -> None:
    pointer, _ = refusal(shape, geometry)
    assert pointer.startswith("/geometry")


@pytest.mark.parametrize("shape", SHAPES)
def test_one_spoiled_value_is_refused(shape: str) -> None:
    @settings(max_examples=30, deadline=None)
    @given(
        SHAPES[shape][1], st.sampled_from([float("nan"), float("inf"), 1e308, -5, 10**400, "1", True, None]), st.data()
    )
    def check(geometry: Any, bad: Any, data: st.DataObject) -> None:
        places = [place for place in numbers(geometry) if not (bad == -5 and place[1] == "angle")]
        holder, key = data.draw(st.sampled_from(places))
        holder[key] = bad
        refusal(shape, geometry)

    check()


def numbers(value: Any) -> list[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, item in items:
        if isinstance(item, (int, float)):
            found.append((value, key))
        found += numbers(item)
    return found


def test_boxes_touch_the_border_exactly() -> None:
    whole = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}
    assert check_geometry("bounding_box", whole, size=SIZE) is not None
    assert refusal("bounding_box", {**whole, "x": 1}) == ("/geometry", "outside_image")
    assert refusal("bounding_box", {**whole, "x": -1}) == ("/geometry", "outside_image")
    assert refusal("bounding_box", {**whole, "width": 0}) == ("/geometry/width", "zero_size")
    assert refusal("bounding_box", {**whole, "depth": 1}) == ("/geometry/depth", "unknown_field")
    assert refusal("bounding_box", {"x": 0, "y": 0, "width": 1}) == ("/geometry/height", "missing")


def test_rotated_boxes_turn_clockwise() -> None:
    box = {"cx": 100, "cy": 100, "width": 60, "height": 20, "angle": 90}
    extent = check_geometry("rotatable_bounding_box", box, size=SIZE)
    assert extent is not None
    assert (extent.x, extent.y, extent.width, extent.height) == pytest.approx((90, 70, 20, 60))
    assert refusal("rotatable_bounding_box", {**box, "cy": 25}) == ("/geometry", "outside_image")
    assert refusal("rotatable_bounding_box", {**box, "angle": 361}) == ("/geometry/angle", "out_of_range")


SQUARE = [[0, 0], [100, 0], [100, 100], [0, 100]]
HOLE = [[10, 10], [20, 10], [20, 20], [10, 20]]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], ("/geometry/polygons", "not_a_list")),
        ([[]], ("/geometry/polygons/0", "not_a_list")),
        ([[SQUARE], [[[0, 0], [9, 0], [0, 9], [9, 9]]]], ("/geometry/polygons/1/0", "not_simple")),
        ([[SQUARE, [[1, 1], [2, 2], [1, 1]]]], ("/geometry/polygons/0/1", "too_few_points")),
        ([[SQUARE, [[200, 200], [220, 200], [220, 220]]]], ("/geometry/polygons/0", "bad_holes")),
        ([[SQUARE, HOLE, HOLE]], ("/geometry/polygons/0", "bad_holes")),
        ([[[[0, 0], [10, 0], [20, 0]]]], ("/geometry/polygons/0/0", "not_simple")),
        ([[[[0, 0], [10, 0], [641, 5]]]], ("/geometry/polygons/0/0/2", "outside_image")),
        ([[[[0, 0], [10, 0], [5]]]], ("/geometry/polygons/0/0/2", "not_a_point")),
        ([[[[i % 9, i % 7] for i in range(MAX_VERTICES + 1)]]], ("/geometry/polygons/0/0", "too_many_points")),
        ([[SQUARE] * 1001], ("/geometry/polygons/0", "too_many_rings")),
    ],
)
def test_broken_polygons_are_named(parts: Any, expected: tuple[str, str]) -> None:
    assert refusal("polygon", {"polygons": parts}) == expected


def test_a_hole_lessens_the_area() -> None:
    extent = check_geometry("polygon", {"polygons": [[[*SQUARE, SQUARE[0]], HOLE]]}, size=SIZE)
    assert extent is not None
    assert (extent.width, extent.height, extent.area) == (100, 100, 9900)


def test_skeletons_follow_their_template() -> None:
    points = [{"name": name, "x": 5, "y": 6, "visibility": 2} for name in NAMES]
    assert refusal("skeleton", {"points": points[:2]}) == ("/geometry/points", "missing_point")
    assert refusal("skeleton", {"points": [*points, points[0]]}) == ("/geometry/points/3/name", "repeated_point")
    assert refusal("skeleton", {"points": [{**points[0], "name": "toe"}]}) == (
        "/geometry/points/0/name",
        "unknown_point",
    )
    hidden = [{**point, "visibility": 0} for point in points]
    assert refusal("skeleton", {"points": hidden}) == ("/geometry/points", "empty")
    assert refusal("skeleton", {"points": [{**points[0], "visibility": True}]})[1] == "bad_visibility"


def test_classifications_have_no_geometry() -> None:
    assert check_geometry("classification", None, size=SIZE) is None
    assert refusal("classification", {}) == ("/geometry", "not_null")
    with pytest.raises(Invalid) as caught:
        check_geometry("cube", {}, size=SIZE, pointer="/upsert/3/geometry")
    assert caught.value.errors[0].pointer == "/upsert/3/shape"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 2**32))
def test_masks_agree_with_their_pixels(height: int, width: int, share: float, seed: int) -> None:
    pixels = np.asfortranarray(np.random.default_rng(seed).random((height, width)) < share).astype(np.uint8)
    geometry = {"size": [height, width], "counts": coco_mask.encode(pixels)["counts"].decode()}
    if not pixels.any():
        assert refusal("bitmask", geometry, (width, height)) == ("/geometry/counts", "empty")
        return
    extent = check_geometry("bitmask", geometry, size=(width, height))
    ys, xs = np.nonzero(pixels)
    assert extent is not None
    assert (extent.x, extent.y, extent.area) == (xs.min(), ys.min(), pixels.sum())
    assert (extent.width, extent.height) == (xs.max() - xs.min() + 1, ys.max() - ys.min() + 1)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(min_codepoint=1, max_codepoint=130), max_size=40))
def test_hostile_counts_are_refused_by_their_text(counts: str) -> None:
    assert refusal("bitmask", {"size": [HEIGHT, WIDTH], "counts": counts}) in {
        ("/geometry/counts", "bad_counts"),
        ("/geometry/counts", "empty"),
    }


def test_masks_of_another_size_are_refused_unread() -> None:
    huge = compress([2**31, 2**31 - 1], width=2**16, height=2**16)
    assert refusal("bitmask", {"size": [HEIGHT, WIDTH], "counts": huge})[1] == "bad_counts"
    assert refusal("bitmask", {"size": [2**20, 2**20], "counts": huge}) == ("/geometry/size", "wrong_size")
    assert refusal("bitmask", {"size": [HEIGHT, WIDTH], "counts": "P" * 4_000_001})[1] == "bad_counts"
    assert refusal("bitmask", {"size": [HEIGHT, WIDTH], "counts": [1, 2]})[1] == "bad_counts"
