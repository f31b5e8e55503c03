"""The described crops of a project, ready to be asked for neighbours; kept in memory while they do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Count, Max

from apps.labels.models import Label
from apps.quality.models import CropVector
from apps.quality.operations.scoring.near import Neighbourhood
from apps.tasks.models import Task

MOST = 100_000
"""Crops held in memory; of a larger project a fixed part stands for all."""

COUNT = 10
CHUNK = 512


class Crops:
    """Unit vectors with whose they are. Calling it finds the nearest others of crops among them."""

    def __init__(self, subjects: list[tuple[UUID, UUID]], vectors: Any) -> None:
        self.subjects = subjects
        self.vectors = np.asarray(vectors, np.float32)
        self.place = {key: row for row, key in enumerate(subjects)}

    def __call__(self, labels: Sequence[UUID], tasks: Sequence[UUID]) -> tuple[Any, Any, Sequence[tuple[UUID, UUID]]]:
        """A crop that has not been described has no neighbours: -1 throughout."""
        rows = np.array([self.place.get((task, label), -1) for task, label in zip(tasks, labels, strict=True)])
        k = max(0, min(COUNT, len(self.subjects) - 1))
        index, distance = np.full((len(rows), k), -1, np.int64), np.full((len(rows), k), 2.0)
        known = np.flatnonzero(rows >= 0)
        for start in range(0, len(known) if k else 0, CHUNK):
            part = known[start : start + CHUNK]
            close = self.vectors[rows[part]] @ self.vectors.T
            close[np.arange(len(part)), rows[part]] = -3
            top = np.argpartition(-close, k - 1, axis=1)[:, :k]
            order = np.argsort(-np.take_along_axis(close, top, axis=1), axis=1, kind="stable")
            index[part] = np.take_along_axis(top, order, axis=1)
            distance[part] = np.clip(1 - np.take_along_axis(close, index[part], axis=1), 0, 2)
        return index, distance, self.subjects


def neighbourhood_of(project_id: UUID, numbers: Mapping[str, int]) -> Neighbourhood:
    """Empty where no crop has been described."""
    state = CropVector.objects.filter(project_id=project_id).aggregate(n=Count("id"), last=Max("id"))
    if not state["n"]:
        return Neighbourhood(numbers=numbers)
    crops = crops_of(project_id, state["n"], state["last"])
    return Neighbourhood(crops, classes_of(crops.subjects), numbers)


@lru_cache(maxsize=4)
def crops_of(project_id: UUID, count: int, last: int) -> Crops:
    """``count`` and ``last`` name one state of the table."""
    rows = CropVector.objects.filter(project_id=project_id, id__lte=last).order_by("id")
    method = rows.values_list("method", flat=True).last()
    step = max(1, -(-count // MOST))
    found = [
        (task, label, vector)
        for number, (task, label, vector) in enumerate(
            rows.filter(method=method).values_list("task_id", "label", "vector").iterator(2_000)
        )
        if number % step == 0
    ]
    width = max((len(bytes(vector)) for _, _, vector in found), default=0)
    found = [one for one in found if len(bytes(one[2])) == width]
    vectors = np.stack([np.frombuffer(bytes(vector), "<f2") for _, _, vector in found]).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return Crops([(task, label) for task, label, _ in found], vectors)


def classes_of(subjects: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], str]:
    """The present class of each described label; those that are gone have none."""
    tasks = sorted({task for task, _ in subjects}, key=str)
    found: dict[tuple[UUID, UUID], str] = {}
    for start in range(0, len(tasks), 1_000):
        sets = dict(Task.objects.filter(id__in=tasks[start : start + 1_000]).values_list("label_set_id", "id"))
        for label_set, label, class_id in Label.objects.filter(label_set_id__in=sets).values_list(
            "label_set_id", "label_id", "class_id"
        ):
            found[sets[label_set], label] = class_id
    return found
