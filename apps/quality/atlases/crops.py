"""A label's crop: its box with a margin, letterboxed on neutral grey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from PIL import Image, ImageOps

MARGIN = 0.15
"""Of the box's longer side, on every side: what is around an object helps to tell what it is."""

GREY = (128, 128, 128)
LOOK = 6
BROKEN = (OSError, SyntaxError, ValueError, ArithmeticError, EOFError, Image.DecompressionBombError)
"""Whatever a decoder trips over."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the image as seen."""


def around(x: float, y: float, width: float, height: float, size: tuple[int, int]) -> Box:
    """The box with its margin, within the image; at least four pixels a side, so that a point shows something."""
    pad = MARGIN * max(width, height, 4.0)
    left, top = max(0.0, x - pad), max(0.0, y - pad)
    right, bottom = min(float(size[0]), x + width + pad), min(float(size[1]), y + height + pad)
    left, top = min(left, max(0.0, size[0] - 4.0)), min(top, max(0.0, size[1] - 4.0))
    return left, top, max(right, left + 4.0), max(bottom, top + 4.0)


def cut(file: IO[bytes], size: tuple[int, int], boxes: Sequence[Box], tile: int) -> list[Image.Image]:
    """A ``tile`` x ``tile`` picture of each box; ``size`` is the image's as seen. Raises what is in ``BROKEN``.

    A JPEG is decoded no larger than its smallest crop needs.
    """
    with Image.open(file) as opened:
        least = min((max(right - left, bottom - top) for left, top, right, bottom in boxes), default=float(tile))
        shrink = max(1, int(least // tile))
        if opened.format == "JPEG" and shrink > 1:
            opened.draft("RGB", (opened.width // shrink, opened.height // shrink))
        image = upright(opened)
    scale = (image.width / max(size[0], 1), image.height / max(size[1], 1))
    return [letterboxed(image, scaled(box, scale), tile) for box in boxes]


def upright(opened: Image.Image) -> Image.Image:
    """The image as browsers turn it, in RGB, on white where it is transparent."""
    turned = ImageOps.exif_transpose(opened) if opened.format == "JPEG" else opened
    if turned.mode in ("LA", "RGBA", "PA") or "transparency" in turned.info:
        alpha = turned.convert("RGBA")
        plain = Image.new("RGB", alpha.size, "white")
        plain.paste(alpha, mask=alpha.getchannel("A"))
        return plain
    return turned.convert("RGB")


def scaled(box: Box, scale: tuple[float, float]) -> Box:
    return box[0] * scale[0], box[1] * scale[1], box[2] * scale[0], box[3] * scale[1]


def letterboxed(image: Image.Image, box: Box, tile: int) -> Image.Image:
    """The box at the largest size that fits, in the middle of a grey square."""
    wide, high = max(box[2] - box[0], 1e-3), max(box[3] - box[1], 1e-3)
    shrink = tile / max(wide, high)
    to = max(1, round(wide * shrink)), max(1, round(high * shrink))
    inside = (
        min(max(box[0], 0.0), image.width - 1e-3),
        min(max(box[1], 0.0), image.height - 1e-3),
        min(box[2], float(image.width)),
        min(box[3], float(image.height)),
    )
    crop = image.resize(to, Image.Resampling.BICUBIC, box=inside, reducing_gap=2.0)
    out = Image.new("RGB", (tile, tile), GREY)
    out.paste(crop, ((tile - to[0]) // 2, (tile - to[1]) // 2))
    return out


def look_of(crop: Image.Image) -> bytes:
    """The crop at 6 x 6 pixels."""
    return crop.resize((LOOK, LOOK), Image.Resampling.BOX).tobytes()
