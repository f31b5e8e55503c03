"""Assistants that need no weights: GrabCut for boxes, clicks and saved masks, live-wire for outlines.

They claim no score. Where they are known to fail, the answer's note says so. The same ask gives the same answer.
"""

from __future__ import annotations

import time

import cv2
import numpy as np
from numpy.typing import NDArray

from apps.inference import wire
from apps.inference.service.classical.clicks import Clicks, from_clicks
from apps.inference.service.classical.grabcut import Hints, cut, full_size
from apps.inference.service.classical.livewire import traced
from apps.inference.service.classical.shapes import doubt, readings
from apps.inference.service.masks import candidate_from_mask, decode_mask
from apps.inference.service.outlines import extent
from apps.inference.service.refusals import Refusal

MOST_POINTS = 256
"""Clicks or anchors of one ask."""

SEED_MARGIN = 0.15
"""How far a saved mask may grow when it is refined, as a part of its longer side."""

cv2.setNumThreads(1)  # many asks at a time; and a pool that was started before a fork hangs the child

__all__ = ["assist"]


def assist(image: NDArray[np.uint8], prompts: wire.Prompts) -> wire.Assist:
    """The answer to one set of prompts (``boxes`` are the caller's to take apart). Raises Refusal ``bad_prompts``."""
    began = time.perf_counter()
    _check(image, prompts)
    path: list[tuple[float, float]] = []
    if prompts.anchors:
        path, found, note = _outline(image, prompts)
    elif prompts.box is None and prompts.mask is None:
        found, note = _from_points(image, prompts)
    else:
        found, note = _from_hints(image, prompts)
    return wire.Assist(
        candidates=found,
        model=wire.CLASSICAL.id,
        path=path,
        decode_ms=(time.perf_counter() - began) * 1e3,
        note=note,
    )


def _check(image: NDArray[np.uint8], prompts: wire.Prompts) -> None:
    height, width = image.shape[:2]
    numbers = [value for anchor in prompts.anchors for value in anchor]
    numbers += [value for point in prompts.points for value in (point.x, point.y)]
    numbers += list(prompts.box or ())
    if not np.isfinite(numbers).all():
        raise Refusal("bad_prompts", "Coordinates are finite numbers.")
    if len(prompts.points) > MOST_POINTS or len(prompts.anchors) > MOST_POINTS:
        raise Refusal("bad_prompts", f"One ask has at most {MOST_POINTS} clicks or anchors.")
    if prompts.mask is not None and tuple(prompts.mask.size) != (height, width):
        raise Refusal("bad_prompts", f"The mask is not of this image, which is {height} pixels high and {width} wide.")
    if prompts.box is not None and not _inside(prompts.box, width, height):
        raise Refusal("bad_prompts", "The box covers nothing of the image.")


def _inside(box: tuple[float, float, float, float], width: int, height: int) -> bool:
    x, y, wide, high = box
    return wide > 0 and high > 0 and x < width and y < height and x + wide > 0 and y + high > 0


def _outline(
    image: NDArray[np.uint8], prompts: wire.Prompts
) -> tuple[list[tuple[float, float]], list[wire.Candidate], str]:
    path = traced(image, list(prompts.anchors), closed=prompts.closed)
    if not prompts.closed or len(set(prompts.anchors)) < 3:
        return path, [], ""
    mask = np.zeros(image.shape[:2], np.uint8)
    # fillPoly's coordinates are of pixel centres, in sixteenths; ours of pixel corners.
    ring = np.round((np.array(path) - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(mask, [ring], 1, lineType=cv2.LINE_8, shift=4)
    return path, _candidates([mask.view(np.bool_)]), ""


def _from_points(image: NDArray[np.uint8], prompts: wire.Prompts) -> tuple[list[wire.Candidate], str]:
    inside, outside = _clicks(image, prompts)
    if not inside:
        return [], "Click on the object first: clicks that take away need something to take from."
    cuts = from_clicks(image, inside, outside)
    note = doubt(cuts[0] if cuts else None)
    return _candidates([full_size(found.mask, found.span, image.shape[:2]) for found in cuts]), note


def _from_hints(image: NDArray[np.uint8], prompts: wire.Prompts) -> tuple[list[wire.Candidate], str]:
    height, width = image.shape[:2]
    inside, outside = _clicks(image, prompts)
    seed = decode_mask(prompts.mask) if prompts.mask is not None else None
    if prompts.box is not None:
        x, y, wide, high = prompts.box
        box = (max(0.0, x), max(0.0, y), min(float(width), x + wide), min(float(height), y + high))
    else:
        around = _around(seed)
        if around is None:
            return [], "The mask to refine is empty."
        box = around
    found = cut(image, Hints(box=box, inside=inside, outside=outside, seed=seed))
    if found is None:
        return [], doubt(None)
    chosen = [found.mask] if seed is not None else readings(found)
    masks = [full_size(mask, found.span, (height, width)) for mask in chosen]
    return _candidates([mask for mask in masks if _agrees(mask, inside, outside)]), doubt(found)


def _agrees(mask: NDArray[np.bool_], inside: Clicks, outside: Clicks) -> bool:
    """Whether the mask has every click that adds and none that takes away; a reading that has not was not meant."""
    return all(mask[int(y), int(x)] for x, y in inside) and not any(mask[int(y), int(x)] for x, y in outside)


def _around(seed: NDArray[np.bool_] | None) -> tuple[float, float, float, float] | None:
    """The box in which a saved mask may grow."""
    rows, columns = extent(seed) if seed is not None else (None, None)
    if seed is None or rows is None or columns is None:
        return None
    height, width = seed.shape
    margin = SEED_MARGIN * max(rows.stop - rows.start, columns.stop - columns.start) + 2
    return (
        max(0.0, columns.start - margin),
        max(0.0, rows.start - margin),
        min(float(width), columns.stop + margin),
        min(float(height), rows.stop + margin),
    )


def _clicks(image: NDArray[np.uint8], prompts: wire.Prompts) -> tuple[Clicks, Clicks]:
    """The clicks that add and those that take away, moved into the image."""
    height, width = image.shape[:2]
    placed = [
        (min(max(point.x, 0.0), width - 1.0), min(max(point.y, 0.0), height - 1.0), point.label)
        for point in prompts.points
    ]
    inside = tuple((x, y) for x, y, label in placed if label == 1)
    return inside, tuple((x, y) for x, y, label in placed if label == 0)


def _candidates(masks: list[NDArray[np.bool_]]) -> list[wire.Candidate]:
    return [candidate_from_mask(mask, None) for mask in masks if mask.any()]
