"""With what chance a label came to be looked at: from recorded draws alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.flows.queries import compiled_graph
from apps.tasks.models import Selection

AUDIT, SAMPLES = "audit", ("sample", "class_sample")


@dataclass(frozen=True, slots=True)
class Draw:
    """One recorded draw: over a task, or over one of its labels. ``wave`` 0: a stage's sample."""

    stage: str
    label: UUID | None
    revision: int
    probability: float
    chosen: bool
    at: datetime
    wave: int

    @property
    def is_audit(self) -> bool:
        return self.wave > 0


def draws_of(tasks: Collection[tuple[UUID, UUID]]) -> dict[UUID, list[Draw]]:
    """``tasks`` with their workflow versions. Waves, and the samples of strict reviews: there a drawn task's labels all
    get a word, so that a draw is a look."""
    strict = {
        version: {stage.id for stage in compiled_graph(version).stages.values() if stage.strict}
        for version in {version for _, version in tasks}
    }
    versions = dict(tasks)
    rows = Selection.objects.filter(task_id__in=versions, design__in=[AUDIT, *SAMPLES], probability__lt=1)
    found: dict[UUID, list[Draw]] = defaultdict(list)
    columns = ("task_id", "design", "stage", "label", "label_revision", "probability", "chosen", "at", "wave")
    for task, design, *row in rows.order_by("id").values_list(*columns):
        draw = Draw(*row)
        if design == AUDIT or draw.stage in strict[versions[task]]:
            found[task].append(draw)
    return found


def chance_of(draws: Sequence[Draw], label: UUID | None, since: int) -> float:
    """That at least one of the draws over the content that is there since revision ``since`` would have chosen it:
    1 - Π (1 - p), each p conditional on what was known then."""
    missed = 1.0
    for draw in draws:
        if draw.revision >= since and draw.label in (None, label):
            missed *= 1 - draw.probability
    return 1 - missed


def searching_chance(draws: Sequence[Draw]) -> float:
    """That a wave would have had the whole unit searched."""
    missed = 1.0
    for draw in draws:
        if draw.is_audit:
            missed *= 1 - draw.probability
    return 1 - missed
