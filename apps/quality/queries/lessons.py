"""What a project's observations have to teach: the arrays that a calibration is fitted to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.models import Observation, SubjectType
from apps.quality.queries.calibrations import LABEL, MISSING, TASK

MOST = 20_000
COLUMNS = ("id", "task_id", "subject", "digest", "odds", "vector", "class_id", "is_error", "probability", "instrument")
SUBJECTS = {LABEL: SubjectType.LABEL, MISSING: SubjectType.PREDICTION, TASK: SubjectType.TASK}
REPEAT, GRID = "repeat", "grid"


@dataclass(frozen=True)
class Material:
    """``scorer``: the version whose evidence ``columns`` (m, f) hold; rows of other scorers have nan there."""

    odds: Array
    columns: Array
    groups: Array
    units: Array
    weights: Array
    hit: Array
    scorer: str


def material_of(project_id: UUID, target: str, *, grid_sensitivity: float = 1.0) -> Material:
    """The newest ``MOST`` observations whose odds were known; of several looks at one content the last word counts,
    with the chance of the first: that is how it came to be looked at. Blind repeats measure people and teach nothing
    new here. A grid's "fine" weighs what the grid finds of known errors."""
    rows = Observation.objects.filter(project_id=project_id, subject_type=SUBJECTS[target], odds__isnull=False).exclude(
        instrument=REPEAT
    )
    newest = rows.order_by("-id").values_list(*COLUMNS, "scorer_version")[:MOST]
    last: dict[tuple[object, ...], tuple[Any, ...]] = {}
    chance: dict[tuple[object, ...], float] = {}
    for row in newest:
        key = (row[1], row[2], row[3], row[4] if target == TASK else None)
        last.setdefault(key, row)
        chance[key] = row[8]
    kept = list(last.values())
    scorer, width = commonest(kept) if target != TASK else ("", 3)
    columns = np.full((len(kept), width), np.nan)
    for at, row in enumerate(kept):
        vector = row[5] if target != TASK else row[5][1:]
        if len(vector) == width and scorer in ("", row[10]):
            columns[at] = vector
    weights = np.array([1 / chance[key] for key in last], dtype=np.float64)
    unsure = np.array([row[9] == GRID and not row[7] for row in kept], dtype=bool)
    weights[unsure] *= grid_sensitivity
    _, units = np.unique(np.array([str(row[1]) for row in kept], dtype=np.str_), return_inverse=True)
    return Material(
        np.array([row[4] for row in kept], dtype=np.float64),
        columns,
        np.array([row[6] if target != TASK else "" for row in kept], dtype=np.str_),
        units,
        weights,
        np.array([row[7] for row in kept], dtype=bool),
        scorer,
    )


def commonest(kept: list[tuple[Any, ...]]) -> tuple[str, int]:
    """The scorer version with most rows, and the width of its evidence."""
    found = Counter((str(row[10]), len(row[5])) for row in kept if row[5])
    return max(found, key=lambda one: (found[one], one), default=("", 0))
