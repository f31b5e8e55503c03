"""Scores follow their labels: what was saved or predicted since is scored again, with what the last run learned."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q

from apps.inference.models import PredictedUnit
from apps.labels.models import LabelSet, Revision
from apps.projects.models import Project
from apps.quality.models import Score, ScoreRun, SubjectType, SweepMark
from apps.quality.operations.scoring.fitted import fetch
from apps.quality.operations.scoring.project import CHUNK, judge_of
from apps.quality.operations.scoring.writing import keep_scores, unchanged
from apps.quality.queries.score_runs import latest_run
from apps.tasks.models import Task

log = logging.getLogger(__name__)

MARK = "rescore"
LOOK_BACK = timedelta(minutes=2)
"""Rows may be committed later than others that were numbered after them, but not this much later."""

AT_ONCE = 1_000

Unit = tuple[UUID, UUID]
"""Project and data unit: together they name a task."""

OF_REVISION = ("label_set__project_id", "label_set__data_unit_id", "created_at")
OF_PREDICTED = ("model__project_id", "data_unit_id", "predicted_at")


def rescore(now: datetime) -> int:
    """Scores the tasks whose labels or predictions have changed, in projects that have been scored; how many."""
    mark = SweepMark.objects.get_or_create(name=MARK)[0]
    position = dict(mark.position)
    revisions = changed_since(position, "revisions", Revision, OF_REVISION, now)
    predicted = changed_since(position, "predicted", PredictedUnit, OF_PREDICTED, now)
    done = 0
    for project_id, tasks in stale(revisions, predicted).items():
        try:
            done += score_tasks(project_id, tasks, now)
        except Exception:
            log.exception("a project's changes could not be scored", extra={"project": str(project_id)})
    if position != mark.position:
        SweepMark.objects.filter(id=mark.id).update(position=position)
    return done


def changed_since(
    position: dict[str, int], name: str, model: type[Model], columns: tuple[str, str, str], now: datetime
) -> dict[Unit, datetime]:
    """What was changed, and when, by the next rows and by those just before them, some of which may have been committed
    late. Moves the two marks in ``position``: ``name`` over all rows that were read, ``name`` settled over the old."""
    rows = model._default_manager.order_by("id")
    if name not in position:
        newest = rows.order_by("-id").values_list("id", flat=True).first() or 0
        position[name] = position[f"{name} settled"] = newest
        return {}
    fresh = list(rows.filter(id__gt=position[name]).values_list("id", *columns)[:AT_ONCE])
    before = rows.filter(id__gt=position[f"{name} settled"], id__lte=position[name])
    again = list(before.values_list("id", *columns)[: 5 * AT_ONCE])
    position[name] = fresh[-1][0] if fresh else position[name]
    for row_id, _, _, moment in again:
        if moment > now - LOOK_BACK:
            break
        position[f"{name} settled"] = row_id
    return {(project, unit): moment for _, project, unit, moment in (*again, *fresh)}


def stale(revisions: Mapping[Unit, datetime], predicted: Mapping[Unit, datetime]) -> dict[UUID, list[Task]]:
    """By project that has been scored, the tasks whose scores are older than their labels or predictions."""
    asked: dict[UUID, set[UUID]] = {}
    for project_id, unit in (*revisions, *predicted):
        asked.setdefault(project_id, set()).add(unit)
    runs = ScoreRun.objects.filter(finished_at__isnull=False, project_id__in=asked)
    found: dict[UUID, list[Task]] = {}
    for project_id in runs.values_list("project_id", flat=True).distinct():
        units = sorted(asked[project_id])
        for start in range(0, len(units), CHUNK):
            rows = Task.objects.filter(project_id=project_id, data_unit_id__in=units[start : start + CHUNK])
            tasks = list(rows.select_related("data_unit", "label_set").order_by("id"))
            found.setdefault(project_id, []).extend(outdated(tasks, predicted))
    return found


def outdated(tasks: Sequence[Task], predicted: Mapping[Unit, datetime]) -> list[Task]:
    known = Score.objects.filter(
        metric="mistakenness", subject_type=SubjectType.TASK, task_id__in=[task.id for task in tasks]
    )
    scored = {
        task: (revision, at) for task, revision, at in known.values_list("task_id", "label_revision", "scored_at")
    }
    found = []
    for task in tasks:
        revision, at = scored.get(task.id, (-1, None))
        moment = predicted.get((task.project_id, task.data_unit_id))
        present = task.label_set.revision if task.label_set else 0
        if revision != present or (at is not None and moment is not None and moment > at):
            found.append(task)
    return found


def score_tasks(project_id: UUID, tasks: Sequence[Task], now: datetime) -> int:
    """Scores these tasks of one project; those whose inputs are as they were are left alone. How many were written."""
    run = latest_run(project_id)
    if run is None or not run.state_key or not tasks:
        return 0
    project = Project.objects.get(id=project_id)
    judge = judge_of(project, fetch(run.state_key), run.model)
    done = 0
    saved = [task for task in tasks if task.label_set is not None and task.label_set.revision]
    for start in range(0, len(saved), CHUNK):
        units = judge.read(saved[start : start + CHUNK])
        same = unchanged(project_id, {unit.task_id: judge.digest(unit) for unit in units})
        fresh = [unit for unit in units if unit.task_id not in same]
        done += keep_scores(fresh, judge.scores(fresh, now), now)
    return done


@transaction.atomic
def score_task(*, task_id: UUID, now: datetime) -> dict[str, tuple[float, str]]:
    """The task's metrics by name, each with its scorer version, computed anew if its labels have changed. A task of
    which nothing is known has none: neither a model nor neighbours nor shapes speak."""
    task = Task.objects.filter(id=task_id).select_related("data_unit", "label_set").first()
    if task is None or task.label_set_id is None:
        return {}
    score_tasks(task.project_id, [task], now)
    revision = LabelSet.objects.filter(id=task.label_set_id).values_list("revision", flat=True).first() or 0
    rows = Score.objects.filter(task_id=task_id, subject_type__in=(SubjectType.TASK, SubjectType.DATA_UNIT)).filter(
        Q(label_revision=revision) | Q(subject_type=SubjectType.DATA_UNIT)
    )
    found = list(rows)
    if any(row.detail.get("blank") for row in found):
        found = [row for row in found if row.subject_type == SubjectType.DATA_UNIT]
    return {row.metric: (row.value, row.scorer_version) for row in found}
