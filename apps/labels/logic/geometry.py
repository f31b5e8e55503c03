"""One door to every kind of geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.labels.logic.areas import check_box, check_polygon, check_rotatable_box
from apps.labels.logic.masks import check_bitmask
from apps.labels.logic.numbers import refuse
from apps.labels.logic.points import check_keypoint, check_polyline, check_skeleton

CLASSIFICATION = "classification"
SHAPES = (
    "bounding_box",
    "rotatable_bounding_box",
    "polygon",
    "polyline",
    "keypoint",
    "skeleton",
    "bitmask",
)

_CHECKS = {
    "bounding_box": check_box,
    "rotatable_bounding_box": check_rotatable_box,
    "polygon": check_polygon,
    "polyline": check_polyline,
    "keypoint": check_keypoint,
    "bitmask": check_bitmask,
}


@dataclass(frozen=True, slots=True)
class Extent:
    """The upright bounding box of a geometry and its area, in pixels."""

    x: float
    y: float
    width: float
    height: float
    area: float


def check_geometry(
    shape: str, geometry: Any, *, size: tuple[int, int], pointer: str = "/geometry", points: Sequence[str] = ()
) -> Extent | None:
    """The extent of a sound geometry of ``shape`` in an image of ``size`` (width, height); None for a classification.

    ``points`` names the points of a skeleton's template. Nothing is changed or rounded: what is sound is stored as it
    was sent. Raises Invalid with one field error below ``pointer``.
    """
    width, height = size
    if shape == CLASSIFICATION:
        if geometry is not None:
            refuse(pointer, "not_null", "A classification has no geometry: send null.")
        return None
    if shape == "skeleton":
        bounds, area = check_skeleton(geometry, width=width, height=height, pointer=pointer, names=points)
    elif check := _CHECKS.get(shape):
        bounds, area = check(geometry, width=width, height=height, pointer=pointer)
    else:
        refuse(pointer.removesuffix("/geometry") + "/shape", "unknown_shape", f"shape is one of {', '.join(SHAPES)}.")
    return Extent(*bounds, area)
