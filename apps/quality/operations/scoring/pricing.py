"""A new calibration: stored evidence gets its probability again, without looking at any image, label or prediction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np

from apps.quality.models import Score, ScoreRun, SubjectType
from apps.quality.operations.scoring.judging import task_features
from apps.quality.operations.scoring.said import Finding
from apps.quality.queries.calibrations import Calibrator, calibrator_for
from apps.quality.queries.score_runs import latest_run

REPRICE = "quality.reprice"
CHUNK = 1_000
CHANGED = ("value", "p_error", "calibrated")


def reprice(*, project_id: UUID, after: int, rows: int, report: Callable[[int, int], None], now: datetime) -> int:
    """Labels and missing objects first, then the tasks that they belong to; answers how many scores were seen."""
    calibrator = calibrator_for(project_id)
    found = Score.objects.filter(project_id=project_id, metric="mistakenness")
    while chunk := list(found.filter(id__gt=after).order_by("id")[:CHUNK]):
        labels = [row for row in chunk if row.subject_type != SubjectType.TASK]
        price_rows(labels, calibrator)
        Score.objects.bulk_update(labels, CHANGED, batch_size=500)
        rows += len(chunk)
        after = chunk[-1].id
        report(after, rows)
    price_tasks(project_id, calibrator)
    return rows


def price_rows(rows: Sequence[Score], calibrator: Calibrator) -> None:
    groups: dict[tuple[str, str, int], list[Score]] = {}
    for row in rows:
        width = len(row.detail.get("vector", ()))
        groups.setdefault((row.scorer_version, row.subject_type, width), []).append(row)
    for (scorer, subject_type, width), group in groups.items():
        odds = np.array([row.detail.get("odds", 0.0) for row in group], np.float64)
        classes = [row.class_id for row in group]
        if subject_type == SubjectType.PREDICTION:
            told = calibrator.missing(odds, classes)
        else:
            vectors = np.array([row.detail.get("vector", []) for row in group], np.float64).reshape(len(group), width)
            told = calibrator.labels(odds, vectors, classes, scorer=scorer)
        for row, p in zip(group, told.p.tolist(), strict=True):
            row.value = row.p_error = float(p)
            row.calibrated = told.calibrated


def price_tasks(project_id: UUID, calibrator: Calibrator) -> None:
    """Tasks by keyset, with their labels' new probabilities."""
    tasks = Score.objects.filter(project_id=project_id, metric="mistakenness", subject_type=SubjectType.TASK)
    after, values = 0, list[float]()
    while chunk := list(tasks.filter(id__gt=after).order_by("id")[:CHUNK]):
        own = labels_of([row.task_id for row in chunk])
        features = np.array([task_features(own.get(row.task_id, [])) for row in chunk])
        told = calibrator.tasks(features)
        for row, p, feature in zip(chunk, told.p.tolist(), features.tolist(), strict=True):
            row.value = row.p_error = float(p)
            row.calibrated, row.detail = told.calibrated, {"features": feature}
            values.append(row.value)
        Score.objects.bulk_update(chunk, (*CHANGED, "detail"), batch_size=500)
        expect(project_id, {row.task_id: row.detail["features"] for row in chunk})
        after = chunk[-1].id
    run = latest_run(project_id)
    if run is not None and values:
        run.counts = run.counts | {"quantiles": np.quantile(values, np.linspace(0, 1, 200)).tolist()}
        ScoreRun.objects.filter(id=run.id).update(counts=run.counts)


def expect(project_id: UUID, features: dict[UUID, list[float]]) -> None:
    rows = Score.objects.filter(
        project_id=project_id, task_id__in=features, metric="expected_errors", subject_type=SubjectType.TASK
    )
    changed = list(rows)
    for row in changed:
        row.value = features[row.task_id][2] + features[row.task_id][3]
    Score.objects.bulk_update(changed, ("value",), batch_size=500)


def labels_of(tasks: Sequence[UUID]) -> dict[UUID, list[Finding]]:
    rows = Score.objects.filter(task_id__in=tasks, metric="mistakenness").exclude(subject_type=SubjectType.TASK)
    found: dict[UUID, list[Finding]] = {}
    for task, subject, kind, p in rows.values_list("task_id", "subject", "subject_type", "value"):
        finding = Finding(subject, "", 0.0, [], "", missing=kind == SubjectType.PREDICTION)
        finding.p = p
        found.setdefault(task, []).append(finding)
    return found
