"""Geometries to COCO's members and back.

COCO says boxes, polygons without holes, masks and keypoints. A rotated box, a polyline and a polygon with holes go as
the nearest thing it can say, and exactly as they are in the member ``lapidary``, which other readers pass over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pycocotools import mask as coco_mask

from apps.labels.logic.areas import check_polygon, rotated_corners
from apps.labels.logic.geometry import Extent, check_geometry
from apps.labels.logic.masks import compress, read_runs
from apps.labels.logic.numbers import number
from apps.ontologies.logic import ClassEntry

Members = dict[str, Any]
Size = tuple[int, int]

OWN = ("rotatable_bounding_box", "polyline", "polygon")
"""Shapes that may come in the member ``lapidary``."""


class NotCarriedError(Exception):
    """An annotation that cannot become a label of its class: a code and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def geometry_of(item: Mapping[str, Any], entry: ClassEntry, category: Mapping[str, Any], size: Size) -> Any:
    """The geometry that ``item`` gives a label of ``entry``. Raises NotCarriedError, or Invalid for broken numbers."""
    own = item.get("lapidary")
    if entry.shape in OWN and isinstance(own, dict) and own.get("shape") == entry.shape:
        return own.get("geometry")
    match entry.shape:
        case "bounding_box":
            return _read_box(item)
        case "polygon":
            return _read_polygons(item)
        case "bitmask":
            return _read_mask(item, size)
        case "keypoint":
            return _read_keypoint(item)
        case "skeleton":
            return _read_skeleton(item, entry, category)
    raise NotCarriedError("wrong_shape", f"COCO cannot say a {entry.shape}.")


def _read_box(item: Mapping[str, Any]) -> Members:
    box = item.get("bbox")
    if not isinstance(box, list) or len(box) != 4:
        raise NotCarriedError("broken_geometry", "bbox is [x, y, width, height].")
    x, y, width, height = (_number(value) for value in box)
    if width == 0 or height == 0:
        raise NotCarriedError("zero_size", f"The box has no size: {box}.")
    if width < 0 or height < 0:
        raise NotCarriedError("broken_geometry", f"The box ends before it begins: {box}.")
    return {"x": x, "y": y, "width": width, "height": height}


def _read_polygons(item: Mapping[str, Any]) -> Members:
    rings = item.get("segmentation")
    if isinstance(rings, dict):
        raise NotCarriedError("wrong_shape", "The annotation is a mask, and its class takes polygons.")
    if not isinstance(rings, list) or not rings:
        raise NotCarriedError("wrong_shape", "The annotation has no polygons.")
    return {"polygons": [[_ring(flat)] for flat in rings]}


def _ring(flat: Any) -> list[list[float]]:
    if not isinstance(flat, list) or len(flat) % 2:
        raise NotCarriedError("broken_geometry", "A polygon is a flat list of x and y.")
    return [[_number(flat[i]), _number(flat[i + 1])] for i in range(0, len(flat), 2)]


def _read_mask(item: Mapping[str, Any], size: Size) -> Members:
    """A packed mask as it is; a plain one packed; polygons drawn as COCO draws them."""
    width, height = size
    mask = item.get("segmentation")
    if not width or not height:
        raise NotCarriedError("broken_geometry", "The file does not say the image's size, which a mask needs.")
    if isinstance(mask, list) and mask:
        polygons = _read_polygons(item)
        check_polygon(polygons, width=width, height=height, pointer="")
        flats = [[value for vertex in part[0] for value in vertex] for part in polygons["polygons"]]
        packed = coco_mask.merge(coco_mask.frPyObjects(flats, height, width))
        return {"size": [height, width], "counts": packed["counts"].decode("ascii")}
    if not isinstance(mask, dict):
        raise NotCarriedError("wrong_shape", "The annotation has no segmentation.")
    if mask.get("size") != [height, width]:
        raise NotCarriedError("wrong_size", "The mask's size is not the image's.")
    counts = mask.get("counts")
    if isinstance(counts, str):
        read_runs(counts, pixels=width * height, pointer="")
        return {"size": [height, width], "counts": counts}
    if not isinstance(counts, list) or any(type(run) is not int or run < 0 for run in counts):
        raise NotCarriedError("broken_geometry", "counts is a text, or a list of run lengths.")
    if sum(counts) != width * height:
        raise NotCarriedError("broken_geometry", "The runs of counts do not add up to the image.")
    return {"size": [height, width], "counts": compress(counts, width=width, height=height)}


def _read_keypoint(item: Mapping[str, Any]) -> Members:
    points = _triples(item)
    if len(points) != 1:
        raise NotCarriedError("wrong_shape", "The class takes exactly one keypoint.")
    if points[0][2] == 0:
        raise NotCarriedError("empty", "The keypoint is not placed.")
    return {"x": points[0][0], "y": points[0][1]}


def _read_skeleton(item: Mapping[str, Any], entry: ClassEntry, category: Mapping[str, Any]) -> Members:
    names = category.get("keypoints") or list(entry.points)
    points = _triples(item)
    if not isinstance(names, list) or len(points) != len(names):
        raise NotCarriedError("broken_geometry", "There is not one keypoint for each name of the category.")
    return {
        "points": [
            {"name": name, "x": x, "y": y, "visibility": v} for name, (x, y, v) in zip(names, points, strict=True)
        ]
    }


def _triples(item: Mapping[str, Any]) -> list[tuple[float, float, Any]]:
    flat = item.get("keypoints")
    if not isinstance(flat, list) or not flat or len(flat) % 3:
        raise NotCarriedError("wrong_shape", "The annotation has no keypoints.")
    return [(_number(flat[i]), _number(flat[i + 1]), flat[i + 2]) for i in range(0, len(flat), 3)]


def _number(value: Any) -> float:
    return number(value, "")


def members_of(shape: str, geometry: Any, entry: ClassEntry | None, size: Size) -> tuple[Members, bool]:
    """``bbox area segmentation …`` of a label, and whether COCO says the shape by itself."""
    points = [point["name"] for point in geometry["points"]] if shape == "skeleton" else ()
    extent = cast("Extent", check_geometry(shape, geometry, size=size, points=points))
    found: Members = {
        "bbox": [extent.x, extent.y, extent.width, extent.height],
        "area": extent.area,
        "segmentation": [],
    }
    exact = True
    match shape:
        case "polygon":
            exact = all(len(part) == 1 for part in geometry["polygons"])
            found["segmentation"] = (
                [_flat(part[0]) for part in geometry["polygons"]] if exact else _holed(geometry, size)
            )
        case "bitmask":
            found["segmentation"] = geometry
        case "rotatable_bounding_box":
            corners = rotated_corners(*(geometry[name] for name in ("cx", "cy", "width", "height", "angle")))
            found["segmentation"], exact = [_flat(corners)], False
        case "polyline":
            exact = False
        case "keypoint":
            found |= {"keypoints": [geometry["x"], geometry["y"], 2], "num_keypoints": 1}
        case "skeleton":
            found |= _skeleton_members(geometry, entry, extent)
    if not exact:
        found["lapidary"] = {"shape": shape, "geometry": geometry}
    return found, exact


def _skeleton_members(geometry: Any, entry: ClassEntry | None, extent: Extent) -> Members:
    order = {name: i for i, name in enumerate(entry.points if entry else ())}
    points = sorted(geometry["points"], key=lambda point: order.get(point["name"], len(order)))
    return {
        "keypoints": [value for point in points for value in (point["x"], point["y"], point["visibility"])],
        "num_keypoints": sum(point["visibility"] > 0 for point in points),
        "area": extent.width * extent.height,
    }


def _flat(ring: Any) -> list[float]:
    return [value for vertex in ring for value in vertex]


def _holed(geometry: Any, size: Size) -> Members:
    """Polygons with holes, drawn as a mask: each outer ring and not its holes, all together."""
    width, height = size
    parts = []
    for outer, *holes in geometry["polygons"]:
        drawn = [coco_mask.frPyObjects([_flat(outer)], height, width)[0]]
        drawn += [_inverted(coco_mask.frPyObjects([_flat(hole)], height, width)[0], size) for hole in holes]
        parts.append(coco_mask.merge(drawn, intersect=True))
    packed = coco_mask.merge(parts)
    return {"size": [height, width], "counts": packed["counts"].decode("ascii")}


def _inverted(mask: Members, size: Size) -> Any:
    """The mask of every other pixel: runs begin with background, so a run of none goes before or away."""
    width, height = size
    runs = read_runs(mask["counts"].decode("ascii"), pixels=width * height, pointer="").tolist()
    runs = runs[1:] if runs[0] == 0 else [0, *runs]
    return {"size": [height, width], "counts": compress(runs, width=width, height=height).encode("ascii")}
