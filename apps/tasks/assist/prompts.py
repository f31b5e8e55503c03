"""What the hand says, checked against the image and in the words of the inference process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from apps.inference import wire
from apps.labels.logic import check_geometry
from apps.labels.logic.numbers import inside, path, refuse
from apps.tasks.assist.bodies import MAX_POINTS
from apps.tasks.assist.masks import Size, area_of, rasterised, turned_box

Box = tuple[float, float, float, float]
Saved = Callable[[UUID], tuple[str, Any]]
"""Shape and geometry of a saved label; raises Invalid for one that is not there."""

EARLIER = ("mask", "label", "polygons")
ALONE = ("boxes", "anchors")
MAX_TOKEN = 200


def read_prompts(sent: Mapping[str, Any], *, size: Size, saved: Saved) -> wire.Prompts:
    """The prompts of an image of ``size``. Raises Invalid with a pointer to what is not sound."""
    given = [name for name in ("points", "box", *EARLIER, *ALONE) if sent.get(name)]
    if not given:
        refuse("/points", "no_prompts", "Say something: points, a box, a mask, polygons, a label or anchors.")
    for name in ALONE:
        if name in given and len(given) > 1:
            refuse(f"/{name}", "bad_prompts", f"{name} stands alone.")
    if "boxes" in given:
        return wire.Prompts(boxes=tuple(_box(box, size, f"/boxes/{i}") for i, box in enumerate(sent["boxes"])))
    if "anchors" in given:
        return _outline(sent, size)
    earlier = [name for name in EARLIER if name in given]
    if len(earlier) > 1:
        refuse(f"/{earlier[1]}", "bad_prompts", f"Send {earlier[0]} or {earlier[1]}, not both.")
    box = _box(sent["box"], size, "/box") if "box" in given else None
    mask, token, of_label = _earlier(sent, earlier[0] if earlier else "", size, saved)
    if box and of_label:
        refuse("/label", "bad_prompts", "The label is a box; send no other.")
    points = tuple(_point(point, size, f"/points/{i}") for i, point in enumerate(sent.get("points", ())))
    return wire.Prompts(points=points, box=box or of_label, mask=mask, token=token)


def _point(sent: Mapping[str, Any], size: Size, pointer: str) -> wire.Point:
    inside(sent["x"], sent["y"], *size, pointer)
    return wire.Point(sent["x"], sent["y"], sent["label"])


def _box(sent: Mapping[str, Any], size: Size, pointer: str) -> Box:
    check_geometry("bounding_box", dict(sent), size=size, pointer=pointer)
    return sent["x"], sent["y"], sent["width"], sent["height"]


def _outline(sent: Mapping[str, Any], size: Size) -> wire.Prompts:
    anchors = path(sent["anchors"], *size, "/anchors", at_most=MAX_POINTS)
    if len(anchors) < 2:
        refuse("/anchors", "too_few_points", "An outline has at least two anchors.")
    return wire.Prompts(anchors=tuple(anchors), closed=sent["closed"])


def _earlier(sent: Mapping[str, Any], name: str, size: Size, saved: Saved) -> tuple[wire.Mask | None, str, Box | None]:
    """What is to be refined, as (mask, token, box), of which at most one is set."""
    match name:
        case "mask" if "token" in sent["mask"]:
            return None, _token(sent["mask"]), None
        case "mask":
            return _as_mask("bitmask", dict(sent["mask"]), size, "/mask"), "", None
        case "polygons":
            return _as_mask("polygon", {"polygons": sent["polygons"]}, size, ""), "", None
        case "label":
            shape, geometry = saved(sent["label"])
            if shape == "bounding_box":
                return None, "", _box(geometry, size, "/label")
            return _as_mask(shape, geometry, size, "/label"), "", None
    return None, "", None


def _token(mask: Mapping[str, Any]) -> str:
    token = mask["token"]
    if len(mask) > 1 or not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
        refuse("/mask/token", "bad_token", "token is the text that an earlier answer gave, and stands alone.")
    return token


def _as_mask(shape: str, geometry: Any, size: Size, pointer: str) -> wire.Mask:
    check_geometry(shape, geometry, size=size, pointer=pointer)
    match shape:
        case "bitmask":
            return wire.Mask((size[1], size[0]), geometry["counts"])
        case "polygon":
            mask = rasterised(geometry["polygons"], size)
        case "rotatable_bounding_box":
            mask = rasterised(turned_box(geometry), size)
        case _:
            refuse(pointer, "bad_prompts", f"A {shape} cannot be refined: it has no area.")
    if not area_of(mask):
        refuse(pointer or "/polygons", "empty", "The shape covers no pixel.")
    return mask
