"""Scores follow their labels: what was saved or predicted since is scored again, with what the last run learned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.inference.models import PredictedUnit
from apps.labels.models import LabelSet, Revision
from apps.projects.models import Project
from apps.quality.models import Score, ScoreRun, SubjectType, SweepMark
from apps.quality.operations.scoring.fitted import fetch
from apps.quality.operations.scoring.project import judge_of
from apps.quality.operations.scoring.writing import keep_scores, unchanged
from apps.quality.queries.score_runs import latest_run
from apps.quality.queries.units import unit_rows
from apps.tasks.models import Task

MARK = "rescore"
LOOK_BACK = timedelta(minutes=2)
"""Rows may be committed later than others that were numbered after them, but not this much later."""

AT_ONCE = 1_000


def rescore(now: datetime) -> int:
    """Scores the tasks whose labels or predictions have changed, in projects that have been scored; how many."""
    scored = set(ScoreRun.objects.filter(finished_at__isnull=False).values_list("project_id", flat=True).distinct())
    mark = mark_of(MARK)
    position = dict(mark.position)
    sets = seen_since(position, "revisions", Revision, "label_set_id", "created_at", now)
    units = seen_since(position, "predicted", PredictedUnit, "data_unit_id", "predicted_at", now)
    if not sets and not units:
        return 0
    changed = Q(label_set__in=sets) | Q(data_unit__in=units)
    tasks = Task.objects.filter(changed, project_id__in=scored).select_related("data_unit", "label_set")
    by_project: dict[UUID, list[Task]] = {}
    for task in tasks.order_by("id"):
        by_project.setdefault(task.project_id, []).append(task)
    done = sum(score_tasks(project_id, chunk, now) for project_id, chunk in by_project.items())
    SweepMark.objects.filter(id=mark.id).update(position=position)
    return done


def mark_of(name: str) -> SweepMark:
    return SweepMark.objects.get_or_create(name=name)[0]


def seen_since(position: dict[str, int], name: str, model: type, column: str, at: str, now: datetime) -> list[UUID]:
    """What the next ``AT_ONCE`` rows after the mark name. The mark moves over rows that are old enough to have no
    stragglers before them; younger ones are read again, which costs a look at their scores."""
    if name not in position:
        newest = model._default_manager.order_by("-id").values_list("id", flat=True).first()  # type: ignore[attr-defined]
        position[name] = newest or 0
        return []
    rows = list(
        model._default_manager.filter(id__gt=position[name])  # type: ignore[attr-defined]
        .order_by("id")
        .values_list("id", column, at)[:AT_ONCE]
    )
    for row_id, _, moment in rows:
        if moment > now - LOOK_BACK:
            break
        position[name] = row_id
    return [value for _, value, _ in rows]


def score_tasks(project_id: UUID, tasks: Sequence[Task], now: datetime) -> int:
    """Scores these tasks of one project; those whose inputs are as they were are left alone. How many were written."""
    run = latest_run(project_id)
    if run is None or not tasks:
        return 0
    project = Project.objects.get(id=project_id)
    judge = judge_of(project, fetch(run.state_key), run.model)
    units = unit_rows([task for task in tasks if task.label_set_id], run.model)
    same = unchanged(project_id, {unit.task_id: judge.digest(unit) for unit in units})
    fresh = [unit for unit in units if unit.task_id not in same]
    return keep_scores(fresh, judge.scores(fresh, now), now)


@transaction.atomic
def score_task(*, task_id: UUID, now: datetime) -> dict[str, tuple[float, str]]:
    """The task's metrics by name, each with its scorer version, computed anew if its labels have changed."""
    task = Task.objects.filter(id=task_id).select_related("data_unit", "label_set").first()
    if task is None or task.label_set_id is None:
        return {}
    score_tasks(task.project_id, [task], now)
    revision = LabelSet.objects.filter(id=task.label_set_id).values_list("revision", flat=True).first() or 0
    rows = Score.objects.filter(task_id=task_id, subject_type__in=(SubjectType.TASK, SubjectType.DATA_UNIT)).filter(
        Q(label_revision=revision) | Q(subject_type=SubjectType.DATA_UNIT)
    )
    return {
        metric: (value, version) for metric, value, version in rows.values_list("metric", "value", "scorer_version")
    }
