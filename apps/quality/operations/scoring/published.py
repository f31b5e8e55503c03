"""The published scores, ``legacy.*``, over a project: to compare with, and to move over from.

They are of a whole set. A project of more labels than can be held is taken in parts, each a set of its own; they are
not kept up to date by saves. Scores of images' vectors need vectors, those of pixels are not computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from apps.common.clock import database_now
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.logic.legacy import LABEL, PREDICTION, SCORES, compute
from apps.quality.metrics import Report
from apps.quality.models import Score, SubjectType
from apps.quality.operations.scoring.answers import questions, tables
from apps.quality.operations.scoring.scene import scene_of
from apps.quality.queries.score_runs import model_to_use
from apps.quality.queries.units import UnitRows, chunks, tasks_to_score, unit_rows

FAMILY, VERSION = "legacy", "legacy-1"
LABELS_AT_ONCE = 200_000
NEEDED = {"p", "y", "labels", "predictions", "size", "images"}
METRICS = {
    name: {LABEL: "label", PREDICTION: "label"}.get(score.subject, "data_unit")
    for name, score in SCORES.items()
    if NEEDED.issuperset(score.needs)
}
BATCH = 2_000

Value = tuple[UnitRows, SubjectType, UUID, str, float]
"""Of which unit, what kind of subject and which, its class, and the score."""


def score_published(project_id: UUID, metrics: frozenset[str], report: Report) -> dict[str, int]:
    """The family's handler; answers how many values each metric has."""
    project = Project.objects.get(id=project_id)
    index, now = index_for(project.ontology_id), database_now()
    counts = dict.fromkeys(sorted(metrics), 0)
    for number, units in enumerate(parts(project_id), 1):
        for name in counts:
            values = list(values_of(name, units, index))
            keep_values(project_id, name, values, now)
            counts[name] += len(values)
            report(1 - 1 / (number + 1), name)
    for name in counts:
        forget_before(project_id, name, now)
    return counts


def parts(project_id: UUID) -> Iterator[list[UnitRows]]:
    model = model_to_use(project_id)
    units: list[UnitRows] = []
    labels = 0
    for tasks in chunks(tasks_to_score(project_id)):
        more = unit_rows(tasks, model)
        units += more
        labels += sum(len(unit.labels) for unit in more)
        if labels >= LABELS_AT_ONCE:
            yield units
            units, labels = [], 0
    if units:
        yield units


def values_of(name: str, units: Sequence[UnitRows], index: OntologyIndex) -> Iterator[Value]:
    needs = set(SCORES[name].needs)
    asked = [unit for unit in units if unit.predicted] if needs & {"p", "predictions"} else units
    of: Callable[..., Iterator[Value]] = of_answers if "p" in needs else of_objects
    for found in of(name, asked, index):
        if np.isfinite(found[-1]):
            yield found


def of_answers(name: str, units: Sequence[UnitRows], index: OntologyIndex) -> Iterator[Value]:
    """One question after another: a set is the answers to one."""
    for table in tables(units, questions(index), {}).values():
        if table.many or not table.places or len(table.options) < 2:
            continue
        p, y = table.arrays()
        values = compute(name, {"p": p, "y": y})
        for (place, label, _), value in zip(table.places, np.asarray(values, np.float64).tolist(), strict=True):
            yield units[place], SubjectType.LABEL, label.id, label.class_id, value


def of_objects(name: str, units: Sequence[UnitRows], index: OntologyIndex) -> Iterator[Value]:
    scene = scene_of(units, {entry.id: number for number, entry in enumerate(index.objects)})
    labels, predictions = scene.labels.boxes, scene.predictions.boxes
    arguments: Mapping[str, Any] = {
        "labels": labels,
        "predictions": predictions,
        "size": scene.size,
        "images": len(units),
    }
    values = np.asarray(compute(name, arguments), np.float64).tolist()
    subject = SCORES[name].subject
    if subject == LABEL:
        for row, image, value in zip(scene.label_rows, labels.image.tolist(), values, strict=True):
            yield units[image], SubjectType.LABEL, row.id, row.class_id, value
    elif subject == PREDICTION:
        for said, image, value in zip(scene.prediction_rows, predictions.image.tolist(), values, strict=True):
            yield units[image], SubjectType.PREDICTION, said.id, said.class_id, value
    else:
        for unit, value in zip(units, values, strict=True):
            yield unit, SubjectType.DATA_UNIT, unit.unit_id, "", value


def keep_values(project_id: UUID, name: str, values: Sequence[Value], now: datetime) -> None:
    for start in range(0, len(values), BATCH):
        rows = [
            Score(
                project_id=project_id,
                task_id=unit.task_id,
                subject=subject,
                subject_type=of,
                metric=name,
                class_id=class_id,
                value=value,
                scorer_version=VERSION,
                input_digest="",
                label_revision=unit.revision,
                scored_at=now,
            )
            for unit, of, subject, class_id, value in values[start : start + BATCH]
        ]
        Score.objects.bulk_create(
            sorted(rows, key=lambda row: (str(row.task_id), str(row.subject))),
            batch_size=500,
            update_conflicts=True,
            unique_fields=["task", "metric", "subject"],
            update_fields=["class_id", "value", "scorer_version", "label_revision", "scored_at"],
        )


def forget_before(project_id: UUID, name: str, now: datetime) -> None:
    """Values of an earlier run that this one did not have."""
    rows = Score.objects.filter(project_id=project_id, metric=name, scored_at__lt=now)
    while ids := list(rows.values_list("id", flat=True)[:BATCH]):
        with transaction.atomic():
            Score.objects.filter(id__in=ids).delete()
