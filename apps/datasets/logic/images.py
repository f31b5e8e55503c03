"""What an uploaded file is: recognised by its content, measured by its header, then decoded once.

Allowed are the raster formats PNG, JPEG, WebP, GIF, BMP and TIFF, and only their first frame. Everything is refused as
a ``BadImageError`` with a code: ``not_an_image too_many_pixels too_small truncated disguised``.

As seen: browsers turn a JPEG by its EXIF orientation, and so do width, height and thumbnail here. What a browser shows
differently or not at all (TIFF, BMP, animations, a turned PNG or WebP, more than 8 bits) gets a rendition: a PNG of the
first frame, upright, at 8 bits.
"""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import numpy as np
from PIL import Image, ImageFile

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tif"}
CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "tif": "image/tiff",
}

THUMBNAIL_SIDE = 320
LARGE = 16_000_000
"""Pixels from which on images are decoded one at a time, so that a few large ones cannot fill the memory together."""

TAIL = 65_536
SAMPLE = 1_000_000
BAND = 256
DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")

_SIGNATURES = re.compile(rb"<\s*(?:script|html|svg|!doctype|iframe|body|\?php|\?xml)|PK\x03\x04|%PDF-", re.IGNORECASE)
_ENDS = {"PNG": b"IEND\xae\x42\x60\x82", "JPEG": b"\xff\xd9", "GIF": b"\x3b"}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Whatever a decoder trips over in a hostile file; the memory limit is kept by the size check before.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    RuntimeError,
    struct.error,
    Image.DecompressionBombError,
)
_one_large = threading.Semaphore(1)


class BadImageError(Exception):
    """The file is not an image that may be kept."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Inspected:
    """A sound image: pixels as seen, its own format's ``extension``, and what was made of it."""

    width: int
    height: int
    extension: str
    thumbnail: bytes
    rendition: bytes | None

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.extension]


def inspect_image(file: IO[bytes], *, max_pixels: int) -> Inspected:
    """Recognises, measures and decodes the image in ``file`` (seekable). Raises BadImageError."""
    image, kind = _open(file)
    width, height = image.size
    if width < 1 or height < 1:
        raise BadImageError("too_small", "The image has no pixels.")
    if width * height > max_pixels:
        raise BadImageError(
            "too_many_pixels", f"The image has {width} x {height} pixels; at most {max_pixels} are allowed."
        )
    _refuse_disguise(file, kind)
    turn = _orientation(image, kind)
    with _large_ones_in_turn(width * height):
        return _decode(image, kind, turn)


def _open(file: IO[bytes]) -> tuple[ImageFile.ImageFile, str]:
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadImageError("too_many_pixels", "The image has too many pixels.") from None
    except _BROKEN:
        names = ", ".join(FORMATS)
        raise BadImageError("not_an_image", f"This is not an image of a kind that is taken: {names}.") from None
    # A JPEG with several pictures in it (MPO) shows the first one everywhere.
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    if kind not in FORMATS:
        raise BadImageError("not_an_image", "This is not an image of a kind that is taken.")
    return image, kind


def _refuse_disguise(file: IO[bytes], kind: str) -> None:
    """Refuses what is an image in front and markup or an archive behind."""
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    file.seek(0)
    if end := _ENDS.get(kind):
        found = tail.rfind(end)
        rest = tail[found + len(end) :] if found >= 0 else b""
    else:
        rest = tail[-1024:]
    if _SIGNATURES.search(rest):
        raise BadImageError("disguised", "There is something else behind the image in this file.")


def _orientation(image: ImageFile.ImageFile, kind: str) -> int:
    """EXIF orientation 1..8; anything else, or a broken EXIF block, is 1. XMP is not asked. Both as in browsers."""
    if kind == "TIFF":
        return 1  # Pillow reads a TIFF upright
    try:
        exif = Image.Exif()
        exif.load(image.info.get("exif", b""))
        value = int(exif.get(0x0112, 1))
    except (*_BROKEN, Warning):
        return 1
    return value if 1 <= value <= 8 else 1


def _decode(image: ImageFile.ImageFile, kind: str, turn: int) -> Inspected:
    width, height = image.size if turn < 5 else image.size[::-1]
    try:
        rendered = _needs_rendition(image, kind, turn)
        if kind == "JPEG":
            # Decodes at a fraction of the size, which still reads, and so proves, every byte.
            image.draft("RGB", (2 * THUMBNAIL_SIDE, 2 * THUMBNAIL_SIDE))
        image.seek(0)
        image.load()
        shown = _eight_bits(image)
        rendition = _png(_turned(shown, turn)) if rendered else None
        thumbnail = _thumbnail(shown, turn)
    except MemoryError:
        raise BadImageError("too_many_pixels", "The image needs too much memory.") from None
    except _BROKEN:
        raise BadImageError("truncated", "The image is broken or ends too early.") from None
    return Inspected(width, height, EXTENSIONS[kind], thumbnail, rendition)


def _needs_rendition(image: ImageFile.ImageFile, kind: str, turn: int) -> bool:
    if kind in ("TIFF", "BMP") or image.mode in DEEP_MODES:
        return True
    return kind != "JPEG" and (turn != 1 or bool(getattr(image, "is_animated", False)))


def _eight_bits(image: Image.Image) -> Image.Image:
    """The image as L, LA, RGB or RGBA. Deeper grey is stretched between its 1st and 99th percentile."""
    if image.mode in DEEP_MODES:
        return _stretched(np.asarray(image))
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("P", "PA", "La", "RGBa") and ("transparency" in image.info or image.mode != "P"):
        return image.convert("RGBA")
    return image.convert("RGB")


def _stretched(values: np.ndarray[Any, Any]) -> Image.Image:
    """Deep grey at 8 bits, a band of rows at a time; the percentiles are of an even sample."""
    step = max(1, values.size // SAMPLE)
    sample = values.ravel()[::step].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    low, high = np.percentile(sample, (1, 99)) if sample.size else (0.0, 1.0)
    factor = 255.0 / max(float(high - low), 1e-12)
    out = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), BAND):
        band = np.nan_to_num(values[top : top + BAND].astype(np.float64), nan=float(low))
        out[top : top + BAND] = np.clip((band - low) * factor, 0, 255)
    return Image.fromarray(out)


def _turned(image: Image.Image, turn: int) -> Image.Image:
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    _bare(image).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _thumbnail(image: Image.Image, turn: int) -> bytes:
    """A JPEG of at most 320 pixels a side, upright, on white, without metadata."""
    small = image.copy() if max(image.size) <= THUMBNAIL_SIDE else image
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if small.mode in ("LA", "RGBA"):
        alpha = small.convert("RGBA")
        small = Image.new("RGB", alpha.size, "white")
        small.paste(alpha, mask=alpha.getchannel("A"))
    out = BytesIO()
    _bare(_turned(small, turn)).save(out, "JPEG", quality=82)
    return out.getvalue()


def _bare(image: Image.Image) -> Image.Image:
    """The pixels alone: no EXIF, XMP, comments or colour profile go into what is made from an upload."""
    image.info = {}
    return image


@contextmanager
def _large_ones_in_turn(pixels: int) -> Iterator[None]:
    if pixels < LARGE:
        yield
        return
    with _one_large:
        yield
