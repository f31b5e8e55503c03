"""Drawing at random for the grid, with a record of the frame: what was not drawn must be spoken for, too.

The record of a frame is a list of its labels, one for each batch (``logic.frame_record``). A selection for every label
would be the ledger's way, but a frame has up to 20,000 labels and a batch 200 of them: it would write a hundred rows
for each look. What a frame is made of (scores, filters, who judged what and who writes now) cannot be worked out again
later, so the list itself is kept. Of more labels than that only those among the ids that were tried are listed: a batch
speaks for its list alone, so that large projects draw by class, by annotator, or again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from django.db.models import Max, Min, Q, QuerySet

from apps.accounts.models import User
from apps.quality.logic.frame_record import Row, packed
from apps.quality.models import GridBatch, GridFrame, Score
from apps.quality.queries.batches import HELD, Filters, drawn_before
from apps.tasks.operations.selections import Chosen, record_selections

FRAME, TRIED = 20_000, 50_000
"""Labels over which a draw is exact; ids tried where there are more."""

GRID, OWED = "grid", 20
OPEN, DROPPED = "open", "dropped"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Scores in the order in which they are shown. At random: each with the same chance, and its random number;
    ``frame`` lists the labels drawn over, of which ``chance`` were chosen (``probability`` counts the ids tried)."""

    rows: Sequence[Score]
    probability: float | None = None
    draws: Sequence[float] = ()
    frame: Sequence[Row] = ()
    chance: float = 1.0


def at_random(rows: QuerySet[Any], size: int, rng: Random) -> Drawn:
    """Every label of the frame has the same chance, which is known. A frame of up to 20,000 is drawn from directly;
    of a larger one, ids of scores are tried at random first: each has the same chance to be tried."""
    columns = ("id", "task_id", "subject", "changed")
    found: list[tuple[int, UUID, UUID, int]]
    found = list(rows.order_by("-value", "id").values_list(*columns)[: FRAME + 1])
    tried = 1.0
    if len(found) > FRAME:
        ends = Score.objects.aggregate(low=Min("id"), high=Max("id"))
        span = range(ends["low"], ends["high"] + 1)
        picks = rng.sample(span, min(TRIED, len(span)))
        tried = len(picks) / len(span)
        found = list(rows.filter(id__in=picks).values_list(*columns))
    draws = sorted((rng.random(), row[0]) for row in found)[:size]
    kept = {row.id: row for row in rows.filter(id__in=[one for _, one in draws]).select_related("task")}
    pairs = [(draw, kept[one]) for draw, one in draws if one in kept]
    chance = len(draws) / len(found) if found else 1.0
    frame = [(task, label, changed) for _, task, label, changed in found]
    probability = tried * chance if found else None
    return Drawn([row for _, row in pairs], probability, [draw for draw, _ in pairs], frame, chance)


def keep_frame(batch: GridBatch, drawn: Drawn, user: User, filters: Filters) -> None:
    """The draw as evidence. Labels that earlier draws brought before the same person are listed as well: in their
    present content they had the chance of this draw, had they not been seen, and so their chance is that of the rest.
    """
    again: QuerySet[Any] = drawn_before(batch.project_id, user, filters, batch.opened_at)
    seen = list(again.values_list("task_id", "subject", "changed")[:FRAME])
    rows = [*drawn.frame, *seen]
    GridFrame.objects.create(
        batch=batch,
        labels=len(drawn.frame),
        drawn=len(drawn.rows),
        probability=drawn.chance,
        record=packed(rows),
    )


def record(project_id: UUID, drawn: Drawn, now: datetime) -> None:
    """Each chosen label with its chance and random number, in the ledger of selections."""
    chance = drawn.probability or 1.0
    units = [
        Chosen(
            task_id=row.task_id,
            chosen=True,
            probability=chance,
            label=row.subject,
            label_revision=row.label_revision,
            draw=draw,
            score=row.p_error,
            scorer_version=row.scorer_version,
        )
        for row, draw in zip(drawn.rows, drawn.draws, strict=True)
    ]
    record_selections(project_id=project_id, stage=GRID, design=GRID, wave=0, units=units, now=now)


def owed(project_id: UUID, user: User, filters: Filters, now: datetime) -> GridBatch | None:
    """A random batch that the person saw and gave back, or left: the same labels come first, until they got a word.

    Who could trade a draw for another would keep the ones without errors."""
    rows = GridBatch.objects.filter(project_id=project_id, reviewer=user, at_random=True)
    left = Q(state=DROPPED) | Q(state=OPEN, opened_at__lte=now - HELD)
    asked: dict[str, Any] = filters.as_json()
    found = next((batch for batch in rows.filter(left).order_by("id")[:OWED] if batch.filters == asked), None)
    if found is not None:
        found.state, found.opened_at = OPEN, now
        found.save(update_fields=["state", "opened_at"])
    return found
