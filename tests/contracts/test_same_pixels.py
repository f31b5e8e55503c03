"""Two processes read images and share no code: what is labelled and what is computed on must be the same pixels."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from apps.datasets.logic.images import inspect_image
from apps.inference.service.images import read_rgb

LIMIT = 1_000_000


def stored(image: Image.Image, kind: str, turn: int = 1) -> bytes:
    file, exif = BytesIO(), Image.Exif()
    exif[0x0112] = turn
    image.save(file, kind, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_turned_image_is_turned_alike(kind: str, turn: int) -> None:
    noise = np.random.default_rng(turn).integers(0, 255, (20, 30, 3), np.uint8)
    content = stored(Image.fromarray(noise), kind, turn)
    seen, read = inspect_image(BytesIO(content), max_pixels=LIMIT), read_rgb(content, LIMIT)
    assert read.shape == (seen.height, seen.width, 3)
    shown = ImageOps.exif_transpose(Image.open(BytesIO(seen.rendition or content))).convert("RGB")
    assert np.array_equal(read, np.asarray(shown))


def test_deep_grey_is_stretched_alike() -> None:
    deep = np.random.default_rng(0).integers(900, 5_000, (40, 50)).astype(np.uint16)
    content = stored(Image.fromarray(deep), "PNG")
    rendition = inspect_image(BytesIO(content), max_pixels=LIMIT).rendition
    assert rendition
    assert np.array_equal(read_rgb(content, LIMIT), np.asarray(Image.open(BytesIO(rendition)).convert("RGB")))
