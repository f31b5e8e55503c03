"""Selections written by apps above: random waves and routes over many tasks. Evidence: rows are only added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.tasks.models import Selection


@dataclass(frozen=True, slots=True)
class Chosen:
    """One unit of a frame. ``label`` None: the unit is the task. ``draw`` is the random number, None if routed."""

    task_id: UUID
    chosen: bool
    probability: float
    label: UUID | None = None
    label_revision: int = 0
    draw: float | None = None
    score: float | None = None
    scorer_version: str = ""


@transaction.atomic
def record_selections(
    *, project_id: UUID, stage: str, design: str, wave: int, units: Sequence[Chosen], now: datetime
) -> None:
    """A row for every unit of the frame, chosen or not. ``design`` says how, e.g. ``audit`` or ``route:budget``."""
    Selection.objects.bulk_create(
        [
            Selection(
                project_id=project_id,
                task_id=unit.task_id,
                stage=stage,
                label=unit.label,
                label_revision=unit.label_revision,
                frame=f"{stage}:{'label' if unit.label else 'task'}",
                design=design,
                wave=wave,
                probability=unit.probability,
                draw=unit.draw,
                chosen=unit.chosen,
                outcome="chosen" if unit.chosen else "passed",
                score=unit.score,
                scorer_version=unit.scorer_version,
                at=now,
            )
            for unit in units
        ],
        batch_size=1_000,
    )
