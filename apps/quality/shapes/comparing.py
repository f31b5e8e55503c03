"""One data unit's labels and predictions as an evaluation compares them: what counts, and what overlaps what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from pycocotools import mask as coco_mask

from apps.ontologies.logic import ClassEntry, OntologyIndex
from apps.quality.logic.checks import Array
from apps.quality.logic.matching import LEAST_IOU, Things
from apps.quality.shapes.coco_figures import Thing
from apps.quality.shapes.drawing import drawn
from apps.quality.shapes.outlines import BOX, LINE, Size, read_outline

SAME_IOU = 0.5
"""From here on a prediction is of the label that it overlaps most."""


@dataclass(frozen=True, slots=True)
class Row:
    """A label or a prediction, from its columns."""

    id: UUID
    class_id: str
    shape: str
    geometry: Any
    attributes: dict[str, Any]
    confidence: float = 1.0
    probabilities: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """What is matched: an object, or one answer of a classification (``thing`` None). ``question`` is its class."""

    row: Row
    key: str
    question: str
    thing: Thing | None
    confidence: float


@dataclass(slots=True)
class Compared:
    """A unit's items that count, and ``near`` (predictions, labels), their IoU. ``left`` counts what does not."""

    labels: list[Item]
    predictions: list[Item]
    near: Array
    left: dict[str, int]


class Reader:
    """Rows to items. Classes and answers are numbered as they come: ``keys``."""

    def __init__(self, index: OntologyIndex, keys: Iterable[str] = ()) -> None:
        self.index = index
        self.numbers = {key: number for number, key in enumerate(keys)}

    def number(self, key: str) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def items(self, row: Row, size: Size) -> list[Item]:
        """None for what overlap cannot compare: points and lines, texts and numbers, broken geometries."""
        entry = self.index.find(row.class_id)
        if row.shape == "classification":
            return [] if entry is None else list(self._answers(row, entry))
        outline = read_outline(row.shape, row.geometry, size)
        if outline is None or outline.kind == LINE:
            return []
        left, top, right, bottom = outline.box
        box = (left, top, right - left, bottom - top)
        mask = None if outline.kind == BOX else drawn(outline, size)
        area = box[2] * box[3] if mask is None else float(coco_mask.area(mask))
        thing = Thing(self.number(row.class_id), box, area, mask, row.confidence)
        return [Item(row, row.class_id, row.class_id, thing, row.confidence)]

    def _answers(self, row: Row, entry: ClassEntry) -> Iterator[Item]:
        for option in answers(row.attributes, entry):
            key = f"{entry.id}:{option}"
            self.number(key)
            yield Item(row, key, entry.id, None, row.probabilities.get(option, row.confidence))


def answers(attributes: dict[str, Any], entry: ClassEntry) -> list[str]:
    """The options chosen, by id; a boolean's are true and false. Empty for texts and numbers."""
    asked = entry.attributes.entries[0]
    said = attributes.get(asked.id)
    if asked.type == "boolean":
        return [] if said is None else ["true" if said else "false"]
    if asked.type not in ("radio", "checklist"):
        return []
    chosen = said if isinstance(said, list) else [said]
    options = [one.get("value") if isinstance(one, dict) else one for one in chosen]
    return [option for option in options if isinstance(option, str)]


def compare(
    reader: Reader, labels: Sequence[Row], predictions: Sequence[Row], kept: frozenset[UUID], size: Size, *, whole: bool
) -> Compared:
    """``kept`` are the labels that count. A prediction of a label that does not count neither does; where the unit was
    not judged as a ``whole``, nor does one that overlaps no label that counts."""
    meant: list[Item] = []
    other: list[Item] = []
    said: list[Item] = []
    left = {"shapes": 0, "predictions": 0}
    for row in labels:
        found = reader.items(row, size)
        left["shapes"] += not found
        (meant if row.id in kept else other).extend(found)
    for row in predictions:
        said += reader.items(row, size)
    near = overlap(said, meant, size)
    counted = counting(near, overlap(said, other, size), whole)
    left["predictions"] = len(said) - int(counted.sum())
    held = [item for item, counts in zip(said, counted.tolist(), strict=True) if counts]
    return Compared(meant, held, near[counted], left)


def paired(reader: Reader, predictions: Sequence[Item], labels: Sequence[Item], *near: Array) -> Things:
    """Items of one image, or of several with each one's IoU in ``near``, for ``matching.match``."""
    first, second, iou, n, m = [], [], [], 0, 0
    for one in near:
        rows, columns = np.nonzero(one >= LEAST_IOU)
        first.append(rows + n)
        second.append(columns + m)
        iou.append(one[rows, columns])
        n, m = n + one.shape[0], m + one.shape[1]
    none = np.zeros(0, np.int64)
    return Things(
        np.array([reader.number(item.key) for item in predictions], np.int64),
        np.array([item.confidence for item in predictions], np.float64),
        np.array([reader.number(item.key) for item in labels], np.int64),
        np.concatenate([*first, none]),
        np.concatenate([*second, none]),
        np.concatenate([*iou, np.zeros(0)]),
    )


def counting(near: Array, beside: Array, whole: bool) -> Array:
    """(predictions,) which count, by their overlaps with labels that do (``near``) and that do not (``beside``)."""
    own = near.max(axis=1, initial=0.0)
    theirs = beside.max(axis=1, initial=0.0)
    counted = (theirs < SAME_IOU) | (own > theirs)
    return np.asarray(counted if whole else counted & (own >= LEAST_IOU))


def overlap(predictions: Sequence[Item], labels: Sequence[Item], size: Size) -> Array:
    """(predictions, labels) IoU: of masks where both have one, else of boxes; 1 between answers of one question that
    exclude each other, and between equal ones."""
    iou = np.zeros((len(predictions), len(labels)))
    place_p = [row for row, item in enumerate(predictions) if item.thing is not None]
    place_l = [row for row, item in enumerate(labels) if item.thing is not None]
    if place_p and place_l:
        iou[np.ix_(place_p, place_l)] = objects(
            [predictions[row].thing for row in place_p], [labels[row].thing for row in place_l]
        )
    for a, item in enumerate(predictions):
        if item.thing is None:
            for b, label in enumerate(labels):
                alike = item.key == label.key or (item.question == label.question and excludes(label))
                iou[a, b] = float(label.thing is None and alike)
    return iou


def excludes(label: Item) -> bool:
    """Whether the question takes one answer: of a checklist's several, none is taken for another."""
    return not isinstance(next(iter(label.row.attributes.values()), None), list)


def objects(predictions: Sequence[Any], labels: Sequence[Any]) -> Array:
    iou = np.array(coco_mask.iou(boxes(predictions), boxes(labels), [0] * len(labels)))
    masked_p = [row for row, thing in enumerate(predictions) if thing.mask]
    masked_l = [row for row, thing in enumerate(labels) if thing.mask]
    if masked_p and masked_l:
        masks = [predictions[row].mask for row in masked_p], [labels[row].mask for row in masked_l]
        iou[np.ix_(masked_p, masked_l)] = coco_mask.iou(*masks, [0] * len(masked_l))
    return iou


def boxes(things: Sequence[Any]) -> Array:
    return np.array([thing.box for thing in things], np.float64).reshape(-1, 4)
