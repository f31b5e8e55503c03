"""Keeping scores: the new rows in, those of labels that are gone out, and nothing of a revision that has passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.labels.models import LabelSet
from apps.quality.models import Score, SubjectType
from apps.quality.operations.scoring.judging import LABEL_METRICS, TASK_METRICS
from apps.quality.queries.units import UnitRows

CHANGING = (
    *("project", "subject_type", "class_id", "value", "p_error", "calibrated", "kind", "evidence", "detail"),
    *("scorer_version", "input_digest", "label_revision", "model", "scored_at"),
)


@transaction.atomic
def keep_scores(units: Sequence[UnitRows], rows: Sequence[Score], now: datetime) -> int:
    """Writes the scores of those units whose labels are still as they were read; answers how many units."""
    sets = [unit.label_set_id for unit in units if unit.label_set_id]
    present = dict(LabelSet.objects.filter(id__in=sets).values_list("id", "revision"))
    current = {
        unit.task_id for unit in units if unit.label_set_id and present.get(unit.label_set_id, 0) == unit.revision
    }
    kept = sorted((row for row in rows if row.task_id in current), key=lambda row: (str(row.task_id), row.metric))
    Score.objects.bulk_create(
        kept,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["task", "metric", "subject"],
        update_fields=CHANGING,
    )
    gone = Score.objects.filter(task_id__in=current, scored_at__lt=now)
    gone.filter(metric__in=LABEL_METRICS, subject_type__in=(SubjectType.LABEL, SubjectType.PREDICTION)).delete()
    gone.filter(metric__in=TASK_METRICS, subject_type=SubjectType.TASK).delete()
    forget_gone([unit for unit in units if unit.task_id in current])
    return len(current)


def forget_gone(units: Sequence[UnitRows]) -> None:
    """Scores by other metrics of labels that are not there any more."""
    there = {(unit.task_id, row.id) for unit in units for row in unit.labels}
    rows = Score.objects.filter(task_id__in=[unit.task_id for unit in units], subject_type=SubjectType.LABEL)
    others = rows.exclude(metric__in=LABEL_METRICS).values_list("id", "task_id", "subject")
    gone = [row for row, task, subject in others if (task, subject) not in there]
    for start in range(0, len(gone), 500):
        Score.objects.filter(id__in=gone[start : start + 500]).delete()


def unchanged(project_id: UUID, digests: dict[UUID, str]) -> set[UUID]:
    """Tasks whose scores come from just these inputs already."""
    rows = Score.objects.filter(
        project_id=project_id, task_id__in=digests, metric="mistakenness", subject_type=SubjectType.TASK
    )
    return {task for task, digest in rows.values_list("task_id", "input_digest") if digests[task] == digest}
