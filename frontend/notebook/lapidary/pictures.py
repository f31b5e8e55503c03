"""Crops of images and the sheets that they are put on, with Pillow.

``around``, ``upright``, ``letterboxed`` and ``sheet`` say again what ``apps/quality/atlases`` says on the server: the
package is installed without the server, and the server must not stand on it. A test holds the pixels equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from os import PathLike, fspath
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

MARGIN = 0.15
"""Of the box's longer side, on every side: what is around an object helps to tell what it is."""

GREY = (128, 128, 128)
COLUMNS = 16
QUALITY = 80
LARGEST = 1600
"""Pixels of the longer side of a whole image that is sent to be looked at."""

BROKEN = (OSError, SyntaxError, ValueError, ArithmeticError, EOFError, Image.DecompressionBombError)
"""Whatever a decoder trips over."""

ORIENTATION = 0x0112
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the image as seen."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an image comes from. Rows of the same image have the same ``key``."""

    key: str | int
    value: str | bytes | Image.Image | NDArray[np.uint8]


def as_source(value: Any, known: set[str]) -> Source:
    """A path, bytes, a Pillow image, an array of 8 bits, or a mapping with ``bytes`` or ``path``.

    ``known`` holds the files that were found already. Raises ``ValueError`` that says what is wrong.
    """
    if isinstance(value, dict) and ("bytes" in value or "path" in value):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, str | PathLike):
        path = str(fspath(value))
        if path not in known and not Path(path).is_file():
            raise ValueError(f"there is no file {path}")
        known.add(path)
        return Source(path, path)
    if isinstance(value, bytes | bytearray | memoryview):
        if not len(value):
            raise ValueError("holds no bytes")
        return Source(id(value), bytes(value))
    if isinstance(value, Image.Image):
        return Source(id(value), value)
    if isinstance(value, np.ndarray):
        return Source(id(value), pixels(value))
    raise ValueError(f"a path, bytes, a Pillow image or an array is needed, not {type(value).__name__}")


def pixels(value: NDArray[Any]) -> NDArray[np.uint8]:
    if value.dtype != np.uint8 or value.ndim not in (2, 3) or value.shape[2:] not in ((), (3,), (4,)) or not value.size:
        needed = "an array of uint8, height x width (x 3 or 4), is needed"
        raise ValueError(f"{needed}, not {value.dtype} of shape {value.shape}")
    return value


def around(box: Box, size: tuple[int, int]) -> Box:
    """The box with its margin, within the image; at least four pixels a side, so that a point shows something."""
    x, y, width, height = box[0], box[1], box[2] - box[0], box[3] - box[1]
    pad = MARGIN * max(width, height, 4.0)
    left, top = max(0.0, x - pad), max(0.0, y - pad)
    right, bottom = min(float(size[0]), x + width + pad), min(float(size[1]), y + height + pad)
    left, top = min(left, max(0.0, size[0] - 4.0)), min(top, max(0.0, size[1] - 4.0))
    return left, top, max(right, left + 4.0), max(bottom, top + 4.0)


def cut(source: Source, boxes: Sequence[Box | None], tile: int) -> list[Image.Image | str]:
    """A ``tile`` x ``tile`` picture of each box (None: of the whole image), or why there is none."""
    try:
        with opened(source) as image:
            size = seen(image)
            places = [place(box, size) for box in boxes]
            shrink(image, source, [one for one in places if not isinstance(one, str)], tile)
            picture = upright(image)
        scale = picture.width / size[0], picture.height / size[1]
        return [one if isinstance(one, str) else letterboxed(picture, scaled(one, scale), tile) for one in places]
    except BROKEN as error:
        return [f"cannot be read: {error}"] * len(boxes)


_loading = Lock()


@contextmanager
def opened(source: Source) -> Iterator[Image.Image]:
    """The image, of which a file is read only as far as it is needed. Raises what is in ``BROKEN``."""
    value = source.value
    if isinstance(value, Image.Image):
        with _loading:  # two threads must not decode one image at a time
            value.load()
        yield value
    elif isinstance(value, np.ndarray):
        yield Image.fromarray(value)
    else:
        with Image.open(BytesIO(value) if isinstance(value, bytes) else value) as image:
            yield image


def turned(image: Image.Image) -> bool:
    return image.format == "JPEG" and image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)


def seen(image: Image.Image) -> tuple[int, int]:
    """Width and height as browsers show it."""
    return (image.height, image.width) if turned(image) else image.size


def place(box: Box | None, size: tuple[int, int]) -> Box | str:
    """What to cut, or that the box is not in the image."""
    if box is None:
        return 0.0, 0.0, float(size[0]), float(size[1])
    if box[0] >= size[0] or box[1] >= size[1] or box[2] < 0 or box[3] < 0:
        return f"the box lies outside its image of {size[0]} x {size[1]} pixels"
    return around(box, size)


def shrink(image: Image.Image, source: Source, boxes: Sequence[Box], tile: int) -> None:
    """Has a JPEG decoded no larger than its smallest crop needs. An image of the caller's is left as it is."""
    least = min((max(right - left, bottom - top) for left, top, right, bottom in boxes), default=float(tile))
    by = max(1, int(least // tile))
    if image.format == "JPEG" and by > 1 and source.value is not image:
        image.draft("RGB", (image.width // by, image.height // by))


def upright(image: Image.Image) -> Image.Image:
    """The image as browsers turn it, in RGB, on white where it is transparent."""
    straight = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
    if straight.mode in ("LA", "RGBA", "PA") or "transparency" in straight.info:
        alpha = straight.convert("RGBA")
        plain = Image.new("RGB", alpha.size, "white")
        plain.paste(alpha, mask=alpha.getchannel("A"))
        return plain
    return straight.convert("RGB")


def scaled(box: Box, scale: tuple[float, float]) -> Box:
    return box[0] * scale[0], box[1] * scale[1], box[2] * scale[0], box[3] * scale[1]


def letterboxed(image: Image.Image, box: Box, tile: int) -> Image.Image:
    """The box at the largest size that fits, in the middle of a grey square."""
    wide, high = max(box[2] - box[0], 1e-3), max(box[3] - box[1], 1e-3)
    by = tile / max(wide, high)
    to = max(1, round(wide * by)), max(1, round(high * by))
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


def spot(number: int, tile: int) -> tuple[int, int]:
    """Where the number-th tile of a sheet stands."""
    return number % COLUMNS * tile, number // COLUMNS * tile


def sheet(crops: Sequence[Image.Image], tile: int) -> bytes:
    """A JPEG with the crops in order, sixteen in a row."""
    rows = max(1, -(-len(crops) // COLUMNS))
    out = Image.new("RGB", (COLUMNS * tile, rows * tile), GREY)
    for number, crop in enumerate(crops):
        out.paste(crop, spot(number, tile))
    return jpeg(out)


def jpeg(image: Image.Image) -> bytes:
    data = BytesIO()
    image.save(data, "JPEG", quality=QUALITY)
    return data.getvalue()


def whole(source: Source) -> tuple[bytes, tuple[int, int]]:
    """The image as a JPEG of up to ``LARGEST`` pixels, and its real width and height. Raises what is in ``BROKEN``."""
    with opened(source) as image:
        size = seen(image)
        if source.value is not image:
            image.draft("RGB", (LARGEST, LARGEST))
        picture = upright(image)
    picture.thumbnail((LARGEST, LARGEST))
    return jpeg(picture), size
