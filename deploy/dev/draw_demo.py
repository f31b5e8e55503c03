"""Draws the labels of the demo's tiles, by plain image processing: good enough to look like a person's work.

    .venv/bin/python -m deploy.dev.draw_demo      writes apps/server/demo/labels.json

The product only reads that file, so it needs neither scipy nor the time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from apps.server.demo.photographs import Pixels, Tile, tiles

Plane = NDArray[np.float64]
Regions = NDArray[np.int32]
CORNERS = 20
MOST = 24
TARGET = Path(__file__).resolve().parents[2] / "apps" / "server" / "demo" / "labels.json"


def labels_of(tile: Tile) -> list[dict[str, Any]]:
    """The label entries of a tile: its objects, largest first, and its answers."""
    draw = DRAWN.get(tile.subject)
    objects = draw(tile.pixels) if draw else []
    return [*objects[:MOST], answer("focus", "sharp"), answer("subject", tile.subject)]


def answer(name: str, value: str) -> dict[str, Any]:
    return {
        "class": name,
        "shape": "classification",
        "geometry": None,
        "attributes": {name: value},
    }


def coins(pixels: Pixels) -> list[dict[str, Any]]:
    """Boxes around what is brighter than its wide surroundings."""
    gray = ndimage.gaussian_filter(grayscale(pixels), 2)
    lit = gray - ndimage.gaussian_filter(gray, 40) > 8
    regions = separate(ndimage.binary_closing(lit, iterations=4), fill=True)
    return [box("coin", place, {}) for place in places(regions, smallest=450)]


def galaxies(pixels: Pixels) -> list[dict[str, Any]]:
    """Boxes around bright spots, with the hue that they have."""
    gray = ndimage.gaussian_filter(grayscale(pixels), 1.2)
    regions = separate(gray > gray.mean() + 2.2 * gray.std())
    found = []
    for place in places(regions, smallest=40):
        red, _, blue = (float(pixels[place][..., channel].mean()) for channel in range(3))
        kind = "spiral" if blue > red else "elliptical"
        found.append(box("galaxy", place, {"kind": kind}, margin=3))
    return found


def nuclei(pixels: Pixels) -> list[dict[str, Any]]:
    """Polygons around what the stain made blue and dark."""
    smooth = [ndimage.gaussian_filter(pixels[..., channel].astype(float), 1.5) for channel in range(3)]
    stained = smooth[2] - smooth[0] > 12
    regions = separate(ndimage.binary_opening(stained, iterations=1))
    return [polygon("nucleus", regions, number, place) for number, place in numbered(regions, smallest=60)]


def craters(pixels: Pixels) -> list[dict[str, Any]]:
    """Points on the darkest local spots."""
    gray = ndimage.gaussian_filter(grayscale(pixels), 3)
    dark = (ndimage.minimum_filter(gray, 31) == gray) & (gray < gray.mean() - 1.2 * gray.std())
    spots = sorted(np.argwhere(dark).tolist(), key=lambda spot: float(gray[spot[0], spot[1]]))
    return [
        {
            "class": "crater",
            "shape": "keypoint",
            "geometry": {"x": float(x), "y": float(y)},
            "attributes": {},
        }
        for y, x in spots[:8]
    ]


DRAWN: dict[str, Callable[[Pixels], list[dict[str, Any]]]] = {
    "coins": coins,
    "galaxies": galaxies,
    "tissue": nuclei,
    "moon": craters,
}


def grayscale(pixels: Pixels) -> Plane:
    weighed: Plane = pixels @ np.array([0.299, 0.587, 0.114])
    return weighed


def separate(mask: NDArray[np.bool_], *, fill: bool = False) -> Regions:
    """Numbers the connected regions of a mask."""
    regions: Regions = ndimage.label(ndimage.binary_fill_holes(mask) if fill else mask)[0]
    return regions


def numbered(regions: Regions, *, smallest: int) -> list[tuple[int, tuple[slice, slice]]]:
    """The regions of at least ``smallest`` pixels that are no stripes, largest first."""
    sizes = np.bincount(regions.ravel())
    found = []
    for number, place in enumerate(ndimage.find_objects(regions), 1):
        height, width = (part.stop - part.start for part in place)
        if sizes[number] >= smallest and max(height, width) <= 3 * min(height, width):
            found.append((number, place))
    return sorted(found, key=lambda item: -int(sizes[item[0]]))


def places(regions: Regions, *, smallest: int) -> list[tuple[slice, slice]]:
    return [place for _, place in numbered(regions, smallest=smallest)]


def box(name: str, place: tuple[slice, slice], attributes: dict[str, Any], *, margin: int = 0) -> dict[str, Any]:
    rows, columns = place
    x, y = max(0, columns.start - margin), max(0, rows.start - margin)
    return {
        "class": name,
        "shape": "bounding_box",
        "geometry": {"x": x, "y": y, "width": columns.stop - x, "height": rows.stop - y},
        "attributes": attributes,
    }


def polygon(name: str, regions: Regions, number: int, place: tuple[slice, slice]) -> dict[str, Any]:
    """The outline as seen from the region's middle: the farthest pixel in each of twenty directions."""
    rows, columns = np.nonzero(regions[place] == number)
    y, x = rows + place[0].start + 0.5, columns + place[1].start + 0.5
    middle_x, middle_y = float(x.mean()), float(y.mean())
    turn = np.arctan2(y - middle_y, x - middle_x)
    far = np.hypot(y - middle_y, x - middle_x)
    sector = ((turn + np.pi) / (2 * np.pi) * CORNERS).astype(int) % CORNERS
    height, width = regions.shape
    ring = [
        [inside(middle_x + reach * np.cos(angle), width), inside(middle_y + reach * np.sin(angle), height)]
        for angle, reach in directions(sector, far)
    ]
    return {
        "class": name,
        "shape": "polygon",
        "geometry": {"polygons": [[ring]]},
        "attributes": {"stain": "strong" if len(rows) > 200 else "weak"},
    }


def inside(value: float, limit: int) -> float:
    """A coordinate to a tenth of a pixel, in the image."""
    return round(float(min(max(value, 0), limit)), 1)


def directions(sector: NDArray[np.int64], far: Plane) -> Sequence[tuple[float, float]]:
    """Per direction that has pixels: its angle and how far they reach, at least one pixel."""
    return [
        ((number + 0.5) / CORNERS * 2 * np.pi - np.pi, max(1.0, float(far[sector == number].max())))
        for number in range(CORNERS)
        if (sector == number).any()
    ]


def main() -> None:
    drawn = {tile.name: labels_of(tile) for tile in tiles()}
    lines = [f"{json.dumps(name)}: {json.dumps(entries)}" for name, entries in sorted(drawn.items())]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{sum(map(len, drawn.values()))} labels of {len(drawn)} tiles")


if __name__ == "__main__":
    main()
