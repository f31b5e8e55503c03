"""Scores of images that need no label: how alone and how typical each is, and what the checks of it say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import numpy as np

from apps.common.clock import database_now
from apps.projects.models import Project
from apps.quality.descriptors.index import Found, NeighbourIndex
from apps.quality.descriptors.layout import METHOD
from apps.quality.logic import image_checks
from apps.quality.logic.neighbours import alone
from apps.quality.logic.representativeness import density
from apps.quality.metrics import Report, register_family
from apps.quality.models import Score, SubjectType, UnitVector
from apps.quality.operations.describing import Described, describe_tasks
from apps.quality.operations.indexing import build_index
from apps.quality.queries.units import chunks
from apps.quality.queries.vectors import Page, read, stored_index, unit_pages
from apps.tasks.models import Task
from workflows.state import ARCHIVED

FAMILY = "images"
VERSION = "images-1"
NEAREST = 10
SAMPLE = 2_000
BATCH = 50
METRICS = ("uniqueness", "representativeness", *(f"image.{name}" for name in image_checks.NAMES))
CHANGING = ("project", "subject_type", "value", "evidence", "scorer_version", "input_digest", "scored_at")


def register() -> None:
    """Makes the metrics known. Called once, when the app is ready."""
    register_family(FAMILY, score_images, dict.fromkeys(METRICS, SubjectType.DATA_UNIT.value))


def score_images(project_id: UUID, metrics: frozenset[str], report: Report) -> dict[str, int]:
    """Describes what has not been described, keeps the indices, writes the scores. Safe to repeat."""
    project = Project.objects.get(pk=project_id)
    done = describe_project(project, lambda share, done, _: report(0.6 * share, done.told))
    build_indices(project_id, lambda rows: report(0.7, f"{rows:,} vectors read"))
    scored = keep_image_scores(project_id, metrics, lambda rows: report(0.9, f"{rows:,} images scored"))
    return {"images": scored, "described": done.units, "crops": done.crops, "unreadable": done.unreadable}


def tasks_to_describe(project_id: UUID) -> Any:
    rows = Task.objects.filter(project_id=project_id).exclude(status=ARCHIVED)
    return rows.select_related("data_unit").order_by("id")


def describe_project(project: Project, step: Any, *, after: UUID | None = None) -> Described:
    """Goes on behind the task ``after``; ``step(share, done, last task)`` after each part. The share is an estimate:
    ids are times, so that a task's place among them says how far it is."""
    done = Described()
    rows = tasks_to_describe(project.id)
    ends = [ordered.values_list("id", flat=True).first() for ordered in (rows, rows.order_by("-id"))]
    for tasks in chunks(rows, after=after, size=BATCH):
        done.add(describe_tasks(project, tasks))
        step(share_of(tasks[-1].id, ends), done, tasks[-1].id)
    return done


def share_of(key: UUID, ends: list[UUID | None]) -> float:
    first, last = (end.int if end is not None else 0 for end in ends)
    return min(1.0, (key.int - first) / max(last - first, 1))


def build_indices(project_id: UUID, step: Any) -> None:
    build_index(project_id, "crop", step)
    build_index(project_id, "unit", step)


def keep_image_scores(project_id: UUID, metrics: Iterable[str], step: Any) -> int:
    """One row for each image of a task and metric; answers how many images."""
    wanted, index, now = frozenset(metrics), stored_index(project_id, "unit"), database_now()
    usual = typical(project_id, index) if index is not None else (1.0, 1.0)
    count = 0
    for tasks in chunks(tasks_to_describe(project_id), size=500):
        rows = check_rows(tasks, wanted, now)
        count += len(tasks)
        if index is not None and wanted & {"uniqueness", "representativeness"}:
            rows += near_rows(tasks, wanted, index, usual, now)
        Score.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["task", "metric", "subject"],
            update_fields=CHANGING,
        )
        step(count)
    return count


def check_rows(tasks: list[Task], wanted: frozenset[str], now: Any) -> list[Score]:
    known = UnitVector.objects.filter(data_unit_id__in=[task.data_unit_id for task in tasks], method=METHOD)
    checks = dict(known.values_list("data_unit_id", "checks"))
    return [
        row_of(task, f"image.{name}", said[0], said[2], now)
        for task in tasks
        for name, said in checks.get(task.data_unit_id, {}).items()
        if name in image_checks.NAMES and f"image.{name}" in wanted
    ]


def row_of(task: Task, metric: str, value: float, evidence: str, now: Any) -> Score:
    return Score(
        project_id=task.project_id,
        task=task,
        subject=task.data_unit_id,
        subject_type=SubjectType.DATA_UNIT,
        metric=metric,
        value=float(value),
        evidence=evidence,
        scorer_version=VERSION,
        input_digest=task.data_unit.sha256,
        scored_at=now,
    )


def near_rows(
    tasks: list[Task], wanted: frozenset[str], index: NeighbourIndex, usual: tuple[float, float], now: Any
) -> list[Score]:
    by_unit = {task.data_unit_id: task for task in tasks}
    known = UnitVector.objects.filter(data_unit_id__in=by_unit, method=METHOD)
    found = [row for row in known.values_list("id", "data_unit_id", "vector") if row[2]]
    if not found:
        return []
    distance = others(np.array([key for key, _, _ in found]), index, read([raw for _, _, raw in found]))
    rows: list[Score] = []
    single, dense = alone(distance[:, :3], usual[0]), density(distance, usual[1])
    for place, (_, unit, _) in enumerate(found):
        nearest = float(distance[place, 0])
        told = f"Its nearest other image is {nearest / max(usual[0], 1e-6):.1f} times as far as is usual."
        if "uniqueness" in wanted:
            rows.append(row_of(by_unit[unit], "uniqueness", single[place], told, now))
        if "representativeness" in wanted:
            mean = float(distance[place].mean()) / max(usual[1], 1e-6)
            told = f"Its nearest other images are {mean:.1f} times as far as is usual."
            rows.append(row_of(by_unit[unit], "representativeness", dense[place], told, now))
    return rows


def others(keys: Any, index: NeighbourIndex, vectors: Any) -> Any:
    """(n, k) distances to the nearest that are not the row itself; 2, the farthest there is, where there are none."""
    found: Found = index.nearest(vectors, NEAREST + 1)
    distance = np.where(found.keys == keys[:, None], np.inf, found.distance).astype(np.float64)
    distance = np.sort(distance, axis=1)[:, :NEAREST]
    count = max(1, min(NEAREST, len(index) - 1))
    return np.minimum(distance, 2.0)[:, :count]


def typical(project_id: UUID, index: NeighbourIndex) -> tuple[float, float]:
    """Medians, over a sample that stays the same while the index does, of the nearest and of the mean distance."""
    keys = np.sort(index.keys())
    sample = keys if len(keys) <= SAMPLE else np.random.default_rng(0).choice(keys, SAMPLE, replace=False)
    found: list[tuple[int, Any]] = []
    for start in range(0, len(sample), 500):
        part = UnitVector.objects.filter(id__in=sample[start : start + 500].tolist())
        found += [row for row in part.values_list("id", "vector") if row[1]]
    if len(found) < 2:
        return 1.0, 1.0
    distance = others(np.array([key for key, _ in found]), index, read([raw for _, raw in found]))
    return float(np.median(distance[:, 0])), float(np.median(distance.mean(axis=1)))


def pages(project_id: UUID, after: UUID | None = None) -> Iterable[Page]:
    return unit_pages(project_id, after=after, size=200)
