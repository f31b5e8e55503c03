"""With what chance a visit, and each label in it, came to be looked at: from the selections on its way there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from uuid import UUID

from apps.tasks.models import Selection, Visit
from workflows.graph import ROUTER

LEAST = 1e-6
AUDIT, REPEAT = "audit", "repeat"


@dataclass(frozen=True)
class Chance:
    """``probability`` of the task's, ``by_label`` of those that were drawn by themselves. ``at_random``: a draw chose,
    and nothing that a score said. ``designs`` are the draws' and routes', ``score`` what a route stored of the task."""

    probability: float = 1.0
    at_random: bool = False
    by_label: dict[UUID, float] = field(default_factory=dict)
    designs: frozenset[str] = frozenset()
    score: float | None = None

    def of(self, label: UUID) -> float:
        return max(LEAST, self.by_label.get(label, self.probability))

    def is_(self, design: str) -> bool:
        return any(one.startswith(design) for one in self.designs)


def chances_of(visits: Sequence[Visit]) -> dict[int, Chance]:
    """By visit id. A visit that nothing selected was certain to come."""
    tasks = {visit.task_id for visit in visits}
    before = defaultdict(list)
    for task, number, kind, opened in Visit.objects.filter(task_id__in=tasks).values_list(
        "task_id", "number", "stage_type", "opened_at"
    ):
        if kind != ROUTER:
            before[task].append((number, opened))
    selections = defaultdict(list)
    for row in Selection.objects.filter(task_id__in=tasks).order_by("id"):
        selections[row.task_id].append(row)
    found = {}
    for visit in visits:
        since = max((opened for number, opened in before[visit.task_id] if number < visit.number), default=None)
        rows = [
            row for row in selections[visit.task_id] if row.at <= visit.opened_at and (since is None or row.at > since)
        ]
        found[visit.id] = chance_from(rows)
    return found


def chance_from(rows: Sequence[Selection]) -> Chance:
    """Draws one after the other multiply; a task that came for its drawn labels alone had their joint chance."""
    tasks = [row for row in rows if row.label is None and row.chosen]
    drawn = [row for row in rows if row.label is not None and row.chosen]
    whole = {row.stage for row in tasks}
    alone = [row for row in drawn if row.stage not in whole]
    chance, by_label = prod(row.probability for row in tasks), {}
    if alone:
        asked = [row for row in rows if row.label is not None and row.stage == alone[0].stage]
        by_label = {row.label: row.probability * chance for row in alone if row.label is not None}
        chance *= 1 - prod(1 - row.probability for row in asked)
    used = tasks + alone
    scores = [row.score for row in used if row.score is not None]
    return Chance(
        max(LEAST, min(1.0, chance)),
        any(row.probability < 1 or row.design.startswith(AUDIT) for row in used),
        by_label,
        frozenset(row.design for row in used),
        scores[-1] if scores else None,
    )
