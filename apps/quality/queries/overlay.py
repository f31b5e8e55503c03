"""A model's predictions over one task's image, and which label each meets now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np

from apps.inference.logic.predictions import show_probabilities
from apps.inference.models import PredictedUnit, Prediction, PredictionModel
from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex, show_attributes
from apps.quality.logic.matching import CONFUSED, MET, Matches, match
from apps.quality.shapes.comparing import Item, Reader, Row, overlap, paired
from apps.tasks.models import Task

MOST = 500
MOST_MODELS = 100
MOST_LABELS = 5_000
IOU = 0.5
COLUMNS = ("class_id", "shape", "geometry", "attributes")


def overlay(task: Task, model: PredictionModel | None, index: OntologyIndex, most: int = MOST) -> dict[str, Any]:
    """The surest ``most`` of the model's (never more than MOST), or of the newest that has predicted the image."""
    seen = PredictedUnit.objects.filter(data_unit=task.data_unit_id, model__project=task.project_id)
    models = [row.model for row in seen.select_related("model").order_by("-model_id")[:MOST_MODELS]]
    chosen = model or (models[0] if models else None)
    rows: list[Prediction] = []
    total = 0
    if chosen is not None:
        found = Prediction.objects.filter(model=chosen, data_unit=task.data_unit_id)
        total, rows = found.count(), list(found.order_by("-confidence", "id")[: min(most, MOST)])
    met = partners(task, rows, index)
    return {
        "model": shown_model(chosen) if chosen else None,
        "models": [shown_model(one) for one in models],
        "total": total,
        "results": [shown(row, chosen, met.get(row.id), index) for row in rows if chosen],
    }


def shown_model(model: PredictionModel) -> dict[str, Any]:
    return {"id": model.id, "name": model.name, "version": model.version}


Partner = tuple[UUID, float, bool]
"""The label, the IoU, whether the classes agree."""


def partners(task: Task, rows: Sequence[Prediction], index: OntologyIndex) -> dict[UUID, Partner]:
    """By prediction the label that it meets, or is taken for, at an IoU of .5."""
    if not rows or task.label_set_id is None:
        return {}
    reader, size = Reader(index), (task.data_unit.width, task.data_unit.height)
    labels = Label.objects.filter(label_set=task.label_set_id).order_by("id").values_list("label_id", *COLUMNS)
    meant = [item for columns in labels[:MOST_LABELS] for item in reader.items(Row(*columns), size)]
    said = [
        item
        for row in rows
        for item in reader.items(
            Row(row.id, row.class_id, row.shape, row.geometry, row.attributes, row.confidence, row.probabilities), size
        )
    ]
    return joined(said, meant, match(paired(reader, said, meant, overlap(said, meant, size))))


def joined(said: Sequence[Item], meant: Sequence[Item], found: Matches) -> dict[UUID, Partner]:
    held = (found.above < IOU) & (found.upto >= IOU)
    mistaken = (found.kind == CONFUSED) & (found.bound < 0)
    partner: dict[UUID, Partner] = {}
    for row in np.flatnonzero(held & ((found.kind == MET) | mistaken)).tolist():
        one, label = said[int(found.prediction[row])], meant[int(found.label[row])]
        partner[one.row.id] = (label.row.id, float(found.iou[row]), bool(found.kind[row] == MET))
    return partner


def shown(row: Prediction, model: PredictionModel, met: Partner | None, index: OntologyIndex) -> dict[str, Any]:
    label, iou, agrees = met or (None, None, None)
    return {
        "id": row.label_id,
        "class": index.class_name(row.class_id),
        "shape": row.shape,
        "geometry": row.geometry,
        "attributes": show_attributes(index.find(row.class_id), row.attributes),
        "model": shown_model(model),
        "confidence": row.confidence,
        "probabilities": show_probabilities(index, row.class_id, row.probabilities),
        "label": label,
        "iou": iou,
        "agrees": agrees,
    }
