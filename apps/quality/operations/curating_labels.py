"""Checks of labels by themselves, ``label.*``, over a project: what is usual in a class is learned from a sample."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from apps.common.clock import database_now
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.logic import label_checks
from apps.quality.metrics import Report, register_family
from apps.quality.models import Score, SubjectType
from apps.quality.operations.scoring.sampling import sample_units
from apps.quality.operations.scoring.scene import Scene, scene_of
from apps.quality.queries.units import UnitRows, chunks, tasks_to_score, unit_rows

FAMILY, VERSION = "labels", "label-checks-1"
METRICS = {f"label.{name}": SubjectType.LABEL.value for name in label_checks.NAMES}
LEAST = 0.05
"""What is less suspicious has no row: nearly every label would have six."""

CHUNK = 100
CHANGING = ("class_id", "value", "evidence", "scorer_version", "input_digest", "label_revision", "scored_at")


def register() -> None:
    """Makes the metrics known. Called once, when the app is ready."""
    register_family(FAMILY, check_labels, METRICS)


def check_labels(project_id: UUID, metrics: frozenset[str], report: Report) -> dict[str, int]:
    """The family's handler; answers how many labels were looked at and how many findings there are. Safe to repeat."""
    project = Project.objects.get(pk=project_id)
    numbers = {entry.id: number for number, entry in enumerate(index_for(project.ontology_id).objects)}
    state = learned(project_id, numbers, report)
    names = [name for name in label_checks.NAMES if f"label.{name}" in metrics]
    counts = {"labels": 0, "findings": 0}
    for tasks in chunks(tasks_to_score(project_id), size=CHUNK):
        units = unit_rows(tasks, None)
        scene, now = scene_of(units, numbers), database_now()
        rows = findings(project_id, units, scene, state, names, now)
        keep_findings([task.id for task in tasks], names, rows, now)
        counts["labels"] += len(scene.labels)
        counts["findings"] += len(rows)
        report(1 - 100 / (100 + counts["labels"]), f"{counts['labels']:,} labels checked")
    return counts


def learned(project_id: UUID, numbers: dict[str, int], report: Report) -> label_checks.State:
    units = sample_units(project_id, lambda tasks: unit_rows(tasks, None), report)
    scene = scene_of(units, numbers)
    return label_checks.fit(scene.labels.boxes, scene.size, len(numbers) + 1, compactness(scene))


def rings_of(scene: Scene) -> list[list[Any]]:
    """The rings of each polygon, holes included; none of other shapes."""
    return [
        [np.asarray(ring, np.float64) for part in row.geometry["polygons"] for ring in part]
        if row.shape == "polygon"
        else []
        for row in scene.label_rows
    ]


def compactness(scene: Scene) -> Any:
    """(n,), nan for what is no polygon."""
    return np.array([label_checks.compactness_of(rings) if rings else np.nan for rings in rings_of(scene)], np.float64)


def findings(
    project_id: UUID,
    units: Sequence[UnitRows],
    scene: Scene,
    state: label_checks.State,
    names: Sequence[str],
    now: datetime,
) -> list[Score]:
    if not len(scene.labels):
        return []
    crossings = np.array([sum(map(label_checks.crossings_of, rings)) for rings in rings_of(scene)], np.float64)
    found = label_checks.check(
        scene.labels.boxes,
        scene.size,
        state,
        compactness=compactness(scene),
        crossings=crossings,
        among=scene.overlaps.labels,
    )
    rows: list[Score] = []
    for name in names:
        for row in np.flatnonzero(found.values[name] >= LEAST).tolist():
            label, unit = scene.label_rows[row], units[int(scene.labels.boxes.image[row])]
            rows.append(
                Score(
                    project_id=project_id,
                    task_id=unit.task_id,
                    subject=label.id,
                    subject_type=SubjectType.LABEL,
                    metric=f"label.{name}",
                    class_id=label.class_id,
                    value=float(found.values[name][row]),
                    evidence=found.sentence(name, row),
                    scorer_version=VERSION,
                    input_digest=unit.digest(VERSION),
                    label_revision=unit.revision,
                    scored_at=now,
                )
            )
    return rows


@transaction.atomic
def keep_findings(tasks: Sequence[UUID], names: Sequence[str], rows: Sequence[Score], now: datetime) -> None:
    """In place of what was found on these tasks before."""
    Score.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["task", "metric", "subject"],
        update_fields=CHANGING,
    )
    metrics = [f"label.{name}" for name in names]
    Score.objects.filter(task_id__in=tasks, metric__in=metrics, scored_at__lt=now).delete()
