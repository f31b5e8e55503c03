"""Images: what is recognised, how it is seen, and everything that only claims to be one."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from apps.datasets.logic.images import THUMBNAIL_SIDE, BadImageError, Inspected, inspect_image
from tests.factories.datasets import image_bytes, png_claiming, turned, turned_jpeg

LIMIT = 1_000_000


def inspect(content: bytes, limit: int = LIMIT) -> Inspected:
    return inspect_image(BytesIO(content), max_pixels=limit)


def refused(content: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(BadImageError) as caught:
        inspect(content, limit)
    return caught.value.code


def corner(content: bytes, box: tuple[int, int]) -> bool:
    """Whether the picture is red there."""
    red, green, _ = Image.open(BytesIO(content)).convert("RGB").getpixel(box)  # type: ignore[misc]
    return bool(red > 150 and green < 120)


@pytest.mark.parametrize(
    ("kind", "extension", "shown_as_it_is"),
    [
        ("PNG", "png", True),
        ("JPEG", "jpg", True),
        ("WEBP", "webp", True),
        ("GIF", "gif", True),
        ("BMP", "bmp", False),
        ("TIFF", "tif", False),
    ],
)
def test_every_kind_that_is_taken(kind: str, extension: str, shown_as_it_is: bool) -> None:
    found = inspect(image_bytes(kind))
    assert (found.width, found.height, found.extension) == (40, 30, extension)
    assert (found.rendition is None) is shown_as_it_is
    if found.rendition is not None:
        shown = Image.open(BytesIO(found.rendition))
        assert (shown.format, shown.size) == ("PNG", (40, 30))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "LAB"])
def test_every_mode_gets_a_thumbnail(mode: str) -> None:
    content = image_bytes("TIFF", (700, 350), mode=mode)
    thumbnail = Image.open(BytesIO(inspect(content).thumbnail))
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2))


def test_a_small_image_is_not_enlarged() -> None:
    assert Image.open(BytesIO(inspect(image_bytes(size=(3, 2))).thumbnail)).size == (3, 2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_and_thumbnail_are_upright(orientation: int) -> None:
    found = inspect(turned_jpeg(orientation))
    size = (40, 20) if orientation < 5 else (20, 40)
    assert (found.width, found.height) == size
    assert found.rendition is None  # browsers turn a JPEG themselves
    right = orientation in (2, 3, 6, 7)
    low = orientation in (3, 4, 7, 8)
    places = {(2, 2): (False, False), (size[0] - 3, 2): (True, False), (2, size[1] - 3): (False, True),
              (size[0] - 3, size[1] - 3): (True, True)}  # fmt: skip
    assert [corner(found.thumbnail, at) for at in places] == [place == (right, low) for place in places.values()]


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_is_none_is_upright(orientation: int) -> None:
    found = inspect(turned_jpeg(orientation))
    assert (found.width, found.height) == (40, 20)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_what_browsers_may_not_turn_gets_an_upright_rendition(kind: str) -> None:
    found = inspect(turned(kind, 6))
    assert (found.width, found.height) == (20, 40)
    assert found.rendition is not None
    assert Image.open(BytesIO(found.rendition)).size == (20, 40)
    assert corner(found.rendition, (17, 2))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_is_ignored() -> None:
    content = image_bytes("JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert (inspect(content).width, inspect(content).height) == (40, 30)


def test_nothing_of_the_metadata_is_in_what_is_made() -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>secret</script>"
    for content in (image_bytes("JPEG", exif=exif), image_bytes("TIFF", exif=exif)):
        found = inspect(content)
        assert b"secret" not in found.thumbnail + (found.rendition or b"")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_frames_the_first_is_shown(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "blue", "green")]
    out = BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    found = inspect(out.getvalue())
    assert found.rendition is not None
    assert corner(found.rendition, (8, 8))


def test_deep_grey_is_stretched() -> None:
    values = np.linspace(1_000, 3_000, 64 * 64).reshape(64, 64).astype(np.uint16)
    out = BytesIO()
    Image.fromarray(values).save(out, "PNG")
    found = inspect(out.getvalue())
    assert found.rendition is not None
    shown = np.asarray(Image.open(BytesIO(found.rendition)))
    assert (str(shown.dtype), int(shown.min()), int(shown.max())) == ("uint8", 0, 255)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        HTML,
        b"\x89PNG\r\n\x1a\n" + HTML,
        b"GIF89a" + HTML,
        b"\xff\xd8\xff\xe0" + HTML,
        b"%PDF-1.4\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"8BPS\x00\x01" + bytes(64),
        b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(64),
        b"II*\x00" + bytes(8),
        b"text",
        bytes(5_000),
    ],
    ids=["svg", "html", "png-html", "gif-html", "jpg-html", "pdf", "eps", "psd", "jp2", "tiff", "text", "zeros"],
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    assert refused(content) in ("not_an_image", "truncated")


@pytest.mark.parametrize("kind", ["ICO", "PPM", "TGA", "JPEG2000", "PCX", "ICNS"])
def test_other_image_formats_are_refused(kind: str) -> None:
    out = BytesIO()
    Image.new("RGB", (64, 64)).save(out, kind)
    assert refused(out.getvalue()) == "not_an_image"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_a_truncated_image_is_refused(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(noise).save(out, kind)
    assert refused(out.getvalue()[: len(out.getvalue()) // 2]) in ("truncated", "not_an_image")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
@pytest.mark.parametrize("behind", [HTML, SVG, b"PK\x03\x04" + bytes(30), b"%PDF-1.7"])
def test_an_image_with_something_else_behind_it_is_refused(kind: str, behind: bytes) -> None:
    assert refused(image_bytes(kind) + b"\n" + behind) == "disguised"


def gif_claiming(width: int, height: int) -> bytes:
    content = bytearray(image_bytes("GIF"))
    content[6:10] = struct.pack("<HH", width, height)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        png_claiming(60_000, 60_000),
        png_claiming(1, 2**31 - 1),
        png_claiming(20_000, 20_000),
        png_claiming(1_001, 1_000),
        gif_claiming(65_535, 65_535),
    ],
    ids=["60000", "1x2^31", "400M", "a-row-too-many", "gif"],
)
def test_a_bomb_is_refused_before_anything_is_decoded(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*args: object, **kwargs: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", explode)
    assert refused(content) == "too_many_pixels"
