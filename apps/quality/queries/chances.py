"""With what chance a visit, and each label in it, came to be looked at: from the selections on its way there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import prod
from uuid import UUID

from apps.quality.models import AuditDraw, Repeat
from apps.quality.queries.series import series_of
from apps.tasks.models import Selection, Visit
from workflows.graph import ROUTER

LEAST = 1e-6
AUDIT, REPEAT, GRID = "audit", "repeat", "grid"


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
    """By visit id. A visit that nothing selected was certain to come; one that goes on with another's look came as that
    one did."""
    tasks = {visit.task_id for visit in visits}
    shared = series_of(tasks)
    first = {visit.id: shared[visit.id].first if visit.id in shared else visit for visit in visits}
    found = chances_of_first(list({visit.id: visit for visit in first.values()}.values()), tasks)
    return {visit: found[one.id] for visit, one in first.items()}


def chances_of_first(visits: Sequence[Visit], tasks: set[UUID]) -> dict[int, Chance]:
    """Of visits that begin a look."""
    before = defaultdict(list)
    for task, number, kind, opened in Visit.objects.filter(task_id__in=tasks).values_list(
        "task_id", "number", "stage_type", "opened_at"
    ):
        if kind != ROUTER:
            before[task].append((number, opened))
    selections = defaultdict(list)
    # A draw of the grid brings a label to the grid, not its task to a visit.
    for row in Selection.objects.filter(task_id__in=tasks).exclude(design=GRID).order_by("id"):
        selections[row.task_id].append(row)
    drawn, repeated = draws_of(visits), repeats_of(visits)
    found = {}
    for visit in visits:
        since = max((opened for number, opened in before[visit.task_id] if number < visit.number), default=None)
        rows = selections[visit.task_id]
        if visit.id in repeated:
            rows = [row for row in rows if row.design.startswith(REPEAT)]
            found[visit.id] = replace(chance_from(rows[-1:]), at_random=False, designs=frozenset({REPEAT}))
        elif visit.id in drawn:
            rows = [row for row in rows if row.design.startswith(AUDIT) and row.wave == drawn[visit.id]]
            found[visit.id] = replace(chance_from(rows[-1:]), at_random=True, designs=frozenset({AUDIT}))
        else:
            found[visit.id] = chance_from([row for row in rows if on_the_way(row, visit, since)])
    return found


def draws_of(visits: Sequence[Visit]) -> dict[int, int]:
    """The wave of each visit that an audit made. Its draw may be older than the visit before it."""
    rows = AuditDraw.objects.filter(
        task_id__in={visit.task_id for visit in visits}, visit__in=[visit.id for visit in visits]
    )
    return {visit: wave for visit, wave in rows.values_list("visit", "wave__number") if visit is not None}


def repeats_of(visits: Sequence[Visit]) -> set[int]:
    rows = Repeat.objects.filter(
        task_id__in={visit.task_id for visit in visits}, second_visit__in=[visit.id for visit in visits]
    )
    return {visit for visit in rows.values_list("second_visit", flat=True) if visit is not None}


def on_the_way(row: Selection, visit: Visit, since: datetime | None) -> bool:
    """Whether it was made between the last visit's opening and this one's; audits and repeats name theirs."""
    if row.design.startswith((AUDIT, REPEAT)):
        return False
    return row.at <= visit.opened_at and (since is None or row.at > since)


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
        any(row.probability < 1 for row in used),
        by_label,
        frozenset(row.design for row in used),
        scores[-1] if scores else None,
    )
