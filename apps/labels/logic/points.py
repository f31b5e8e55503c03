"""Keypoints, skeletons and polylines: geometries without an area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.labels.logic.numbers import inside, members, number, path, refuse

Bounds = tuple[float, float, float, float]


def check_polyline(geometry: Any, *, width: int, height: int, pointer: str) -> tuple[Bounds, float]:
    """Bounds of ``points``: at least two different ones. Raises Invalid."""
    line = path(members(geometry, ("points",), pointer)["points"], width, height, f"{pointer}/points")
    if len(set(line)) < 2:
        refuse(f"{pointer}/points", "too_few_points", "A polyline has at least two different points.")
    return _bounds(line), 0.0


def check_keypoint(geometry: Any, *, width: int, height: int, pointer: str) -> tuple[Bounds, float]:
    """Bounds (of size zero) of ``x y``. Raises Invalid."""
    place = members(geometry, ("x", "y"), pointer)
    x, y = number(place["x"], f"{pointer}/x"), number(place["y"], f"{pointer}/y")
    inside(x, y, width, height, pointer)
    return (x, y, 0.0, 0.0), 0.0


def check_skeleton(
    geometry: Any, *, width: int, height: int, pointer: str, names: Sequence[str]
) -> tuple[Bounds, float]:
    """Bounds of ``points: [{"name", "x", "y", "visibility": 0|1|2}]`` that are placed (visibility 1 or 2).

    Every point of the template ``names`` occurs exactly once, in any order, and at least one is placed. Raises Invalid.
    """
    points = members(geometry, ("points",), pointer)["points"]
    pointer = f"{pointer}/points"
    if not isinstance(points, list):
        refuse(pointer, "not_a_list", "points is a list of named points.")
    left, placed = set(names), []
    for i, raw in enumerate(points):
        here = f"{pointer}/{i}"
        name, visibility, place = _named_point(raw, names, width, height, here)
        if name not in left:
            refuse(f"{here}/name", "repeated_point", f"{name} is there twice.")
        left.discard(name)
        if visibility:
            placed.append(place)
    if left:
        missing = next(name for name in names if name in left)
        refuse(
            pointer,
            "missing_point",
            f"The point {missing} is missing; give it visibility 0 when it is not labeled.",
        )
    if not placed:
        refuse(pointer, "empty", "At least one point is placed.")
    return _bounds(placed), 0.0


def _named_point(
    raw: Any, names: Sequence[str], width: int, height: int, pointer: str
) -> tuple[str, int, tuple[float, float]]:
    item = members(raw, ("name", "x", "y", "visibility"), pointer)
    name, visibility = item["name"], item["visibility"]
    if not isinstance(name, str) or name not in names:
        refuse(f"{pointer}/name", "unknown_point", "The class's template has no such point.")
    if type(visibility) is not int or visibility not in (0, 1, 2):
        refuse(f"{pointer}/visibility", "bad_visibility", "visibility is 0 (not labeled), 1 (hidden) or 2 (visible).")
    x, y = number(item["x"], f"{pointer}/x"), number(item["y"], f"{pointer}/y")
    inside(x, y, width, height, pointer)
    return name, visibility, (x, y)


def _bounds(points: list[tuple[float, float]]) -> Bounds:
    left, top = min(x for x, _ in points), min(y for _, y in points)
    return left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top
