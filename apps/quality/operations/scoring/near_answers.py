"""The neighbours of classifications: a classification's crop is the whole image, and its neighbours are the answers to
the same question on the images that look most alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np

from apps.labels.models import Label
from apps.quality.logic import neighbours
from apps.quality.logic.neighbours import COUNT, Near, Neighbours
from apps.quality.logic.numbers import sample
from apps.quality.queries.units import UnitRows
from apps.quality.queries.vectors import Neighbour, nearest_units, unit_vectors
from apps.tasks.models import Task

MOST = 20_000
"""Images among which neighbours are compared with each other to learn how far they may be believed."""

AT_ONCE = 1_000
KEPT = 500
"""Images of which the neighbours are kept in memory."""

SPARE = 3
"""So many times as many images are looked at: not all have an answer to the question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """To one question, on the image of another task."""

    task: UUID
    label: UUID
    attributes: Mapping[str, Any]
    distance: float


Heard = list[list[Answer]]
"""By row, nearest first, at most ten."""


@dataclass
class Lookalikes:
    """A project's images as ``method`` describes them. What was found of some units is kept for their next question."""

    project_id: UUID
    method: str
    _found: dict[UUID, list[Neighbour]] = field(default_factory=dict)
    _among: dict[tuple[UUID, ...], tuple[Any, Neighbours] | None] = field(default_factory=dict)

    def among(self, units: Sequence[UnitRows]) -> tuple[Any, Neighbours] | None:
        """Rows of some of these, one image each, and each one's neighbours among them; None where too few are
        described."""
        # Most questions are asked of the same images.
        asked = tuple(unit.unit_id for unit in units)
        if asked not in self._among:
            self._among = {asked: self.compared(units)}
        return self._among[asked]

    def compared(self, units: Sequence[UnitRows]) -> tuple[Any, Neighbours] | None:
        rows = sample(len(units), MOST)
        known: list[int] = []
        vectors: list[Any] = []
        for start in range(0, len(rows), AT_ONCE):
            part = rows[start : start + AT_ONCE].tolist()
            found = unit_vectors([units[row].unit_id for row in part], method=self.method)
            there = [row for row in part if units[row].unit_id in found]
            known += there
            vectors += [found[units[row].unit_id] for row in there]
        if len(known) < 2:
            return None
        return np.array(known), neighbours.nearest(np.stack(vectors))

    def heard(self, units: Sequence[UnitRows], class_id: str) -> Heard:
        """The nearest answers to the question ``class_id``, each row's own task left out."""
        self.look(units)
        near = [self._found.get(unit.unit_id, []) for unit in units]
        said = answers_of({one.task for line in near for one in line}, class_id)
        return [
            [Answer(one.task, *said[one.task], one.distance) for one in line if one.task in said][:COUNT]
            for line in near
        ]

    def look(self, units: Sequence[UnitRows]) -> None:
        """Fills in what is not known yet of these."""
        new = [unit.unit_id for unit in units if unit.unit_id not in self._found]
        if not new:
            return
        if len(self._found) > KEPT:
            self._found.clear()
            new = [unit.unit_id for unit in units]
        for start in range(0, len(new), AT_ONCE):
            vectors = unit_vectors(new[start : start + AT_ONCE], method=self.method)
            known = list(vectors)
            if not known:
                continue
            asked = np.stack([vectors[unit] for unit in known])
            found = nearest_units(self.project_id, asked, SPARE * COUNT + 1, method=self.method)
            for unit, line in zip(known, found, strict=True):
                self._found[unit] = [one for one in line if one.subject != unit]


def answers_of(tasks: set[UUID], class_id: str) -> dict[UUID, tuple[UUID, Mapping[str, Any]]]:
    """By task the present label that answers the question, and what it says."""
    found: dict[UUID, tuple[UUID, Mapping[str, Any]]] = {}
    wanted = sorted(tasks)
    for start in range(0, len(wanted), AT_ONCE):
        rows = Task.objects.filter(id__in=wanted[start : start + AT_ONCE], label_set__isnull=False)
        sets = dict(rows.values_list("label_set_id", "id"))
        labels = Label.objects.filter(label_set_id__in=sets, class_id=class_id).order_by("id")
        for label_set, label, attributes in labels.values_list("label_set_id", "label_id", "attributes"):
            found[sets[label_set]] = (label, attributes)
    return found


def as_near(heard: Heard, kinds: Callable[[Mapping[str, Any]], int]) -> Near:
    """(n, 10): what each neighbour's answer is called by ``kinds``, -1 for none of those that are known."""
    kind, distance = np.full((len(heard), COUNT), -1), np.full((len(heard), COUNT), 2.0)
    for row, line in enumerate(heard):
        for place, one in enumerate(line):
            kind[row, place], distance[row, place] = kinds(one.attributes), one.distance
    return Near(kind, distance)


def shown(one: Answer, key: str, options: Sequence[str], number: int) -> dict[str, Any]:
    """What a page shows of an alike image: its answer, empty for none of ``options``."""
    return {
        "task": str(one.task),
        "label": str(one.label),
        "class": key,
        "answer": options[number] if number >= 0 else "",
        "distance": round(one.distance, 4),
    }
