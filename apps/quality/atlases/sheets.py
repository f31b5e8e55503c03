"""Sprite sheets: tiles in rows of sixteen, one file for a screenful."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import IO

from PIL import Image

from apps.quality.atlases.crops import GREY

COLUMNS = 16
MOST = COLUMNS * COLUMNS
QUALITY = 80


def place(number: int, tile: int) -> tuple[int, int]:
    """Where the number-th tile of a sheet stands."""
    return number % COLUMNS * tile, number // COLUMNS * tile


def sheet(crops: Sequence[Image.Image | None], tile: int) -> bytes:
    """A JPEG (the format that is fastest to write and read) with the crops in order; None leaves a grey tile."""
    rows = max(1, -(-len(crops) // COLUMNS))
    out = Image.new("RGB", (COLUMNS * tile, rows * tile), GREY)
    for number, crop in enumerate(crops):
        if crop is not None:
            out.paste(crop if crop.width == tile else crop.resize((tile, tile)), place(number, tile))
    data = BytesIO()
    out.save(data, "JPEG", quality=QUALITY)
    return data.getvalue()


def tiles_on(file: IO[bytes], places: Sequence[tuple[int, int]], tile: int) -> list[Image.Image]:
    """Tiles taken off a sheet again. Raises what is in ``crops.BROKEN``."""
    with Image.open(file) as opened:
        image = opened.convert("RGB")
    return [image.crop((x, y, x + tile, y + tile)) for x, y in places]
