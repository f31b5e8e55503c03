"""Outlines become masks and masks outlines, without a database."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from apps.inference import wire
from apps.labels.logic import check_geometry
from apps.tasks.assist.masks import Pixels, area_of, mask_of, outlines, pixels_of, rasterised, turned_box

SIZE = (64, 48)


def disc(radius: int, hole: int = 0) -> Pixels:
    y, x = np.mgrid[:48, :64]
    far = (x - 30) ** 2 + (y - 24) ** 2
    return np.asarray((far < radius**2) & (far >= hole**2), dtype=np.bool_)


@pytest.mark.parametrize("pixels", [disc(10), disc(20, 8), ~disc(10), disc(0), np.ones((48, 64), bool)])
def test_pixels_become_the_text_that_coco_writes_and_come_back(pixels: Pixels) -> None:
    mask = mask_of(pixels)
    assert mask.counts == coco_mask.encode(np.asfortranarray(pixels.astype(np.uint8)))["counts"].decode()
    assert (pixels_of(mask) == pixels).all()


@pytest.mark.parametrize("pixels", [disc(10), disc(20, 8), disc(15) ^ np.roll(disc(4), 25, axis=1)])
def test_outlines_are_sound_polygons_of_nearly_the_same_pixels(pixels: Pixels) -> None:
    polygons = outlines(mask_of(pixels))
    check_geometry("polygon", {"polygons": polygons}, size=SIZE)
    again = pixels_of(rasterised(polygons, SIZE))
    assert (again & pixels).sum() / (again | pixels).sum() > 0.9


def test_a_turned_box_is_drawn_turned() -> None:
    mask = rasterised(turned_box({"cx": 30, "cy": 24, "width": 20, "height": 4, "angle": 90}), SIZE)
    pixels = pixels_of(mask)
    assert pixels[16, 30]
    assert not pixels[24, 22]
    assert abs(area_of(mask) - 80) <= 4


def test_a_hole_lets_an_island_stand_in_it() -> None:
    outer, hole = [[2, 2], [42, 2], [42, 42], [2, 42]], [[10, 10], [34, 10], [34, 34], [10, 34]]
    island = [[18, 18], [26, 18], [26, 26], [18, 26]]
    pixels = pixels_of(rasterised([[outer, hole], [island]], SIZE))
    assert (pixels[5, 5], pixels[12, 12], pixels[22, 22]) == (True, False, True)
    assert pixels.sum() == 40 * 40 - 24 * 24 + 8 * 8


def test_a_shape_thinner_than_a_pixel_covers_none() -> None:
    assert area_of(rasterised([[[[0, 0], [0.01, 0], [0.01, 0.01]]]], SIZE)) == 0
    assert isinstance(rasterised([[[[0, 0], [9, 0], [9, 9]]]], SIZE), wire.Mask)
