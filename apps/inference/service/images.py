"""An image as people see it, as RGB bytes for the models: what is labelled and what is computed on are the same pixels.

Upright by its EXIF orientation, the first frame only. Deep grey is stretched between its 1st and 99th percentile, as in
the rendition that the editor shows. What is transparent lies on white, as in the thumbnails: a model that got the
colours below a transparent pixel would find edges that nobody sees.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from apps.inference.service.refusals import Refusal

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
SAMPLE = 1_000_000
BAND = 256
ORIENTATION = 0x0112
DEEP_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Whatever a decoder trips over in a hostile file; the memory is bounded by the pixel count that is checked before.
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
    Warning,
    Image.DecompressionBombError,
)


class BadImage(Refusal):
    """The bytes are no image that can be worked on: ``not_an_image too_many_pixels truncated``."""


def read_rgb(data: bytes | BinaryIO, most_pixels: int) -> NDArray[np.uint8]:
    """The image in ``data`` as (height, width, 3), as seen. Raises BadImage, before decoding where it is too large."""
    image = _opened(BytesIO(data) if isinstance(data, bytes) else data)
    width, height = image.size
    if width < 1 or height < 1:
        raise BadImage("not_an_image", "The image has no pixels.")
    if width * height > most_pixels:
        raise BadImage("too_many_pixels", f"The image has {width} x {height} pixels; at most {most_pixels} are taken.")
    turn = _orientation(image)
    try:
        image.seek(0)
        image.load()
        seen = _rgb(image)
        return np.array(seen.transpose(_TURNS[turn]) if turn in _TURNS else seen)
    except MemoryError:
        raise BadImage("too_many_pixels", "The image needs too much memory.") from None
    except _BROKEN:
        raise BadImage("truncated", "The image is broken or ends too early.") from None


def _opened(file: BinaryIO) -> ImageFile.ImageFile:
    try:
        file.seek(0)
        return Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadImage("too_many_pixels", "The image has too many pixels.") from None
    except _BROKEN:
        raise BadImage("not_an_image", f"This is not an image of a kind that is taken: {', '.join(FORMATS)}.") from None


def _orientation(image: ImageFile.ImageFile) -> int:
    """EXIF orientation 1..8; anything else, or a broken block, is 1. Pillow itself reads a TIFF upright."""
    if image.format == "TIFF":
        return 1
    try:
        exif = Image.Exif()
        exif.load(image.info.get("exif", b""))
        return int(exif.get(ORIENTATION, 1))
    except _BROKEN:
        return 1


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in DEEP_MODES:
        return _stretched(np.asarray(image)).convert("RGB")
    if image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info:
        clear = image.convert("RGBA")
        white = Image.new("RGB", clear.size, "white")
        white.paste(clear, mask=clear.getchannel("A"))
        return white
    return image.convert("RGB")


def _stretched(values: NDArray[Any]) -> Image.Image:
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
