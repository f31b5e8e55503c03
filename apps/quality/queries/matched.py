"""Matches with what they are about: the task, the prediction and the label as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.inference.models import Prediction
from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex, show_attributes
from apps.quality.logic.evaluated import Table
from apps.quality.logic.evaluation import Found
from apps.quality.queries.evaluations import Named, uuids
from apps.tasks.models import Task

COLUMNS = ("class_id", "shape", "geometry", "attributes")


def shown_matches(table: Table, found: Found, names: Sequence[Named], index: OntologyIndex) -> list[dict[str, Any]]:
    """A page of matches: three queries."""
    of_prediction = found.prediction >= 0
    owner = [
        int(table.prediction_task[one] if said else table.label_task[label])
        for one, label, said in zip(found.prediction, found.label, of_prediction, strict=True)
    ]
    tasks = uuids(table.task_id[owner])
    said = dict(zip(found.prediction.tolist(), uuids(table.prediction_id[found.prediction]), strict=True))
    meant = dict(zip(found.label.tolist(), uuids(table.label_id[found.label]), strict=True)) if len(owner) else {}
    rows = tasks_by_id(tasks)
    predictions = predictions_by_id([key for number, key in said.items() if number >= 0], index)
    labels = labels_by_id(rows, [key for number, key in meant.items() if number >= 0], index)
    shown = []
    for place, (one, label, task) in enumerate(
        zip(found.prediction.tolist(), found.label.tolist(), tasks, strict=True)
    ):
        row = rows.get(task)
        shown.append({
            "task": task,
            "data_unit": {"id": row.data_unit_id, "name": row.data_unit.name} if row else None,
            "outcome": found.outcome[place],
            "predicted": names[int(table.predicted[one])].name if one >= 0 else None,
            "label_class": names[int(table.labeled[label])].name if label >= 0 else None,
            "confidence": float(table.confidence[one]) if one >= 0 else None,
            "iou": float(found.iou[place]),
            "prediction": predictions.get(said[one]) if one >= 0 else None,
            "label": labels.get((task, meant[label])) if label >= 0 else None,
        })  # fmt: skip
    return shown


def tasks_by_id(ids: Sequence[UUID]) -> dict[UUID, Task]:
    return {task.id: task for task in Task.objects.filter(id__in=set(ids)).select_related("data_unit")}


def predictions_by_id(ids: Sequence[UUID], index: OntologyIndex) -> dict[UUID, dict[str, Any]]:
    rows = Prediction.objects.filter(id__in=ids).values_list("id", "label_id", *COLUMNS)
    return {key: shown_thing(label, rest, index) for key, label, *rest in rows}


def labels_by_id(
    tasks: Mapping[UUID, Task], ids: Sequence[UUID], index: OntologyIndex
) -> dict[tuple[UUID, UUID], dict[str, Any]]:
    """By task and label: a label's id means something only within its task."""
    owner = {task.label_set_id: key for key, task in tasks.items() if task.label_set_id}
    rows = Label.objects.filter(label_set__in=list(owner), label_id__in=ids)
    found = rows.values_list("label_set_id", "label_id", *COLUMNS)
    return {(owner[label_set], label): shown_thing(label, rest, index) for label_set, label, *rest in found}


def shown_thing(key: UUID, columns: Sequence[Any], index: OntologyIndex) -> dict[str, Any]:
    class_id, shape, geometry, attributes = columns
    return {
        "id": key,
        "class": index.class_name(class_id),
        "shape": shape,
        "geometry": geometry,
        "attributes": show_attributes(index.find(class_id), attributes),
    }
