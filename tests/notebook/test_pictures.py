"""The notebook cuts the same pixels as the server, from whatever holds the image."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from apps.quality.atlases import crops, sheets
from lapidary import pictures
from lapidary.rows import Columns, read

BOXES = [(2.0, 3.0, 30.0, 20.0), (0.0, 0.0, 80.0, 60.0), (70.5, 50.0, 79.0, 59.5), (40.0, 30.0, 40.0, 30.0)]


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    data = io.BytesIO()
    image.save(data, form, **options)
    return data.getvalue()


@pytest.fixture
def files(picture: NDArray[np.uint8]) -> dict[str, bytes]:
    image = Image.fromarray(picture)
    turned = Image.Exif()
    turned[0x0112] = 6
    see_through = image.convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize(image.size))
    return {
        "png": encoded(image, "PNG"),
        "jpeg": encoded(image.resize((640, 480)), "JPEG"),
        "turned": encoded(image, "JPEG", exif=turned),
        "transparent": encoded(see_through, "PNG"),
        "grey": encoded(image.convert("L"), "PNG"),
        "palette": encoded(image.convert("P"), "PNG"),
    }


@pytest.mark.parametrize("tile", [48, 96])
@pytest.mark.parametrize("name", ["png", "jpeg", "turned", "transparent", "grey", "palette"])
def test_the_pixels_are_the_servers(files: dict[str, bytes], name: str, tile: int) -> None:
    data = files[name]
    with Image.open(io.BytesIO(data)) as opened:
        size = pictures.seen(opened)
    assert (size[0] < size[1]) == (name == "turned")
    boxes = [box for box in BOXES if box[2] <= size[0] and box[3] <= size[1]]
    places = [crops.around(left, top, right - left, bottom - top, size) for left, top, right, bottom in boxes]
    theirs = crops.cut(io.BytesIO(data), size, places, tile)
    ours = pictures.cut(pictures.as_source(data, set()), boxes, tile)
    for one, other in zip(ours, theirs, strict=True):
        assert isinstance(one, Image.Image)
        assert one.tobytes() == other.tobytes()
    made = [one for one in ours if isinstance(one, Image.Image)]
    assert pictures.sheet(made * 9, tile) == sheets.sheet(theirs * 9, tile)
    assert [pictures.spot(at, tile) for at in range(40)] == [sheets.place(at, tile) for at in range(40)]


def test_paths_bytes_images_and_arrays_give_the_same_crop(picture: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(picture).save(path)
    found = []
    for value in (path, str(path), path.read_bytes(), Image.open(io.BytesIO(path.read_bytes())), picture):
        (crop,) = pictures.cut(pictures.as_source(value, set()), [BOXES[0]], 96)
        assert isinstance(crop, Image.Image)
        found.append(crop.tobytes())
    assert len(set(found)) == 1


def test_what_has_no_picture_says_why(picture: NDArray[np.uint8]) -> None:
    (broken,) = pictures.cut(pictures.as_source(b"no picture", set()), [None], 96)
    assert str(broken).startswith("cannot be read: ")
    outside, inside = pictures.cut(pictures.as_source(picture, set()), [(90, 0, 95, 5), (75, 0, 95, 5)], 96)
    assert outside == "the box lies outside its image of 80 x 60 pixels"
    assert isinstance(inside, Image.Image)


def test_the_callers_images_are_left_as_they_are(files: dict[str, bytes]) -> None:
    image = Image.open(io.BytesIO(files["jpeg"]))
    rows = read({"image": [image], "label": ["cat"], "box": [[0, 0, 640, 480]]}, Columns())
    pictures.cut(rows[0].source, [rows[0].box], 48)
    pictures.whole(rows[0].source)
    assert image.size == (640, 480)


def test_a_whole_image_is_no_larger_than_needed() -> None:
    image = np.zeros((1000, 4000, 3), np.uint8)
    data, size = pictures.whole(pictures.as_source(encoded(Image.fromarray(image), "JPEG"), set()))
    with Image.open(io.BytesIO(data)) as opened:
        assert (size, opened.size) == ((4000, 1000), (1600, 400))
