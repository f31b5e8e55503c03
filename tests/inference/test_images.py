"""An image reaches the models as people see it."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from apps.inference.service.images import BadImage, read_rgb

MOST = 1_000_000


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def test_pixels_come_as_rgb_of_height_and_width() -> None:
    image = Image.new("RGB", (7, 4), (10, 20, 30))
    image.putpixel((6, 0), (200, 100, 50))
    seen = read_rgb(stored(image), MOST)
    assert seen.shape == (4, 7, 3)
    assert seen.dtype == np.uint8
    assert seen[0, 6].tolist() == [200, 100, 50]
    assert read_rgb(BytesIO(stored(image)), MOST).tolist() == seen.tolist()


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_is_applied(turn: int) -> None:
    upright = np.zeros((20, 30, 3), np.uint8)
    upright[:10, :15] = 255  # white where up and left meet
    undo = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    image = Image.fromarray(upright)
    if turn != 1:
        # Stored as a camera does: turned the other way.
        ways = {
            2: Image.Transpose.FLIP_LEFT_RIGHT,
            3: Image.Transpose.ROTATE_180,
            4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE,
            6: Image.Transpose.ROTATE_270,
            7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_90,
        }
        image = image.transpose(ways[undo[turn]])
    exif = Image.Exif()
    exif[0x0112] = turn
    seen = read_rgb(stored(image, exif=exif), MOST)
    assert seen.shape == (20, 30, 3)
    assert np.array_equal(seen, upright)


def test_deep_grey_is_stretched_between_its_percentiles() -> None:
    ramp = np.linspace(1000, 2000, 10_000).astype(np.uint16).reshape(100, 100)
    seen = read_rgb(stored(Image.fromarray(ramp)), MOST)
    assert seen.min() == 0
    assert seen.max() == 255
    assert abs(int(seen[50, 0, 0]) - 128) <= 3


def test_what_is_transparent_lies_on_white() -> None:
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    image.putpixel((0, 0), (255, 0, 0, 255))
    seen = read_rgb(stored(image), MOST)
    assert seen[0, 0].tolist() == [255, 0, 0]
    assert seen[3, 3].tolist() == [255, 255, 255]


def test_a_palette_with_a_transparent_colour_lies_on_white_too() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([0, 0, 255, 10, 20, 30])
    image.putpixel((1, 1), 1)
    seen = read_rgb(stored(image, transparency=0), MOST)
    assert seen[0, 0].tolist() == [255, 255, 255]
    assert seen[1, 1].tolist() == [10, 20, 30]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "CMYK", "I", "F"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    kind = "TIFF" if mode in ("CMYK", "I", "F") else "PNG"
    assert read_rgb(stored(Image.new(mode, (5, 3)), kind), MOST).shape == (3, 5, 3)


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(BadImage) as refused:
        read_rgb(stored(Image.new("L", (100, 100))), 9_999)
    assert refused.value.code == "too_many_pixels"


def test_what_is_no_image_is_refused() -> None:
    for data in (b"", b"hello", b"%PDF-1.7 " + b"x" * 100, b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(BadImage) as refused:
            read_rgb(data, MOST)
        assert refused.value.code == "not_an_image"


def test_a_file_that_ends_too_early_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    whole = stored(Image.fromarray(noise))
    with pytest.raises(BadImage) as refused:
        read_rgb(whole[: len(whole) // 2], MOST)
    assert refused.value.code == "truncated"
