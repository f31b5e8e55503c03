"""Reading numbers and points of a geometry: finite, and inside the image."""

from __future__ import annotations

import math
from typing import Any, NoReturn

from apps.common.errors import FieldError, Invalid

TOLERANCE = 0.01
"""Pixels a coordinate may lie beyond the border: sums of other programs' two decimals overshoot by this much."""

MAX_VERTICES = 20_000
"""Points one geometry may have, all its rings together."""

LARGEST = 2.0**53

Point = tuple[float, float]


def refuse(pointer: str, code: str, detail: str) -> NoReturn:
    """Raises Invalid with one field error."""
    raise Invalid(detail, errors=[FieldError(pointer, code, detail)])


def members(value: Any, names: tuple[str, ...], pointer: str) -> dict[str, Any]:
    """``value`` as an object with exactly the members ``names``. Raises Invalid."""
    if not isinstance(value, dict):
        refuse(pointer, "not_an_object", f"This is an object with {', '.join(names)}.")
    if value.keys() == set(names):
        return value
    for name in value:
        if name not in names:
            refuse(
                f"{pointer}/{escape(name)}", "unknown_field", f"This geometry has {', '.join(names)} and nothing else."
            )
    for name in names:
        if name not in value:
            refuse(f"{pointer}/{name}", "missing", f"{name} is missing.")
    return value


def number(value: Any, pointer: str) -> float:
    """``value`` when it is a finite number (a bool is none). Raises Invalid."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(pointer, "not_a_number", "This is not a number.")
    if not -LARGEST <= value <= LARGEST or (isinstance(value, float) and not math.isfinite(value)):
        refuse(pointer, "not_finite", "This is not a finite number of a sensible size.")
    return value


def inside(x: float, y: float, width: int, height: int, pointer: str) -> None:
    """Raises Invalid when the point is outside an image of ``width`` x ``height`` pixels; the border belongs to it."""
    if not (-TOLERANCE <= x <= width + TOLERANCE and -TOLERANCE <= y <= height + TOLERANCE):
        refuse(pointer, "outside_image", f"This lies outside the image of {width} x {height} pixels.")


def point(value: Any, width: int, height: int, pointer: str) -> Point:
    """``[x, y]`` inside the image. Raises Invalid."""
    if not isinstance(value, list) or len(value) != 2:
        refuse(pointer, "not_a_point", "A point is a pair [x, y].")
    x, y = number(value[0], f"{pointer}/0"), number(value[1], f"{pointer}/1")
    inside(x, y, width, height, pointer)
    return x, y


def path(value: Any, width: int, height: int, pointer: str, *, at_most: int = MAX_VERTICES) -> list[Point]:
    """A list of points inside the image. Raises Invalid; a list that is too long is refused before it is looked at."""
    if not isinstance(value, list):
        refuse(pointer, "not_a_list", "This is a list of points [x, y].")
    if len(value) > at_most:
        refuse(pointer, "too_many_points", f"One geometry has at most {MAX_VERTICES} points.")
    return [point(item, width, height, f"{pointer}/{i}") for i, item in enumerate(value)]


def escape(name: str) -> str:
    """One token of an RFC 6901 pointer."""
    return name.replace("~", "~0").replace("/", "~1")
