"""What looks like an image or a label, with what a page shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.datasets.models import DataUnit
from apps.labels.models import Label
from apps.quality.descriptors.layout import METHOD
from apps.quality.models import UnitVector
from apps.quality.queries.vectors import crop_vectors, nearest, nearest_units, read
from apps.tasks.models import Task


@dataclass(frozen=True, slots=True)
class Alike:
    """An image, or a label with its class."""

    task: UUID
    unit: DataUnit
    distance: float
    label: UUID | None = None
    class_id: str = ""


def alike_units(project_id: UUID, unit: UUID, count: int) -> list[Alike] | None:
    """The ``count`` nearest other images of the project, nearest first; None while the image is not described."""
    raw = UnitVector.objects.filter(data_unit_id=unit, method=METHOD).values_list("vector", flat=True).first()
    if not raw:
        return None
    found = [one for one in nearest_units(project_id, read([raw]), count + 1)[0] if one.subject != unit][:count]
    units = DataUnit.objects.in_bulk([one.subject for one in found])
    return [Alike(one.task, units[one.subject], one.distance) for one in found if one.subject in units]


def alike_crops(project_id: UUID, task: UUID, label: UUID, count: int) -> list[Alike] | None:
    """The labels with the nearest crops, this one left out; None while it is not described."""
    vector = crop_vectors(project_id, [(task, label)]).get((task, label))
    if vector is None:
        return None
    found = [
        one for one in nearest(project_id, vector[None], count + 1)[0] if (one.task, one.subject) != (task, label)
    ][:count]
    tasks = Task.objects.select_related("data_unit").in_bulk({one.task for one in found})
    classes = classes_of([(one.task, one.subject) for one in found])
    return [
        Alike(one.task, tasks[one.task].data_unit, one.distance, one.subject, classes[one.task, one.subject])
        for one in found
        if one.task in tasks and (one.task, one.subject) in classes
    ]


def classes_of(subjects: list[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], str]:
    """By task and label; labels that are gone are left out."""
    rows = Label.objects.filter(
        label_set__tasks__id__in={task for task, _ in subjects}, label_id__in={label for _, label in subjects}
    )
    found = rows.values_list("label_set__tasks__id", "label_id", "class_id")
    return {(task, label): class_id for task, label, class_id in found}
