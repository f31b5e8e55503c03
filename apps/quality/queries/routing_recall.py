"""Errors that random looks found, beside the task's score from before the look."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

import numpy as np

from apps.quality.logic.routing_recall import Found
from apps.quality.models import Observation, SubjectType
from apps.quality.queries.lessons import GRID, REPEAT

LATEST, CHUNK = 5_000, 500


def errors_by_chance(project_id: UUID) -> Found:
    """The latest errors in looks that a draw chose. Those at the grid are left out: only a crop was seen there."""
    rows = Observation.objects.filter(
        project_id=project_id,
        at_random=True,
        is_error=True,
        subject_type__in=(SubjectType.LABEL, SubjectType.PREDICTION),
        visit__isnull=False,
    ).exclude(instrument__in=(GRID, REPEAT))
    weight: dict[tuple[UUID, int], float] = defaultdict(float)
    highest: dict[tuple[UUID, int], float] = defaultdict(float)
    errors: dict[tuple[UUID, int], int] = defaultdict(int)
    for task, visit, probability, p in rows.order_by("-id").values_list("task_id", "visit", "probability", "p_error")[
        :LATEST
    ]:
        look = (task, visit or 0)
        weight[look] += 1 / max(probability, 1e-6)
        highest[look] = max(highest[look], p or 0.0)
        errors[look] += 1
    known = scores_before({task for task, _ in weight})
    looks = list(weight)
    return Found(
        np.array([known.get(look, highest[look]) for look in looks], dtype=np.float64),
        np.array([weight[look] for look in looks], dtype=np.float64),
        sum(errors.values()),
    )


def scores_before(tasks: set[UUID]) -> dict[tuple[UUID, int], float]:
    """By task and visit what the task's score said before."""
    found: dict[tuple[UUID, int], float] = {}
    ids = sorted(tasks)
    for start in range(0, len(ids), CHUNK):
        rows = Observation.objects.filter(
            task_id__in=ids[start : start + CHUNK], subject_type=SubjectType.TASK, p_error__isnull=False
        )
        for task, visit, p in rows.values_list("task_id", "visit", "p_error"):
            found[task, visit or 0] = p or 0.0
    return found
