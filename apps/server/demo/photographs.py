"""The demo's images: photographs that scikit-image ships under open licences, cut into tiles."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Photograph:
    """A file of the package, into how many ``rows`` and ``columns`` it is cut, and what it shows."""

    file: str
    subject: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Tile:
    """One image of the demo. ``pixels`` is (height, width, 3), RGB."""

    name: str
    subject: str
    source: str
    pixels: Pixels
    encoded: io.BytesIO


PHOTOGRAPHS = (
    Photograph("coins.png", "coins", 2, 3),
    Photograph("ihc.png", "tissue", 4, 4),
    Photograph("hubble_deep_field.jpg", "galaxies", 4, 5),
    Photograph("moon.png", "moon", 2, 2),
    Photograph("retina.jpg", "retina", 3, 3),
    Photograph("astronaut.png", "other"),
    Photograph("camera.png", "other"),
    Photograph("chelsea.png", "other"),
    Photograph("coffee.png", "other"),
    Photograph("rocket.jpg", "other"),
)


def tiles() -> list[Tile]:
    """All tiles, the subjects taking turns, so that the first tasks show a bit of everything."""
    queues = [list(cut(photograph)) for photograph in PHOTOGRAPHS]
    longest = max(len(queue) for queue in queues)
    return [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]


def cut(photograph: Photograph) -> Iterator[Tile]:
    """The tiles of one photograph, row by row."""
    path = folder() / photograph.file
    with Image.open(path) as image:
        whole = np.asarray(image.convert("RGB"))
    stem = path.stem.replace("_", "-")
    for row, band in enumerate(np.array_split(whole, photograph.rows, axis=0), 1):
        for column, pixels in enumerate(np.array_split(band, photograph.columns, axis=1), 1):
            only = photograph.rows * photograph.columns == 1
            name = path.name if only else f"{stem}-{row}-{column}{path.suffix}"
            yield Tile(name, photograph.subject, path.name, pixels, encode(pixels, path.suffix))


def encode(pixels: Pixels, suffix: str) -> io.BytesIO:
    """In the format of the source; the tile's bytes begin at 0."""
    file = io.BytesIO()
    image = Image.fromarray(pixels)
    if suffix == ".png":
        image.save(file, "PNG")
    else:
        image.save(file, "JPEG", quality=92)
    file.seek(0)
    return file


def folder() -> Path:
    """Where the package keeps its images; it is not imported for that."""
    spec = find_spec("skimage")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("scikit-image is not installed")
    return Path(spec.submodule_search_locations[0]) / "data"
