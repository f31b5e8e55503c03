"""Descriptors of a project's images and crops, and the nearest of them by the index that the last curation kept.

Everything here is of one method: the one in use where none is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import numpy as np
import numpy.typing as npt
from django.core.files.storage import default_storage

from apps.quality.descriptors.index import GraphIndex, NeighbourIndex
from apps.quality.descriptors.layout import METHOD
from apps.quality.models import CropVector, SweepMark, UnitVector
from apps.quality.queries.embedding import method_in_use
from apps.tasks.models import Task

What = Literal["unit", "crop"]
Vectors = npt.NDArray[np.float32]

CHUNK = 1_000
SPARE = 8
"""More neighbours are asked for than wanted: some may be gone by now."""


@dataclass(frozen=True)
class Page:
    """Rows of vectors: ``keys`` (n,) of the table, ``tasks`` their tasks, ``subjects`` labels or data units."""

    keys: npt.NDArray[np.int64]
    tasks: list[UUID]
    subjects: list[UUID]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Neighbour:
    """``subject`` is a label of ``task``, or its data unit. ``distance`` = 1 - cosine."""

    task: UUID
    subject: UUID
    distance: float


def read(raw: Sequence[Any]) -> Vectors:
    """(n, d) from stored half-precision bytes, all of the same method."""
    rows = [np.frombuffer(bytes(one), "<f2") for one in raw]
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, 0), np.float32)


def crop_pages(project_id: UUID, *, method: str, after: int = 0, size: int = CHUNK) -> Iterator[Page]:
    """All of a project's crops in the order of their keys, some at a time."""
    rows = CropVector.objects.filter(project_id=project_id, method=method).order_by("id")
    while found := list(rows.filter(id__gt=after).values_list("id", "task_id", "label", "vector")[:size]):
        yield page_of(found)
        after = found[-1][0]


def unit_pages(project_id: UUID, *, method: str, after: UUID | None = None, size: int = CHUNK) -> Iterator[Page]:
    """The described images of a project's tasks in the order of the tasks, some at a time."""
    rows = Task.objects.filter(project_id=project_id).order_by("id")
    while tasks := list((rows.filter(id__gt=after) if after else rows).values_list("id", "data_unit_id")[:size]):
        known = UnitVector.objects.filter(data_unit_id__in=[unit for _, unit in tasks], method=method)
        by_unit = {
            unit: (key, vector) for key, unit, vector in known.values_list("id", "data_unit_id", "vector") if vector
        }
        found = [(by_unit[unit][0], task, unit, by_unit[unit][1]) for task, unit in tasks if unit in by_unit]
        if found:
            yield page_of(found)
        after = tasks[-1][0]


def page_of(rows: Sequence[tuple[int, UUID, UUID, Any]]) -> Page:
    keys, tasks, subjects, raw = zip(*rows, strict=True)
    return Page(np.array(keys, np.int64), list(tasks), list(subjects), read(raw))


def crop_vectors(
    project_id: UUID, subjects: Sequence[tuple[UUID, UUID]], *, method: str | None = None
) -> dict[tuple[UUID, UUID], Vectors]:
    """By (task, label) the vectors (d,) of those that have been described."""
    wanted, method = set(subjects), method or method_in_use(project_id)
    rows = CropVector.objects.filter(project_id=project_id, method=method, task_id__in={task for task, _ in wanted})
    return {
        (task, label): np.frombuffer(bytes(raw), "<f2").astype(np.float32)
        for task, label, raw in rows.values_list("task_id", "label", "vector")
        if (task, label) in wanted
    }


def unit_vectors(units: Collection[UUID], *, method: str) -> dict[UUID, Vectors]:
    """By data unit the vectors (d,) of those that have been described."""
    rows = UnitVector.objects.filter(data_unit_id__in=units, method=method).values_list("data_unit_id", "vector")
    return {unit: read([raw])[0] for unit, raw in rows if raw}


def mark_name(what: What, project_id: UUID, method: str = METHOD) -> str:
    """The mark that says where the index lies: ``{"key", "before", "method", "rows"}``. That of the descriptor without
    weights stands apart: near-duplicates are looked for by it, whatever else is compared by."""
    return f"{'index' if method == METHOD else 'chosen'}:{what}:{project_id}"


def stored_index(project_id: UUID, what: What, *, method: str | None = None) -> NeighbourIndex | None:
    """The kept index, in memory while its file is the same; None before the first one."""
    method = method or method_in_use(project_id)
    for _ in range(2):
        mark = SweepMark.objects.filter(name=mark_name(what, project_id, method)).first()
        if mark is None or mark.position.get("method") != method:
            return None
        try:
            return opened(mark.position["key"])
        except FileNotFoundError:
            continue  # a newer one has just replaced it
    return None


@lru_cache(maxsize=6)
def opened(key: str) -> GraphIndex:
    """A file never changes under its key."""
    with default_storage.open(key, "rb") as file:
        return GraphIndex.of(file.read())


def nearest(project_id: UUID, vectors: Vectors, k: int, *, method: str | None = None) -> list[list[Neighbour]]:
    """For each of (n, d) its k nearest crops, nearest first; nothing where there is no index yet."""
    found = asked(project_id, "crop", vectors, k, method)
    rows = CropVector.objects.filter(project_id=project_id, id__in=keys_of(found))
    known = {key: (task, label) for key, task, label in rows.values_list("id", "task_id", "label")}
    return [cut(line, known, k) for line in found]


def nearest_units(project_id: UUID, vectors: Vectors, k: int, *, method: str | None = None) -> list[list[Neighbour]]:
    """For each of (n, d) the k nearest images of the project's tasks, nearest first."""
    found = asked(project_id, "unit", vectors, k, method)
    units = dict(UnitVector.objects.filter(id__in=keys_of(found)).values_list("data_unit_id", "id"))
    tasks = Task.objects.filter(project_id=project_id, data_unit_id__in=units)
    known = {units[unit]: (task, unit) for task, unit in tasks.values_list("id", "data_unit_id")}
    return [cut(line, known, k) for line in found]


def asked(project_id: UUID, what: What, vectors: Vectors, k: int, method: str | None) -> list[list[tuple[int, float]]]:
    index = stored_index(project_id, what, method=method)
    if index is None:
        return [[] for _ in vectors]
    found = index.nearest(vectors, k + SPARE)
    return [
        [(key, away) for key, away in zip(line, aways, strict=True) if key >= 0]
        for line, aways in zip(found.keys.tolist(), found.distance.tolist(), strict=True)
    ]


def keys_of(found: Sequence[Sequence[tuple[int, float]]]) -> set[int]:
    return {key for line in found for key, _ in line}


def cut(line: Sequence[tuple[int, float]], known: dict[int, tuple[UUID, UUID]], k: int) -> list[Neighbour]:
    return [Neighbour(*known[key], distance) for key, distance in line if key in known][:k]
