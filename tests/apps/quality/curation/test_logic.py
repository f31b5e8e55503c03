"""The pure parts: descriptors that mirror exactly, alignments, groups, disagreements, checks, representativeness."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFilter, ImageOps

from apps.quality.descriptors import layout
from apps.quality.descriptors.alignment import Plate, align
from apps.quality.descriptors.index import GraphIndex
from apps.quality.descriptors.pictures import Unreadable, grey, read_pixels
from apps.quality.logic import image_checks
from apps.quality.logic.near_duplicates import Copy, best, disagreements, groups
from apps.quality.logic.representativeness import density
from tests.factories.quality_curation import cropped, encoded, picture


def test_mirroring_a_vector_is_describing_the_mirrored_image() -> None:
    image = picture(1)
    vector = layout.describe([np.asarray(image)])
    assert vector.shape == (1, layout.WIDTH)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    for across, down in ((True, False), (False, True), (True, True)):
        turned = ImageOps.mirror(image) if across else image
        turned = ImageOps.flip(turned) if down else turned
        found = vector[:, layout.turning(across, down)]
        np.testing.assert_allclose(found, layout.describe([np.asarray(turned)]), atol=0.01)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 0), (0.5, 0.5), (0.3, 1)])
def test_a_crop_is_laid_where_it_was_cut(x: float, y: float) -> None:
    image = picture(3)
    whole, part = Plate(np.asarray(image)), Plate(read_pixels(encoded(cropped(image, x, y), 60)))
    found = align(part, whole)
    assert found is not None
    assert found.cropped
    assert not found.flipped
    np.testing.assert_allclose(found.scale, 0.9, atol=0.015)
    np.testing.assert_allclose(found.shift, (0.1 * x, 0.1 * y), atol=0.015)
    there = found.box(np.array([[0.2, 0.3, 0.5, 0.9]]))
    np.testing.assert_allclose(found.inverse().box(there), [[0.2, 0.3, 0.5, 0.9]], atol=1e-9)
    back = align(whole, part)
    assert back is not None
    np.testing.assert_allclose(back.scale, 1 / 0.9, atol=0.02)


def test_a_mirrored_copy_is_found_only_as_what_it_is() -> None:
    image = picture(4)
    whole, turned = Plate(np.asarray(image)), Plate(np.asarray(ImageOps.mirror(image)))
    assert align(turned, whole) is None
    found = align(turned, whole, across=True)
    assert found is not None
    np.testing.assert_allclose(found.box(np.array([[0.1, 0.2, 0.3, 0.6]])), [[0.7, 0.2, 0.9, 0.6]], atol=0.01)


def test_other_pictures_and_empty_ones_are_no_copies() -> None:
    plates = [Plate(np.asarray(picture(seed))) for seed in range(6)]
    assert not any(align(one, other) for one in plates for other in plates if one is not other)
    empty = Plate(np.full((100, 100, 3), 128, np.uint8))
    assert align(empty, empty) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=10))
def test_groups_are_what_hangs_together(pairs: list[tuple[int, int]]) -> None:
    found = groups(pairs)
    place = {key: number for number, group in enumerate(found) for key in group}
    assert sorted(place) == sorted({key for pair in pairs for key in pair})
    assert all(place[one] == place[other] for one, other in pairs)
    assert sorted(map(sorted, groups(pairs[::-1]))) == sorted(map(sorted, found))


def test_the_best_copy_is_labelled_then_sharp_then_large() -> None:
    small, large = Copy(0, 0.1, 100, 10), Copy(0, 0.1, 400, 10)
    assert best([small, large]) == 1
    assert best([large, Copy(0, 0.5, 900, 99)]) == 0
    assert best([large, Copy(3, 0.5, 50, 1)]) == 1
    assert best([small, small]) == 0


def test_labels_disagree_by_class_or_are_missing() -> None:
    one = np.array([[0.1, 0.1, 0.3, 0.3], [0.5, 0.5, 0.7, 0.7], [1.1, 0.2, 1.3, 0.4]])
    other = np.array([[0.11, 0.1, 0.31, 0.3], [0.8, 0.1, 0.9, 0.2]])
    found = disagreements(one, np.array(["a", "b", "c"]), other, np.array(["x", "y"]), other)
    assert [(said.kind, said.one, said.other) for said in found] == [
        ("class", 0, 0),
        ("missing", 1, -1),
        ("missing", -1, 1),
    ]
    nothing = np.zeros((0, 4))
    assert disagreements(nothing, np.zeros(0), nothing, np.zeros(0), nothing) == []
    assert disagreements(one, np.array(["a", "b", "c"]), one, np.array(["a", "b", "c"]), one) == []


def test_blur_rises_with_blurring_and_does_not_depend_on_the_resolution() -> None:
    image = picture(1, (400, 400))
    light = [
        grey(np.asarray(image.filter(ImageFilter.GaussianBlur(radius)) if radius else image)) for radius in (0, 1.5, 4)
    ]
    values = [image_checks.blur(one).fact for one in light]
    assert values == sorted(values)
    assert image_checks.blur(light[0]).value < 0.2 < 0.6 < image_checks.blur(light[2]).value
    assert image_checks.blur(np.full((50, 50), 9.0)).value == 1


def test_checks_are_shares_and_say_why() -> None:
    dark = image_checks.check(np.full((60, 80), 3.0), (8000, 60))
    assert set(dark) == set(image_checks.NAMES)
    assert all(0 <= one.value <= 1 and one.sentence.endswith(".") for one in dark.values())
    assert dark["brightness"].value > 0.9
    assert "dark" in dark["brightness"].sentence
    assert (dark["contrast"].value, dark["size"].value) == (1, 1)
    torn = np.random.default_rng(0).uniform(0, 255, (100, 100))
    assert image_checks.corrupt(torn).value == 0
    torn[70:] = 128
    assert image_checks.corrupt(torn).value == pytest.approx(0.65)


def test_what_is_no_image_is_unreadable() -> None:
    whole = encoded(picture(1)).getvalue()
    for content in (b"", b"GIF89a", b"nothing", whole[: len(whole) // 2]):
        with pytest.raises(Unreadable):
            read_pixels(io.BytesIO(content))


def test_the_dense_are_representative_and_an_outlier_moves_nobody() -> None:
    rng = np.random.default_rng(0)
    distance = np.sort(rng.uniform(0.1, 0.3, (50, 5)), axis=1)
    value = density(distance, float(np.median(distance.mean(axis=1))))
    assert np.argmin(distance.mean(axis=1)) == value.argmax()
    far = np.vstack([distance, np.full((1, 5), 1.9)])
    again = density(far, float(np.median(far.mean(axis=1))))
    assert again[-1] < 0.01
    np.testing.assert_allclose(again[:-1], value, rtol=0.02)


def test_an_index_finds_forgets_and_survives_its_file() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 16)).astype(np.float32)
    for exact in (True, False):
        index = GraphIndex(16, exact=exact)
        assert index.nearest(x[:2], 3).keys.tolist() == [[-1] * 3] * 2
        index.add(np.arange(1, 301), x)
        found = GraphIndex.of(index.content()).nearest(x, 2)
        assert (found.keys[:, 0] == np.arange(1, 301)).all()
        assert (np.diff(found.distance, axis=1) >= 0).all()
        index.remove(np.array([1, 77, 9_999]))
        assert len(index) == 298
        assert not np.isin(index.nearest(x, 5).keys, [1, 77]).any()
    with pytest.raises(ValueError, match=r"\w"):
        GraphIndex.of(b"something else")
