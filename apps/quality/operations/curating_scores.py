"""Scores of images that need no label: how alone and how typical each is, and what the checks of it say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import numpy as np

from apps.common.clock import database_now
from apps.common.errors import Conflict, Unavailable
from apps.projects.models import Project
from apps.quality.descriptors.index import Found, NeighbourIndex
from apps.quality.descriptors.layout import METHOD
from apps.quality.logic import image_checks
from apps.quality.logic.neighbours import alone
from apps.quality.logic.representativeness import density
from apps.quality.metrics import Report, register_family
from apps.quality.models import Score, SubjectType, UnitVector
from apps.quality.operations.describing import Described, describe_tasks
from apps.quality.operations.embedding import embedding_of, note_trouble, use_embedding
from apps.quality.operations.indexing import build_index
from apps.quality.queries.embedding import PLAIN, Embedding, method_in_use
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
    """Describes what has not been described, keeps the indices, writes the scores. Safe to repeat.

    Where the model that the settings name cannot describe anything, images are compared as before, and the project's
    curation says why.
    """
    project, shown = Project.objects.get(pk=project_id), [0.0]

    def heard(share: float, done: Described, _: UUID) -> None:
        shown[0] = 0.6 * share
        report(shown[0], done.told)

    def described(embedding: Embedding | None) -> Described:
        done = describe_project(project, embedding, heard, wait=lambda detail: report(shown[0], detail))
        build_indices(project_id, embedding, lambda rows: report(0.7, f"{rows:,} vectors read"))
        return done

    try:
        embedding = embedding_of(project_id)
        done = described(embedding)
        use_embedding(project_id, embedding)
    except (Unavailable, Conflict) as error:
        note_trouble(project_id, error.detail)
        done = described(PLAIN if method_in_use(project_id) == METHOD else None)
    scored = keep_image_scores(project_id, metrics, lambda rows: report(0.9, f"{rows:,} images scored"))
    return {"images": scored, "described": done.units, "crops": done.crops, "unreadable": done.unreadable}


def tasks_to_describe(project_id: UUID) -> Any:
    rows = Task.objects.filter(project_id=project_id).exclude(status=ARCHIVED)
    return rows.select_related("data_unit").order_by("id")


def describe_project(
    project: Project, embedding: Embedding | None, step: Any, *, after: UUID | None = None, wait: Any = None
) -> Described:
    """Goes on behind the task ``after``; ``step(share, done, last task)`` after each part, ``wait(detail)`` while a
    model's process is waited for. The share is an estimate: ids are times, so that a task's place among them says how
    far it is."""
    done = Described()
    rows = tasks_to_describe(project.id)
    ends = [ordered.values_list("id", flat=True).first() for ordered in (rows, rows.order_by("-id"))]
    for tasks in chunks(rows, after=after, size=BATCH):
        done.add(describe_tasks(project, tasks, embedding, wait))
        step(share_of(tasks[-1].id, ends), done, tasks[-1].id)
    return done


def share_of(key: UUID, ends: list[UUID | None]) -> float:
    first, last = (end.int if end is not None else 0 for end in ends)
    return min(1.0, (key.int - first) / max(last - first, 1))


def build_indices(project_id: UUID, embedding: Embedding | None, step: Any) -> None:
    """Of images always without weights too: near-duplicates are looked for by that."""
    build_index(project_id, "unit", step, method=METHOD)
    if embedding is not None:
        build_index(project_id, "crop", step, method=embedding.method)
    if embedding is not None and embedding != PLAIN:
        build_index(project_id, "unit", step, method=embedding.method)


def keep_image_scores(project_id: UUID, metrics: Iterable[str], step: Any) -> int:
    """One row for each image of a task and metric; answers how many images."""
    wanted, method, now = frozenset(metrics), method_in_use(project_id), database_now()
    index = stored_index(project_id, "unit", method=method)
    usual = typical(project_id, index) if index is not None else (1.0, 1.0)
    count = 0
    for tasks in chunks(tasks_to_describe(project_id), size=500):
        rows = check_rows(tasks, wanted, now)
        count += len(tasks)
        if index is not None and wanted & {"uniqueness", "representativeness"}:
            rows += near_rows(tasks, wanted, index, usual, (method, now))
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


def row_of(task: Task, metric: str, value: float, evidence: str, now: Any, method: str = "") -> Score:
    """``method``: of the vectors that it comes from, if of any."""
    return Score(
        project_id=task.project_id,
        task=task,
        subject=task.data_unit_id,
        subject_type=SubjectType.DATA_UNIT,
        metric=metric,
        value=float(value),
        evidence=evidence,
        scorer_version=f"{VERSION} {method}".strip(),
        input_digest=task.data_unit.sha256,
        scored_at=now,
    )


def near_rows(
    tasks: list[Task], wanted: frozenset[str], index: NeighbourIndex, usual: tuple[float, float], how: tuple[str, Any]
) -> list[Score]:
    """``how``: by which method, and when."""
    by_unit = {task.data_unit_id: task for task in tasks}
    known = UnitVector.objects.filter(data_unit_id__in=by_unit, method=how[0])
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
            rows.append(row_of(by_unit[unit], "uniqueness", single[place], told, how[1], how[0]))
        if "representativeness" in wanted:
            mean = float(distance[place].mean()) / max(usual[1], 1e-6)
            told = f"Its nearest other images are {mean:.1f} times as far as is usual."
            rows.append(row_of(by_unit[unit], "representativeness", dense[place], told, how[1], how[0]))
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
    """Images as near-duplicates are looked for, without weights."""
    return unit_pages(project_id, method=METHOD, after=after, size=200)
