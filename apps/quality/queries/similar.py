"""What looks like an image or a label, with what a page shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.datasets.models import DataUnit
from apps.labels.logic.geometry import CLASSIFICATION
from apps.labels.models import Label
from apps.quality.queries.embedding import method_in_use
from apps.quality.queries.vectors import Neighbour, crop_vectors, nearest, nearest_units, unit_vectors
from apps.tasks.models import Task

SPARE = 4
"""So many times as many images are looked at for a classification's neighbours: not all have an answer."""


@dataclass(frozen=True, slots=True)
class Alike:
    """An image, or a label with its class."""

    task: UUID
    unit: DataUnit
    distance: float
    label: UUID | None = None
    class_id: str = ""


@dataclass(frozen=True, slots=True)
class AllAlike:
    """Nearest first, by the vectors of ``method``."""

    method: str
    rows: list[Alike]


def alike_units(project_id: UUID, unit: UUID, count: int) -> AllAlike | None:
    """The ``count`` nearest other images of the project; None while the image is not described."""
    method = method_in_use(project_id)
    found = others(project_id, unit, count, method)
    if found is None:
        return None
    units = DataUnit.objects.in_bulk([one.subject for one in found])
    rows = [Alike(one.task, units[one.subject], one.distance) for one in found if one.subject in units]
    return AllAlike(method, rows)


def others(project_id: UUID, unit: UUID, count: int, method: str) -> list[Neighbour] | None:
    vector = unit_vectors([unit], method=method).get(unit)
    if vector is None:
        return None
    near = nearest_units(project_id, vector[None], count + 1, method=method)[0]
    return [one for one in near if one.subject != unit][:count]


def alike_crops(project_id: UUID, task: UUID, label: UUID, count: int) -> AllAlike | None:
    """The labels with the nearest crops, this one left out; None while it is not described. A classification's crop is
    the whole image, and what is near are the answers to the same question."""
    method = method_in_use(project_id)
    asked = Label.objects.filter(label_set__tasks__id=task, label_id=label, shape=CLASSIFICATION)
    question = asked.values_list("class_id", "label_set__tasks__data_unit_id").first()
    if question is not None:
        return alike_answers(project_id, question[0], question[1], count, method)
    vector = crop_vectors(project_id, [(task, label)], method=method).get((task, label))
    if vector is None:
        return None
    near = nearest(project_id, vector[None], count + 1, method=method)[0]
    found = [one for one in near if (one.task, one.subject) != (task, label)][:count]
    tasks = Task.objects.select_related("data_unit").in_bulk({one.task for one in found})
    classes = classes_of([(one.task, one.subject) for one in found])
    rows = [
        Alike(one.task, tasks[one.task].data_unit, one.distance, one.subject, classes[one.task, one.subject])
        for one in found
        if one.task in tasks and (one.task, one.subject) in classes
    ]
    return AllAlike(method, rows)


def alike_answers(project_id: UUID, class_id: str, unit: UUID, count: int, method: str) -> AllAlike | None:
    near = others(project_id, unit, SPARE * count, method)
    if near is None:
        return None
    tasks = Task.objects.select_related("data_unit").in_bulk({one.task for one in near})
    labels = Label.objects.filter(label_set__tasks__id__in=tasks, class_id=class_id).order_by("-id")
    by_task = dict(labels.values_list("label_set__tasks__id", "label_id"))
    rows = [
        Alike(one.task, tasks[one.task].data_unit, one.distance, by_task[one.task], class_id)
        for one in near
        if one.task in by_task and one.task in tasks
    ]
    return AllAlike(method, rows[:count])


def classes_of(subjects: list[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], str]:
    """By task and label; labels that are gone are left out."""
    rows = Label.objects.filter(
        label_set__tasks__id__in={task for task, _ in subjects}, label_id__in={label for _, label in subjects}
    )
    found = rows.values_list("label_set__tasks__id", "label_id", "class_id")
    return {(task, label): class_id for task, label, class_id in found}
