"""A new calibration: stored evidence gets its probability again, without looking at any image, label or prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from apps.quality.models import Score, ScoreRun, SubjectType
from apps.quality.operations.scoring.judging import task_features
from apps.quality.operations.scoring.said import Finding
from apps.quality.operations.scoring.tally import Tally
from apps.quality.queries.calibrations import calibrator_for
from apps.quality.queries.score_runs import latest_run

REPRICE = "quality.reprice"
CHUNK = 500
CHANGED = ("value", "p_error", "calibrated")
STAGES = (SubjectType.LABEL, SubjectType.PREDICTION, SubjectType.TASK)


@dataclass
class Progress:
    """Which part it is at, the last score seen, how many there were, and what they come to now."""

    stage: int = 0
    last: int = 0
    rows: int = 0
    tally: Tally = field(default_factory=Tally)

    @staticmethod
    def of(saved: Mapping[str, Any]) -> Progress:
        """From ``asdict``."""
        return Progress(**{**saved, "tally": Tally(**saved.get("tally", {}))})

    def add(self, last: int, rows: Sequence[Score]) -> None:
        self.last, self.rows = last, self.rows + len(rows)
        self.tally.add(rows)


def reprice(*, project_id: UUID, progress: Progress, checkpoint: Callable[[Progress], None]) -> int:
    """Labels and missing objects first, then the tasks that they belong to; answers how many scores were seen. At the
    end the latest run's sums are those of the new prices. Goes on from ``progress``; every part is a transaction of its
    own with its rows locked."""
    while progress.stage < len(STAGES):
        while reprice_some(project_id, progress):
            checkpoint(progress)
        progress.stage, progress.last = progress.stage + 1, 0
        checkpoint(progress)
    run = latest_run(project_id)
    if run is not None and progress.rows:
        ScoreRun.objects.filter(id=run.id).update(counts=run.counts | progress.tally.counts())
    return progress.rows


@transaction.atomic
def reprice_some(project_id: UUID, progress: Progress) -> bool:
    """The next rows, priced by the calibration of this moment."""
    subject = STAGES[progress.stage]
    found = Score.objects.filter(project_id=project_id, metric="mistakenness", subject_type=subject)
    ids = list(found.filter(id__gt=progress.last).order_by("id").values_list("id", flat=True)[:CHUNK])
    if not ids:
        return False
    rows = list(Score.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("task_id", "metric", "id"))
    if subject == SubjectType.TASK:
        price_tasks(project_id, rows)
    else:
        price_rows(project_id, subject, rows)
    progress.add(ids[-1], rows)
    return True


def price_rows(project_id: UUID, subject: str, rows: Sequence[Score]) -> None:
    calibrator = calibrator_for(project_id)
    groups: dict[tuple[str, int], list[Score]] = {}
    for row in rows:
        groups.setdefault((row.scorer_version, len(row.detail.get("vector", ()))), []).append(row)
    for (scorer, width), group in groups.items():
        odds = np.array([row.detail.get("odds", 0.0) for row in group], np.float64)
        classes = [row.class_id for row in group]
        if subject == SubjectType.PREDICTION:
            told = calibrator.missing(odds, classes)
        else:
            vectors = np.array([row.detail.get("vector", []) for row in group], np.float64).reshape(len(group), width)
            told = calibrator.labels(odds, vectors, classes, scorer=scorer)
        for row, p in zip(group, told.p.tolist(), strict=True):
            row.value = row.p_error = float(p)
            row.calibrated = told.calibrated
    Score.objects.bulk_update(rows, CHANGED, batch_size=CHUNK)


def price_tasks(project_id: UUID, rows: Sequence[Score]) -> None:
    """With their labels' new probabilities."""
    own = labels_of([row.task_id for row in rows])
    features = np.array([task_features(own.get(row.task_id, [])) for row in rows]).reshape(-1, 4)
    told = calibrator_for(project_id).tasks(features)
    expected: dict[UUID, float] = {}
    for row, p, feature in zip(rows, told.p.tolist(), features.tolist(), strict=True):
        row.value = row.p_error = float(p)
        row.calibrated, row.detail = told.calibrated, row.detail | {"features": feature}
        expected[row.task_id] = feature[2] + feature[3]
    Score.objects.bulk_update(rows, (*CHANGED, "detail"), batch_size=CHUNK)
    sums = list(Score.objects.filter(task_id__in=expected, metric="expected_errors", subject_type=SubjectType.TASK))
    for row in sums:
        row.value = expected[row.task_id]
    Score.objects.bulk_update(sums, ("value",), batch_size=CHUNK)


def labels_of(tasks: Sequence[UUID]) -> dict[UUID, list[Finding]]:
    rows = Score.objects.filter(task_id__in=tasks, metric="mistakenness").exclude(subject_type=SubjectType.TASK)
    found: dict[UUID, list[Finding]] = {}
    columns: Any = rows.values_list("task_id", "subject", "subject_type", "value")
    for task, subject, kind, p in columns:
        finding = Finding(subject, "", 0.0, [], "", missing=kind == SubjectType.PREDICTION)
        finding.p = p
        found.setdefault(task, []).append(finding)
    return found
