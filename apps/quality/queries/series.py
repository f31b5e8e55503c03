"""Looks that several visits share: where a task needs two skills, or a fix a second expert, one visit follows another.

Such visits are one look. It is named by its first visit, which is the one that a draw or a route brought about, and it
ends with its last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.tasks.models import Visit, VisitStatus
from workflows.events import GOES_ON

LOOKED = ("approved", "rejected", "returned")
"""Outcomes of a visit in which somebody looked at all that was theirs to judge."""


@dataclass(frozen=True, slots=True)
class Series:
    """The visits of one look in their order; ``open``: the last of them is still to be closed."""

    visits: tuple[Visit, ...]

    @property
    def first(self) -> Visit:
        return self.visits[0]

    @property
    def last(self) -> Visit:
        return self.visits[-1]

    @property
    def open(self) -> bool:
        return self.last.status < VisitStatus.DONE

    @property
    def looked(self) -> bool:
        """Whether it came to its end by a word, not by a move."""
        return self.last.outcome in LOOKED


def series_of(tasks: Collection[UUID]) -> dict[int, Series]:
    """By the id of each visit that shares its look with another one: one statement where there is none."""
    shared = Visit.objects.filter(task_id__in=list(tasks), outcome__in=GOES_ON).values_list("task_id", flat=True)
    those = set(shared)
    if not those:
        return {}
    by_task: dict[UUID, list[Visit]] = defaultdict(list)
    for visit in Visit.objects.filter(task_id__in=those).order_by("number", "id"):
        by_task[visit.task_id].append(visit)
    found: dict[int, Series] = {}
    for visits in by_task.values():
        for group in groups(visits):
            if len(group) > 1:
                found |= dict.fromkeys((visit.id for visit in group), Series(tuple(group)))
    return found


def groups(visits: Sequence[Visit]) -> list[list[Visit]]:
    """A task's visits, those together that go on with each other."""
    found: list[list[Visit]] = []
    for visit in visits:
        before = found[-1][-1] if found else None
        if before is not None and before.outcome in GOES_ON and before.stage == visit.stage:
            found[-1].append(visit)
        else:
            found.append([visit])
    return found
