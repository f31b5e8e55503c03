"""IoU of anything with anything: boxes by numbers, polygons and turned boxes exactly, masks by their runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from pycocotools import mask as coco_mask

from apps.quality.logic.boxes import Boxes, Overlaps, Pairs, overlapping
from apps.quality.shapes.drawing import drawn
from apps.quality.shapes.outlines import BOX, LINE, MASK, Numbers, Outline, Size, read_outline

RUNS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Item:
    """One label or prediction: the number of its image, its shape and geometry, its class, its confidence."""

    image: int
    shape: str
    geometry: Any
    kind: int
    score: float = 0.0


@dataclass(frozen=True)
class Shapes:
    """What could be read: ``boxes`` (n,), their ``outlines``, and ``rows`` (n,) which of the items they were."""

    boxes: Boxes
    outlines: list[Outline]
    rows: Numbers

    def __len__(self) -> int:
        return len(self.outlines)


def read(items: Sequence[Item], sizes: Sequence[Size]) -> Shapes:
    """``sizes`` by image. Items without a place, broken ones and those of unknown images are left out."""
    found: list[Outline] = []
    rows: list[int] = []
    for row, item in enumerate(items):
        known = 0 <= item.image < len(sizes)
        outline = read_outline(item.shape, item.geometry, sizes[item.image]) if known else None
        if outline is not None:
            found.append(outline)
            rows.append(row)
    kept = [items[row] for row in rows]
    boxes = Boxes(
        np.array([item.image for item in kept], np.int64),
        np.array([outline.box for outline in found], np.float64).reshape(-1, 4),
        np.array([item.kind for item in kept], np.int64),
        np.array([item.score for item in kept], np.float64),
    )
    return Shapes(boxes, found, np.array(rows, np.int64))


def overlaps(labels: Shapes, predictions: Shapes, sizes: Sequence[Size]) -> Overlaps:
    """The IoU pairs that ``detection.evidence`` takes."""
    parts = [(labels, predictions), (labels, labels), (predictions, predictions)]
    between, own, seen = (pairs_of(one, other, sizes) for one, other in parts)
    return Overlaps(between, own, seen)


def pairs_of(one: Shapes, other: Shapes, sizes: Sequence[Size]) -> Pairs:
    """Pairs of the same image with IoU > 0: only those whose boxes touch are measured more closely."""
    pairs = overlapping(one.boxes, other.boxes, len(sizes))
    kinds, others = (np.array([outline.kind for outline in of.outlines], dtype="<U8") for of in (one, other))
    a, b = kinds[pairs.first], others[pairs.second]
    plain = np.isin(a, (BOX, LINE)) & np.isin(b, (BOX, LINE))
    masked = ((a == MASK) | (b == MASK)) & ~plain
    iou = pairs.iou.copy()
    exact = np.flatnonzero(~plain & ~masked)
    iou[exact] = by_area(one, other, pairs.first[exact], pairs.second[exact])
    iou = by_runs(one, other, replace(pairs, iou=iou), np.flatnonzero(masked), sizes)
    return replace(pairs, iou=iou).where(iou > 0)


def by_area(one: Shapes, other: Shapes, first: Numbers, second: Numbers) -> Numbers:
    """IoU of polygons, exactly."""
    if not len(first):
        return np.zeros(0)
    a, b = areas_at(one, first), areas_at(other, second)
    common = shapely.area(shapely.intersection(a, b))
    union = shapely.area(a) + shapely.area(b) - common
    return np.asarray(common / np.maximum(union, 1e-9))


def areas_at(of: Shapes, rows: Numbers) -> Numbers:
    out = np.empty(len(rows), dtype=object)
    made: dict[int, Any] = {}
    for place, row in enumerate(rows.tolist()):
        outline = of.outlines[row]
        if row not in made:
            made[row] = outline.area if outline.area is not None else shapely.box(*outline.box)
        out[place] = made[row]
    return out


def by_runs(one: Shapes, other: Shapes, pairs: Pairs, concerned: Numbers, sizes: Sequence[Size]) -> Numbers:
    """The pairs' IoU, those ``concerned`` by masks: an image at a time, a few rows of it where it holds very many."""
    iou = pairs.iou
    image = one.boxes.image[pairs.first[concerned]]
    order = np.argsort(image, kind="stable")
    for rows in np.split(concerned[order], np.flatnonzero(np.diff(image[order])) + 1):
        if not len(rows):
            continue
        size = sizes[int(one.boxes.image[pairs.first[rows[0]]])]
        columns, place = np.unique(pairs.second[rows], return_inverse=True)
        seen = [drawn(other.outlines[row], size) for row in columns.tolist()]
        lines, line = np.unique(pairs.first[rows], return_inverse=True)
        step = max(1, RUNS_AT_ONCE // len(columns))
        for start in range(0, len(lines), step):
            own = [drawn(one.outlines[row], size) for row in lines[start : start + step].tolist()]
            table = coco_mask.iou(own, seen, [0] * len(seen))
            here = (line >= start) & (line < start + step)
            iou[rows[here]] = table[line[here] - start, place[here]]
    return iou
