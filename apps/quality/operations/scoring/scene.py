"""Object labels and predictions of some units as the arrays that the scorers take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.quality.logic.boxes import Boxes, Overlaps
from apps.quality.queries.units import LabelRow, PredictionRow, UnitRows
from apps.quality.shapes.outlines import BOX, LINE
from apps.quality.shapes.overlapping import Item, Shapes, overlaps, read

CLASSIFICATION = "classification"


@dataclass(frozen=True)
class Scene:
    """Row i of ``labels`` is ``label_rows[i]`` of the unit ``labels.boxes.image[i]``; likewise for predictions."""

    sizes: list[tuple[int, int]]
    labels: Shapes
    label_rows: list[LabelRow]
    predictions: Shapes
    prediction_rows: list[PredictionRow]
    overlaps: Overlaps

    @property
    def size(self) -> npt.NDArray[np.float64]:
        return np.array(self.sizes, np.float64).reshape(-1, 2)

    @property
    def has_outlines(self) -> bool:
        """Whether upright boxes do not say it all."""
        return any(outline.kind not in (BOX, LINE) for outline in self.labels.outlines)


def scene_of(units: Sequence[UnitRows], numbers: Mapping[str, int]) -> Scene:
    """``numbers`` by class id; a class that is not among them gets the next number after all."""
    other = len(numbers)
    sizes = [unit.size for unit in units]
    labels: list[LabelRow] = []
    predictions: list[PredictionRow] = []
    label_items: list[Item] = []
    prediction_items: list[Item] = []
    for image, unit in enumerate(units):
        for label in unit.labels:
            if label.shape != CLASSIFICATION:
                labels.append(label)
                label_items.append(Item(image, label.shape, label.geometry, numbers.get(label.class_id, other)))
        for row in unit.predictions:
            if row.shape != CLASSIFICATION:
                predictions.append(row)
                number = numbers.get(row.class_id, other)
                prediction_items.append(Item(image, row.shape, row.geometry, number, row.confidence))
    ours, theirs = read(label_items, sizes), read(prediction_items, sizes)
    return Scene(
        sizes,
        ours,
        [labels[row] for row in ours.rows],
        theirs,
        [predictions[row] for row in theirs.rows],
        overlaps(ours, theirs, sizes),
    )


def part_of(boxes: Boxes, kept: npt.NDArray[np.bool_]) -> Boxes:
    score = None if boxes.score is None else boxes.score[kept]
    return Boxes(boxes.image[kept], boxes.box[kept], boxes.kind[kept], score)
