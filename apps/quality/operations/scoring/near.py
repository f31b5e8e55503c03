"""The neighbours of labels' crops, as far as crops have been described: found among all of the project's.

What was learned of neighbours by one method is never used with another's: once images are compared by another method,
there are no neighbours until the project is scored again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np

from apps.labels.models import Label
from apps.quality.logic import neighbours
from apps.quality.logic.neighbours import COUNT, Near, Neighbours
from apps.quality.logic.numbers import sample
from apps.quality.queries.vectors import Neighbour, crop_vectors, nearest
from apps.tasks.models import Task

MOST = 20_000
"""Crops among which neighbours are compared with each other to learn how far they may be believed."""

AT_ONCE = 1_000
Subject = tuple[UUID, UUID]
"""Task and label."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What ``unaided`` and ``neighbours`` take, and by row what a page shows of it."""

    near: Near | None = None
    said: list[list[dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class Neighbourhood:
    """A project's crops as ``method`` describes them; ``numbers`` of its classes by id."""

    project_id: UUID
    numbers: Mapping[str, int]
    method: str

    def among(self, subjects: Sequence[Subject]) -> tuple[Any, Neighbours] | None:
        """Rows of some of these labels, and each one's neighbours among them; None where none is described."""
        rows = sample(len(subjects), MOST)
        known: list[int] = []
        vectors: list[Any] = []
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE].tolist()
            found = crop_vectors(self.project_id, [subjects[row] for row in part], method=self.method)
            there = [row for row in part if subjects[row] in found]
            known += there
            vectors += [found[subjects[row]] for row in there]
        if len(known) < 2:
            return None
        return np.array(known), neighbours.nearest(np.stack(vectors))

    def heard(self, subjects: Sequence[Subject]) -> Heard:
        """The classes that the nearest crops carry; nothing where no label of these has been described."""
        lines: list[list[Neighbour]] = []
        classes: dict[Subject, str] = {}
        for start in range(0, len(subjects), AT_ONCE):
            more = self.nearest(subjects[start : start + AT_ONCE])
            lines += more
            classes |= classes_of({(one.task, one.subject) for line in more for one in line})
        if not any(lines):
            return Heard()
        kind, distance = np.full((len(lines), COUNT), -1), np.full((len(lines), COUNT), 2.0)
        for row, line in enumerate(lines):
            for place, one in enumerate(line):
                class_id = classes.get((one.task, one.subject), "")
                kind[row, place] = self.numbers.get(class_id, len(self.numbers)) if class_id else -1
                distance[row, place] = one.distance
        return Heard(Near(kind, distance), [[shown(one, classes) for one in line] for line in lines])

    def nearest(self, subjects: Sequence[Subject]) -> list[list[Neighbour]]:
        """By label, nearest first, itself left out."""
        vectors = crop_vectors(self.project_id, subjects, method=self.method)
        known = [subject for subject in subjects if subject in vectors]
        if not known:
            return [[] for _ in subjects]
        asked = np.stack([vectors[subject] for subject in known])
        found = nearest(self.project_id, asked, COUNT + 1, method=self.method)
        by_subject = {
            subject: [one for one in line if (one.task, one.subject) != subject][:COUNT]
            for subject, line in zip(known, found, strict=True)
        }
        return [by_subject.get(subject, []) for subject in subjects]


def shown(one: Neighbour, classes: Mapping[Subject, str]) -> dict[str, Any]:
    return {
        "task": str(one.task),
        "label": str(one.subject),
        "class": classes.get((one.task, one.subject), ""),
        "distance": round(one.distance, 4),
    }


def classes_of(subjects: set[Subject]) -> dict[Subject, str]:
    """The present class of each label; those that are gone have none."""
    tasks = {task for task, _ in subjects}
    sets = dict(Task.objects.filter(id__in=tasks, label_set__isnull=False).values_list("label_set_id", "id"))
    rows = Label.objects.filter(label_set_id__in=sets, label_id__in={label for _, label in subjects})
    return {
        (sets[label_set], label): class_id
        for label_set, label, class_id in rows.values_list("label_set_id", "label_id", "class_id")
    }
