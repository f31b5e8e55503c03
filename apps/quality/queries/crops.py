"""What there is to cut out of images: the boxes of labels, and of objects that a model sees and nobody labeled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.inference.models import Prediction
from apps.labels.models import Label
from apps.quality.atlases.crops import Box, around
from apps.quality.models import Score, SubjectType
from apps.quality.queries.past_labels import extent_of
from apps.quality.queries.tiles import Subject, geometry_digest
from apps.tasks.models import Task


@dataclass(frozen=True, slots=True)
class Crop:
    """A picture to be made: of ``box`` in the image stored as ``key``, which is ``size`` as seen."""

    subject: Subject
    key: str
    size: tuple[int, int]
    box: Box
    digest: str


def scored_in_order(project_id: UUID, class_id: str, metric: str, subject_type: str) -> QuerySet[Score]:
    """Scores in the grid's order, the likeliest wrong first."""
    rows = Score.objects.filter(project_id=project_id, metric=metric, subject_type=subject_type)
    return (rows.filter(class_id=class_id) if class_id else rows).order_by("-value", "id")


def crops_of(subjects: Sequence[tuple[Subject, str]]) -> list[Crop]:
    """The crops of these subjects (with their types), in order; those that are gone are left out. Four statements."""
    tasks = tasks_of({task for (task, _), _ in subjects})
    labels = label_rows(tasks, {subject for (_, subject), kind in subjects if kind == SubjectType.LABEL})
    missing = {subject for (_, subject), kind in subjects if kind == SubjectType.PREDICTION}
    predictions = Prediction.objects.in_bulk(list(missing)) if missing else {}
    found = []
    for key, kind in subjects:
        task = tasks.get(key[0])
        if task is None:
            continue
        if kind == SubjectType.LABEL:
            label = labels.get(key)
            crop = crop_of_label(task, label) if label is not None else None
        else:
            prediction = predictions.get(key[1])
            crop = crop_of(task, key[1], prediction.geometry) if prediction is not None else None
        if crop is not None:
            found.append(crop)
    return found


def tasks_of(ids: set[UUID]) -> dict[UUID, Task]:
    return {task.id: task for task in Task.objects.filter(id__in=ids).select_related("data_unit")}


def label_rows(tasks: Mapping[UUID, Task], ids: set[UUID]) -> dict[Subject, Label]:
    """By task and label id."""
    sets = {task.label_set_id: task.id for task in tasks.values() if task.label_set_id}
    rows = Label.objects.filter(label_set_id__in=sets, label_id__in=ids)
    return {(sets[row.label_set_id], row.label_id): row for row in rows}


def crop_of_label(task: Task, label: Label) -> Crop:
    """Of a classification the whole image."""
    if label.x is None or label.y is None or label.width is None or label.height is None:
        return crop_of(task, label.label_id, label.geometry)
    unit = task.data_unit
    box = around(label.x, label.y, label.width, label.height, (unit.width, unit.height))
    return made(task, label.label_id, box, label.geometry)


def crop_of(task: Task, subject: UUID, geometry: Any) -> Crop:
    unit = task.data_unit
    size = (unit.width, unit.height)
    extent = extent_of(geometry, size)
    whole: Box = (0.0, 0.0, float(size[0]), float(size[1]))
    box = around(extent.x, extent.y, extent.width, extent.height, size) if extent is not None else whole
    return made(task, subject, box, geometry)


def made(task: Task, subject: UUID, box: Box, geometry: Any) -> Crop:
    unit = task.data_unit
    key = unit.rendition_key or unit.media_key
    return Crop((task.id, subject), key, (unit.width, unit.height), box, geometry_digest(geometry))
