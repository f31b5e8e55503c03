"""A stored image as pixels, upright and in RGB, or a sentence that says why it cannot be read."""

from __future__ import annotations

import warnings
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps

Pixels = npt.NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 64_000_000


class Unreadable(Exception):
    """The file is no image that can be decoded whole."""


def read_pixels(file: IO[bytes], *, most: int | None = None) -> Pixels:
    """(h, w, 3) RGB as seen. With ``most`` the longer side has at most that many pixels. Raises Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                return np.asarray(upright(image, most))
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001  decoders trip over hostile files in ways of their own
        raise Unreadable(f"The file cannot be decoded: {type(error).__name__}.") from None


def upright(image: ImageFile.ImageFile, most: int | None) -> Image.Image:
    if image.width * image.height > MOST_PIXELS:
        raise Unreadable("The image has too many pixels.")
    if most is not None:
        image.draft("RGB", (most, most))  # a JPEG is decoded at a fraction of its size, which still reads every byte
    image.load()
    shown: Any = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
    if shown.mode in ("LA", "PA", "RGBA") or "transparency" in shown.info:
        shown = shown.convert("RGBA")
        paper = Image.new("RGB", shown.size, "white")
        paper.paste(shown, mask=shown.getchannel("A"))
        shown = paper
    shown = shown.convert("RGB")
    return shown if most is None else within(shown, most)


def within(image: Image.Image, most: int) -> Image.Image:
    """No longer than ``most`` on its longer side; never enlarged."""
    longer = max(image.size)
    if longer <= most:
        return image
    size = (max(1, round(image.width * most / longer)), max(1, round(image.height * most / longer)))
    return image.resize(size, Image.Resampling.BOX if longer >= 2 * most else Image.Resampling.LANCZOS)


def grey(pixels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Luma (Rec. 601), 0 to 255, of (..., 3) RGB."""
    return np.asarray(pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32))


def squared(pixels: Pixels, side: int) -> Pixels:
    """(side, side, 3): the whole image, its sides made equal."""
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR, reducing_gap=3.0))
