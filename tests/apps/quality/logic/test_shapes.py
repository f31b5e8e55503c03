"""From geometries to overlaps and crops: what cannot be read is left out, what can be is measured exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from apps.quality.logic import detection, masks
from apps.quality.logic.checks import Array, BadInput
from apps.quality.shapes.drawing import crops, drawn, pixels_in
from apps.quality.shapes.located import State, located
from apps.quality.shapes.outlines import read_outline
from apps.quality.shapes.overlapping import Item, overlaps, pairs_of, read

SIZE = (120, 90)
SEEDS = st.integers(min_value=0, max_value=10_000)
FEW = settings(max_examples=15, deadline=None)


def bitmask(pixels: Array) -> dict[str, Any]:
    packed = coco_mask.encode(np.asfortranarray(pixels.astype(np.uint8)))
    return {"size": list(packed["size"]), "counts": packed["counts"].decode()}


def disc(cx: float, cy: float, r: float, size: tuple[int, int] = SIZE) -> Array:
    yy, xx = np.mgrid[: size[1], : size[0]]
    return np.asarray((xx - cx) ** 2 + (yy - cy) ** 2 < r**2)


def square(x: float, y: float, side: float) -> list[list[float]]:
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]


def turned(cx: float, cy: float, w: float, h: float, angle: float) -> dict[str, float]:
    return {"cx": cx, "cy": cy, "width": w, "height": h, "angle": angle}


def iou(one: tuple[str, Any], other: tuple[str, Any]) -> float:
    first, second = (read([Item(0, shape, geometry, 0)], [SIZE]) for shape, geometry in (one, other))
    found = pairs_of(first, second, [SIZE]).iou
    return float(found[0]) if len(found) else 0.0


@FEW
@given(SEEDS)
def test_masks_overlap_as_their_pixels_do(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = (disc(rng.uniform(20, 70), rng.uniform(20, 70), rng.uniform(5, 25)) for _ in range(2))
    expected = (one & other).sum() / (one | other).sum()
    assert iou(("bitmask", bitmask(one)), ("bitmask", bitmask(other))) == pytest.approx(expected)


def test_polygons_and_turned_boxes_overlap_exactly() -> None:
    ring = {"polygons": [[square(10, 10, 40), square(20, 20, 20)]]}
    whole = {"polygons": [[square(10, 10, 40)]]}
    assert iou(("polygon", ring), ("polygon", whole)) == pytest.approx(1200 / 1600)
    inside = {"x": 22, "y": 22, "width": 10, "height": 10}
    assert iou(("polygon", ring), ("bounding_box", inside)) == 0
    box = turned(50, 40, 40, 8, 0)
    assert iou(("rotatable_bounding_box", box), ("rotatable_bounding_box", turned(50, 40, 8, 40, 90))) == pytest.approx(
        1
    )
    crossed = iou(("rotatable_bounding_box", box), ("rotatable_bounding_box", turned(50, 40, 40, 8, 90)))
    assert crossed == pytest.approx(64 / (2 * 320 - 64))
    two = {"polygons": [[square(5, 5, 10)], [square(60, 60, 10)]]}
    assert iou(("polygon", two), ("polygon", {"polygons": [[square(5, 5, 10)]]})) == pytest.approx(0.5)


def test_a_polygon_and_a_mask_are_compared_by_pixels() -> None:
    pixels = np.zeros(SIZE[::-1], bool)
    pixels[10:50, 10:50] = True
    pixels[20:40, 20:40] = False
    ring = {"polygons": [[square(10, 10, 40), square(20, 20, 20)]]}
    assert iou(("polygon", ring), ("bitmask", bitmask(pixels))) > 0.9
    assert iou(("bitmask", bitmask(pixels)), ("bounding_box", {"x": 10, "y": 10, "width": 40, "height": 40})) > 0.7


def test_points_and_lines_are_taken_by_their_boxes() -> None:
    at, near, far = ({"x": x, "y": 40} for x in (50, 51, 90))
    assert 0.4 < iou(("keypoint", at), ("keypoint", near)) < 1
    assert iou(("keypoint", at), ("keypoint", far)) == 0
    skeleton = {"points": [{"name": "a", "x": 10, "y": 10, "visibility": 2}, {"name": "b", "x": 40, "y": 30}]}
    hidden = {"points": [*skeleton["points"], {"name": "c", "x": 100, "y": 80, "visibility": 0}]}
    assert iou(("skeleton", skeleton), ("skeleton", hidden)) == pytest.approx(1)
    line = {"points": [[10, 10], [40, 30]]}
    assert iou(("polyline", line), ("skeleton", skeleton)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("shape", "geometry"),
    [
        ("bounding_box", None),
        ("bounding_box", {"x": 1, "y": 1, "width": -4, "height": 4}),
        ("bounding_box", {"x": 1, "y": 1, "width": float("nan"), "height": 4}),
        ("bounding_box", {"x": 500, "y": 1, "width": 4, "height": 4}),
        ("rotatable_bounding_box", {"cx": 5}),
        ("polygon", {"polygons": [[[[1, 1], [2, 2]]]]}),
        ("polygon", {"polygons": [[[[0, 0], [20, 20], [20, 0], [0, 20]]]]}),
        ("bitmask", {"size": [90, 120], "counts": "nonsense \u1234"}),
        ("bitmask", {"size": [9_000_000, 120], "counts": "0"}),
        ("bitmask", {"size": [90, 120], "counts": ""}),
        ("polyline", {"points": "all"}),
        ("keypoint", [1, 2]),
        ("skeleton", {"points": []}),
        ("skeleton", {"points": [{"x": "a", "y": 2}]}),
        ("skeleton", {"points": [7]}),
        ("skeleton", {"points": [{"x": float("inf"), "y": 2}]}),
        ("classification", None),
        ("blob", {}),
    ],
)
def test_what_cannot_be_read_is_left_out(shape: str, geometry: Any) -> None:
    good = Item(0, "bounding_box", {"x": 1, "y": 2, "width": 3, "height": 4}, 2, 0.5)
    found = read([Item(0, shape, geometry, 1), good, Item(3, good.shape, good.geometry, 2)], [SIZE])
    assert found.rows.tolist() == [1]
    assert found.boxes.box.tolist() == [[1, 2, 4, 6]]
    assert (found.boxes.kind.tolist(), np.asarray(found.boxes.score).tolist()) == ([2], [0.5])


@FEW
@given(SEEDS)
def test_a_window_of_a_mask_holds_its_pixels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.random(SIZE[::-1]) < 0.4
    pixels[0, 0] = True
    outline = read_outline("bitmask", bitmask(pixels), SIZE)
    assert outline is not None
    assert outline.mask is not None
    left, top = rng.integers(-20, 60, 2)
    right, bottom = left + rng.integers(1, 120), top + rng.integers(1, 90)
    padded = np.pad(pixels, 200)[top + 200 : bottom + 200, left + 200 : right + 200]
    np.testing.assert_array_equal(pixels_in(outline.mask, (left, top, right, bottom)), padded)


def test_crops_of_both_stand_in_one_frame_and_large_ones_are_drawn_smaller() -> None:
    size = (2000, 1500)
    mask = read_outline("bitmask", bitmask(disc(1000, 700, 500, size)), size)
    ring = [[1000 + 500 * np.cos(a), 700 + 500 * np.sin(a)] for a in np.linspace(0, 6.2, 200)]
    polygon = read_outline("polygon", {"polygons": [[ring]]}, size)
    point = read_outline("keypoint", {"x": 5, "y": 5}, size)
    assert mask is not None
    assert polygon is not None
    assert point is not None
    pair = crops(mask, polygon)
    assert pair is not None
    one, other = pair
    assert one.shape == other.shape
    assert max(one.shape) <= 256
    assert (one != other).mean() < 0.02 < one.mean()
    assert crops(mask, point) is None
    assert drawn(polygon, size)["size"] == [1500, 2000]


def scene(seed: int, wrong: str) -> tuple[list[Item], list[Item], list[tuple[int, int]], Array]:
    """Masks of ellipses, a tenth of them wrong, and a model's, whose outlines are a little off."""
    rng, labels, seen, bad = np.random.default_rng(seed), [], [], []
    for image in range(80):
        kind = int(rng.integers(2))
        a, b = rng.uniform(12, 25, 2) * (1, 1.4)
        cx, cy = rng.uniform(45, 75), rng.uniform(40, 50)
        noise = rng.normal(0, 0.012 * a, 4)
        diagonal, spoiled = 2 * np.hypot(a, b), bool(rng.random() < 0.15)
        grown, moved = (0.05 * diagonal * (spoiled and wrong == name) for name in ("grown", "moved"))
        labels.append(Item(image, "bitmask", bitmask(ellipse(cx + moved, cy, a + grown, b + grown)), kind))
        there = ellipse(cx + noise[0], cy + noise[1], a + noise[2], b + noise[3])
        seen.append(Item(image, "bitmask", bitmask(there), kind, float(rng.uniform(0.6, 0.99))))
        bad.append(spoiled)
    return labels, seen, [SIZE] * 80, np.array(bad)


def ellipse(cx: float, cy: float, a: float, b: float) -> Array:
    yy, xx = np.mgrid[: SIZE[1], : SIZE[0]]
    return np.asarray(((xx - cx) / a) ** 2 + ((yy - cy) / b) ** 2 < 1)


@pytest.mark.parametrize("wrong", ["grown", "moved"])
def test_masks_that_were_grown_or_moved_by_a_twentieth_come_first(wrong: str) -> None:
    labels, seen, sizes, bad = scene(1, wrong)
    one, other = read(labels, sizes), read(seen, sizes)
    found = located(one, other, overlaps(one, other, sizes), sizes, 2)
    assert np.median(found.value[bad]) > np.quantile(found.value[~bad], 0.9)


def test_what_was_fitted_on_the_whole_set_scores_one_image_the_same() -> None:
    labels, seen, sizes, _ = scene(2, "grown")
    one, other = read(labels, sizes), read(seen, sizes)
    between, size = overlaps(one, other, sizes), np.array(sizes, float)
    boxes = detection.fit(one.boxes, other.boxes, size, 2, overlaps=between)
    trust = detection.trust(boxes, np.asarray(other.boxes.score))
    whole = located(one, other, between, sizes, 2, trust=trust)
    state = State.of(whole.state.arrays())
    mine, its = read([labels[7]], sizes), read([seen[7]], sizes)
    part = located(mine, its, overlaps(mine, its, sizes), sizes, 2, trust=trust[[7]], state=state)
    np.testing.assert_allclose(part.value, whole.value[[7]])
    found = detection.evidence(one.boxes, other.boxes, size, 2, overlaps=between, extra={"badly_located": whole.value})
    assert np.isfinite(found.odds).all()


def test_a_wrong_angle_of_a_rotated_box_is_found() -> None:
    rng, labels, seen = np.random.default_rng(0), [], []
    for image in range(60):
        angle, off = rng.uniform(0, 180), rng.normal(0, 2)
        w, h = rng.uniform(30, 45), rng.uniform(10, 20)
        seen.append(Item(image, "rotatable_bounding_box", turned(60, 45, w, h, angle + off), 0, 0.9))
        given_angle = angle + 25 if image < 6 else angle
        # the same box may be written with its sides changed over
        same = turned(60, 45, h, w, given_angle + 90) if image % 2 else turned(60, 45, w, h, given_angle - 180)
        labels.append(Item(image, "rotatable_bounding_box", same, 0))
    sizes = [SIZE] * 60
    one, other = read(labels, sizes), read(seen, sizes)
    between = overlaps(one, other, sizes)
    found = located(one, other, between, sizes, 1)
    assert found.value[:6].min() > 0.5 > 0.2 > np.quantile(found.value[6:], 0.95)
    extra = {"badly_located": found.value}
    kinds = detection.evidence(one.boxes, other.boxes, np.array(sizes, float), 1, overlaps=between, extra=extra).kinds
    assert kinds["badly_located"][:6].min() > kinds["badly_located"][6:].max()


def test_parts_and_holes_are_counted_and_empty_masks_are_unknown() -> None:
    whole, holed, apart = np.zeros((3, 40, 40), bool)
    whole[5:35, 5:35] = holed[5:35, 5:35] = apart[5:35, 5:15] = apart[5:35, 20:35] = True
    holed[15:20, 15:20] = False
    assert masks.measures(whole, whole)[-2:].tolist() == [0, 0]
    assert masks.measures(holed, whole)[-2:].tolist() == [0, 1]
    assert masks.measures(apart, whole)[-2:].tolist() == [1, 0]
    assert np.isnan(masks.measures(whole, np.zeros((40, 40)))).all()
    with pytest.raises(BadInput, match="prediction: shape"):
        masks.measures(whole, whole[:10])


@FEW
@given(SEEDS)
def test_measures_of_a_mask_at_twice_the_resolution_are_nearly_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cx, cy, a, b = rng.uniform(50, 70), rng.uniform(40, 50), rng.uniform(20, 30), rng.uniform(15, 25)
    one, other = ellipse(cx, cy, a, b), ellipse(cx + 3, cy - 2, a, b + 3)
    large = [np.kron(mask, np.ones((2, 2), bool)) for mask in (one, other)]
    np.testing.assert_allclose(masks.measures(*large)[:4], masks.measures(one, other)[:4], atol=0.01)
