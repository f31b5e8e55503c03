"""The neighbours of labels' crops, as far as crops have been described: found among all of the project's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import numpy as np

from apps.quality.logic.neighbours import Near, Neighbours


class Nearest(Protocol):
    """``(n, k)`` places in ``subjects`` and distances of the nearest other crops; -1 where there are fewer."""

    def __call__(
        self, labels: Sequence[UUID], tasks: Sequence[UUID]
    ) -> tuple[Any, Any, Sequence[tuple[UUID, UUID]]]: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What ``unaided`` and ``classification`` take, and by row what a page shows of it."""

    near: Near | None = None
    said: list[list[dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class Neighbourhood:
    """``find`` is None where nothing has been described; ``classes`` numbers the class of each described crop."""

    find: Nearest | None = None
    classes: Mapping[tuple[UUID, UUID], str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)

    def among(self, labels: Sequence[UUID], tasks: Sequence[UUID]) -> Neighbours | None:
        """Row numbers among these very labels; None unless nearly all of them are described."""
        if self.find is None or len(labels) < 2:
            return None
        index, distance, subjects = self.find(labels, tasks)
        place = {key: row for row, key in enumerate(zip(tasks, labels, strict=True))}
        rows = np.array([place.get((task, label), -1) for task, label in subjects], np.int64)
        found = np.where(index >= 0, rows[np.maximum(index, 0)], -1)
        if not found.size or (found < 0).mean() > 0.02:
            return None
        return Neighbours(np.maximum(found, 0), distance)

    def heard(self, labels: Sequence[UUID], tasks: Sequence[UUID]) -> Heard:
        """The classes that the nearest crops carry."""
        if self.find is None or not labels:
            return Heard()
        index, distance, subjects = self.find(labels, tasks)
        other = len(self.numbers)
        kinds = np.array([self.numbers.get(self.classes.get(key, ""), other) for key in subjects], np.int64)
        said = [
            [
                {
                    "task": str(subjects[at][0]),
                    "label": str(subjects[at][1]),
                    "class": self.classes.get(subjects[at], ""),
                    "distance": round(float(away), 4),
                }
                for at, away in zip(line, aways, strict=True)
                if at >= 0
            ]
            for line, aways in zip(index.tolist(), distance.tolist(), strict=True)
        ]
        if not index.size:
            return Heard(None, said)
        return Heard(Near(np.where(index >= 0, kinds[np.maximum(index, 0)], -1), distance), said)
