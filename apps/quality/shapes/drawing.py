"""Outlines as pixels: whole ones as COCO's runs, and small crops of one instance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from pycocotools import mask as coco_mask

from apps.quality.shapes.outlines import LINE, Numbers, Outline, Size, runs_of

MOST = 256
"""Pixels of the longer side of a crop; larger instances are drawn smaller."""

MARGIN = 0.15
"""Of the instance's longer side, around it."""


def drawn(outline: Outline, size: Size) -> dict[str, Any]:
    """COCO's mask of the whole image's ``size`` (width, height)."""
    if outline.mask is not None:
        return outline.mask
    area = outline.area if outline.area is not None else shapely.box(*outline.box)
    return runs_of_area(area, size, (0.0, 0.0), 1.0)


def runs_of_area(area: Any, size: Size, origin: tuple[float, float], scale: float) -> dict[str, Any]:
    """A polygon or several, holes cut out, as COCO draws them after moving ``origin`` to 0 and scaling."""
    width, height = size
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon" and not part.is_empty]
    found = [part_of(part, size, origin, scale) for part in parts]
    if not found:
        return dict(coco_mask.encode(np.zeros((height, width), np.uint8, order="F")))
    return dict(coco_mask.merge(found))


def part_of(part: Any, size: Size, origin: tuple[float, float], scale: float) -> Any:
    outer, holes = (of_rings(rings, size, origin, scale) for rings in ([part.exterior], list(part.interiors)))
    if not part.interiors:
        return outer
    whole = (0, 0, *size)
    return coco_mask.encode(np.asfortranarray(pixels_in(outer, whole) & ~pixels_in(holes, whole)).astype(np.uint8))


def of_rings(rings: list[Any], size: Size, origin: tuple[float, float], scale: float) -> Any:
    flat = [((shapely.get_coordinates(ring)[:-1] - origin) * scale).ravel().tolist() for ring in rings]
    return coco_mask.merge(coco_mask.frPyObjects(flat, size[1], size[0])) if flat else None


def crops(one: Outline, other: Outline) -> tuple[Numbers, Numbers] | None:
    """Both (h, w) bool in the same frame: the instance with a margin; None where either has no surface."""
    if LINE in (one.kind, other.kind):
        return None
    frame = frame_of(one, other)
    return crop(one, *frame), crop(other, *frame)


def frame_of(one: Outline, other: Outline) -> tuple[tuple[int, int, int, int], float]:
    """Left, top, right, bottom in whole pixels of the image (they may lie outside of it), and the scale."""
    box = (*(min(a, b) for a, b in zip(one.box[:2], other.box[:2], strict=True)),)
    end = (*(max(a, b) for a, b in zip(one.box[2:], other.box[2:], strict=True)),)
    longer = max(end[0] - box[0], end[1] - box[1])
    margin = MARGIN * longer + 1
    left, top = math.floor(box[0] - margin), math.floor(box[1] - margin)
    right, bottom = math.ceil(end[0] + margin), math.ceil(end[1] + margin)
    return (left, top, right, bottom), min(1.0, MOST / max(right - left, bottom - top))


def crop(outline: Outline, window: tuple[int, int, int, int], scale: float) -> Numbers:
    left, top, right, bottom = window
    width, height = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    if outline.mask is not None:
        whole = pixels_in(outline.mask, window)
        rows, columns = (((np.arange(count) + 0.5) / scale).astype(int) for count in (height, width))
        return np.asarray(whole[np.ix_(np.minimum(rows, len(whole) - 1), np.minimum(columns, whole.shape[1] - 1))])
    area = outline.area if outline.area is not None else shapely.box(*outline.box)
    runs = runs_of_area(area, (width, height), (float(left), float(top)), scale)
    return pixels_in(runs, (0, 0, width, height))


def pixels_in(mask: Mapping[str, Any], window: tuple[int, int, int, int]) -> Numbers:
    """(h, w) bool of a window, from the runs of its columns alone: the whole image is never unpacked."""
    left, top, right, bottom = window
    height, width = mask["size"]
    out = np.zeros((bottom - top, right - left), bool)
    x0, x1, y0, y1 = max(left, 0), min(right, width), max(top, 0), min(bottom, height)
    if x0 >= x1 or y0 >= y1:
        return out
    ends = np.clip(np.cumsum(runs_of(mask)), x0 * height, x1 * height)
    lengths = np.diff(ends, prepend=x0 * height)
    columns = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(x1 - x0, height)
    out[y0 - top : y1 - top, x0 - left : x1 - left] = columns[:, y0:y1].T
    return out
