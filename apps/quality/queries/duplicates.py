"""What grouping near-duplicates reads: whose copies they are, the labels on them, and the groups as they were kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from apps.labels.logic.geometry import CLASSIFICATION
from apps.labels.models import Label
from apps.quality.logic.near_duplicates import Copy
from apps.quality.models import DuplicateMember, UnitVector
from apps.tasks.models import Task
from workflows.state import ARCHIVED

CHUNK = 500
COLUMNS = ("label_set_id", "label_id", "class_id", "x", "y", "width", "height")


@dataclass
class Member:
    """A task of a group. ``box`` (n, 4) xyxy in parts of its image, with ``labels`` and ``classes``."""

    task: UUID
    size: tuple[int, int]
    sha256: str
    copy: Copy
    labelled: bool
    labels: list[UUID] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    boxes: list[list[float]] = field(default_factory=list)

    @property
    def box(self) -> Any:
        return np.array(self.boxes, np.float64).reshape(-1, 4)


def members_of(tasks: Sequence[UUID], method: str) -> dict[UUID, Member]:
    """Those that are still there and not archived."""
    found: dict[UUID, Member] = {}
    for start in range(0, len(tasks), CHUNK):
        rows = Task.objects.filter(id__in=tasks[start : start + CHUNK]).exclude(status=ARCHIVED)
        part = list(rows.select_related("data_unit", "label_set"))
        checks = dict(
            UnitVector.objects.filter(data_unit_id__in=[task.data_unit_id for task in part], method=method).values_list(
                "data_unit_id", "checks"
            )
        )
        sets: dict[UUID, Member] = {}
        for task in part:
            member = member_of(task, checks.get(task.data_unit_id, {}))
            found[task.id] = member
            if task.label_set_id:
                sets[task.label_set_id] = member
        add_labels(sets)
    return found


def member_of(task: Task, checks: dict[str, Any]) -> Member:
    unit, labels = task.data_unit, task.label_set
    blur = checks.get("blur", [0.0])[0]
    copy = Copy(labels.label_count if labels else 0, blur, unit.width * unit.height, unit.size_bytes)
    return Member(task.id, (unit.width, unit.height), unit.sha256, copy, bool(labels and labels.revision))


def add_labels(sets: dict[UUID, Member]) -> None:
    rows = Label.objects.filter(label_set_id__in=sets).exclude(shape=CLASSIFICATION).order_by("id")
    for label_set, label, class_id, *place in rows.values_list(*COLUMNS):
        if None in place:
            continue
        x, y, width, height = place
        member = sets[label_set]
        wide, high = member.size
        member.labels.append(label)
        member.classes.append(class_id)
        member.boxes.append([x / wide, y / high, (x + width) / wide, (y + height) / high])


def same_bytes(project_id: UUID, tasks: Sequence[tuple[UUID, str]]) -> Iterable[tuple[UUID, UUID]]:
    """Pairs of a task with others of the project whose files are the same, by digest (they lie in several datasets)."""
    by_digest = {digest: task for task, digest in tasks}
    rows = Task.objects.filter(project_id=project_id, data_unit__sha256__in=by_digest).exclude(status=ARCHIVED)
    for task, digest in rows.values_list("id", "data_unit__sha256"):
        if task != by_digest[digest]:
            yield by_digest[digest], task


def kept_copies(project_id: UUID) -> QuerySet[DuplicateMember]:
    """One row for each group."""
    return DuplicateMember.objects.filter(project_id=project_id, keep=True)


def group_rows(project_id: UUID, groups: Sequence[int]) -> QuerySet[DuplicateMember]:
    """Members of some groups, the kept copy first."""
    rows = DuplicateMember.objects.filter(project_id=project_id, group__in=groups)
    return rows.select_related("task__data_unit", "task__label_set").order_by("group", "-keep", "id")
