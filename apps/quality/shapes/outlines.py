"""One geometry, read defensively: its upright box, its area as a polygon, or its pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from apps.common.errors import Invalid
from apps.labels.logic.areas import rotated_corners
from apps.labels.logic.geometry import CLASSIFICATION, check_geometry
from apps.labels.logic.masks import read_runs

Numbers = npt.NDArray[Any]
Size = tuple[int, int]
"""Width and height of the image."""

LEAST_SIDE = 0.03
"""Of the image's diagonal: the box of a point or a line is at least as wide and high, or nothing would overlap it."""

BOX, TURNED, POLYGON, MASK, LINE = "box", "turned", "polygon", "mask", "line"


@dataclass(frozen=True, eq=False)
class Outline:
    """``kind`` one of the names above, ``box`` (x1, y1, x2, y2) pixels, ``area`` where it has a surface of its own,
    ``mask`` COCO's ``{"size", "counts"}`` in bytes, ``turned`` (cx, cy, width, height, angle in degrees)."""

    kind: str
    box: tuple[float, float, float, float]
    area: BaseGeometry | None = None
    mask: dict[str, Any] | None = None
    turned: tuple[float, float, float, float, float] | None = None


def read_outline(shape: str, geometry: Any, size: Size) -> Outline | None:
    """None for what cannot be read, lies outside its image, or has no place (classifications)."""
    if shape == CLASSIFICATION:
        return None
    try:
        if shape == "skeleton":
            return points_outline(seen_points(geometry), size)
        extent = check_geometry(shape, geometry, size=size)
    except (Invalid, TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return None
    if extent is None:
        return None
    box = (extent.x, extent.y, extent.x + extent.width, extent.y + extent.height)
    return made(shape, geometry, box, size)


def made(shape: str, geometry: Any, box: tuple[float, float, float, float], size: Size) -> Outline:
    match shape:
        case "rotatable_bounding_box":
            cx, cy, w, h, angle = (float(geometry[name]) for name in ("cx", "cy", "width", "height", "angle"))
            corners = shapely.Polygon(rotated_corners(cx, cy, w, h, angle))
            return Outline(TURNED, box, corners, turned=(cx, cy, w, h, angle))
        case "polygon":
            parts = [shapely.Polygon(part[0], part[1:]) for part in geometry["polygons"]]
            return Outline(POLYGON, box, shapely.union_all(parts) if len(parts) > 1 else parts[0])
        case "bitmask":
            counts = geometry["counts"].encode("ascii")
            return Outline(MASK, box, mask={"size": list(geometry["size"]), "counts": counts})
        case "bounding_box":
            return Outline(BOX, box)
    return Outline(LINE, widened(box, size))


def seen_points(geometry: Any) -> list[tuple[float, float]]:
    """The points of a skeleton that somebody placed. Raises ValueError for one that is none."""
    points = geometry.get("points") if isinstance(geometry, Mapping) else None
    if not isinstance(points, list):
        raise ValueError("points is a list.")
    return [(float(one["x"]), float(one["y"])) for one in points if one.get("visibility", 2)]


def points_outline(points: list[tuple[float, float]], size: Size) -> Outline | None:
    if not points or not all(math.isfinite(value) for point in points for value in point):
        return None
    (left, top), (right, bottom) = (tuple(pick(axis) for axis in zip(*points, strict=True)) for pick in (min, max))
    if right < 0 or bottom < 0 or left > size[0] or top > size[1]:
        return None
    return Outline(LINE, widened((left, top, right, bottom), size))


def widened(box: tuple[float, float, float, float], size: Size) -> tuple[float, float, float, float]:
    least = LEAST_SIDE * math.hypot(*size)
    more_x, more_y = max(least - (box[2] - box[0]), 0) / 2, max(least - (box[3] - box[1]), 0) / 2
    return box[0] - more_x, box[1] - more_y, box[2] + more_x, box[3] + more_y


def runs_of(mask: Mapping[str, Any]) -> Numbers:
    """The run lengths of a mask, down the columns, background first."""
    height, width = mask["size"]
    return read_runs(mask["counts"].decode("ascii"), pixels=height * width, pointer="")
