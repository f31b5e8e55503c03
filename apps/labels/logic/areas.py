"""Boxes and polygons: geometries with an area."""

from __future__ import annotations

import math
from typing import Any

import shapely
from shapely.geometry import LinearRing, Polygon

from apps.labels.logic.numbers import MAX_VERTICES, Point, inside, members, number, path, refuse

Bounds = tuple[float, float, float, float]

MAX_RINGS = 1_000


def check_box(geometry: Any, *, width: int, height: int, pointer: str) -> tuple[Bounds, float]:
    """Bounds and area of ``x y width height``. Raises Invalid."""
    box = members(geometry, ("x", "y", "width", "height"), pointer)
    x, y = number(box["x"], f"{pointer}/x"), number(box["y"], f"{pointer}/y")
    w, h = _length(box["width"], f"{pointer}/width"), _length(box["height"], f"{pointer}/height")
    inside(x, y, width, height, pointer)
    inside(x + w, y + h, width, height, pointer)
    return (x, y, w, h), w * h


def check_rotatable_box(geometry: Any, *, width: int, height: int, pointer: str) -> tuple[Bounds, float]:
    """Bounds and area of ``cx cy width height angle`` (degrees, clockwise); its corners are inside. Raises Invalid."""
    box = members(geometry, ("cx", "cy", "width", "height", "angle"), pointer)
    cx, cy = number(box["cx"], f"{pointer}/cx"), number(box["cy"], f"{pointer}/cy")
    w, h = _length(box["width"], f"{pointer}/width"), _length(box["height"], f"{pointer}/height")
    angle = number(box["angle"], f"{pointer}/angle")
    if not -360 <= angle <= 360:
        refuse(f"{pointer}/angle", "out_of_range", "angle is a number of degrees from -360 to 360.")
    corners = rotated_corners(cx, cy, w, h, angle)
    for x, y in corners:
        inside(x, y, width, height, pointer)
    return _bounds(corners), w * h


def rotated_corners(cx: float, cy: float, width: float, height: float, angle: float) -> list[Point]:
    """The corners of a box turned clockwise by ``angle`` degrees about its centre; y points down."""
    turn = math.radians(angle)
    cos, sin = math.cos(turn), math.sin(turn)
    half = [(-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2)]
    return [(cx + dx * cos - dy * sin, cy + dx * sin + dy * cos) for dx, dy in half]


def check_polygon(geometry: Any, *, width: int, height: int, pointer: str) -> tuple[Bounds, float]:
    """Bounds and area of ``polygons: [[outer ring, hole…], …]``: simple rings, holes in their outer. Raises Invalid."""
    parts = members(geometry, ("polygons",), pointer)["polygons"]
    pointer = f"{pointer}/polygons"
    if not isinstance(parts, list) or not parts:
        refuse(pointer, "not_a_list", "polygons is a list of at least one polygon.")
    points: list[Point] = []
    area, rings_left = 0.0, MAX_RINGS
    for i, part in enumerate(parts):
        here = f"{pointer}/{i}"
        if not isinstance(part, list) or not part:
            refuse(here, "not_a_list", "A polygon is a list of rings: the outer one, then its holes.")
        rings_left -= len(part)
        if rings_left < 0:
            refuse(here, "too_many_rings", f"One geometry has at most {MAX_RINGS} rings.")
        rings = _rings(part, width, height, here, MAX_VERTICES - len(points))
        points += [vertex for ring in rings for vertex in ring]
        area += _polygon_area(rings, here)
    return _bounds(points), area


def _rings(part: list[Any], width: int, height: int, pointer: str, left: int) -> list[list[Point]]:
    """The rings of one polygon, each with at least three different points."""
    rings = []
    for i, raw in enumerate(part):
        ring = path(raw, width, height, f"{pointer}/{i}", at_most=left)
        left -= len(ring)
        if len(set(ring)) < 3:
            refuse(f"{pointer}/{i}", "too_few_points", "A ring has at least three different points.")
        rings.append(ring)
    return rings


def _polygon_area(rings: list[list[Point]], pointer: str) -> float:
    polygon = Polygon(rings[0], rings[1:])
    if not shapely.is_valid(polygon):
        for i, ring in enumerate(rings):
            if not shapely.is_valid(LinearRing(ring)) or not shapely.is_valid(Polygon(ring)):
                refuse(f"{pointer}/{i}", "not_simple", f"The ring is not simple: {_reason(Polygon(ring))}.")
        refuse(pointer, "bad_holes", f"Holes lie inside their outer ring and apart: {_reason(polygon)}.")
    if polygon.area <= 0:
        refuse(pointer, "empty", "The polygon has no area.")
    return float(polygon.area)


def _reason(polygon: Polygon) -> str:
    return str(shapely.is_valid_reason(polygon))


def _length(value: Any, pointer: str) -> float:
    length = number(value, pointer)
    if length <= 0:
        refuse(pointer, "zero_size", "This is greater than zero.")
    return length


def _bounds(points: list[Point]) -> Bounds:
    left, top = min(x for x, _ in points), min(y for _, y in points)
    return left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top
