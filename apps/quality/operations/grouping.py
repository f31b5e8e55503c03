"""Groups of near-duplicates: which copy is kept, how each came about, which of their labels contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from apps.projects.models import Project
from apps.quality.descriptors.layout import METHOD
from apps.quality.logic.near_duplicates import best, disagreements, groups
from apps.quality.models import DuplicateMember
from apps.quality.operations.pairing import Pair
from apps.quality.queries.duplicates import Member, members_of

MOST_CONFLICTS = 50
"""Of one member that are kept; more say nothing new."""

OTHER_SIZE = 0.02


def group_pairs(project_id: UUID, pairs: Sequence[Pair], run: UUID) -> list[DuplicateMember]:
    """Rows to keep; tasks that are gone or archived by now are in no group."""
    members = members_of(sorted({task for pair in pairs for task in (pair.one, pair.other)}, key=str), METHOD)
    standing = [pair for pair in pairs if pair.one in members and pair.other in members]
    by_task: dict[UUID, list[Pair]] = {}
    for pair in standing:
        by_task.setdefault(pair.one, []).append(pair)
        by_task.setdefault(pair.other, []).append(pair)
    conflicts = conflicts_of(standing, members)
    rows: list[DuplicateMember] = []
    for number, tasks in enumerate(groups((pair.one, pair.other) for pair in standing), 1):
        tasks = sorted(tasks, key=str)
        kept = tasks[best([members[task].copy for task in tasks])]
        for task in tasks:
            nearest = max(by_task[task], key=lambda pair: (kept in (pair.one, pair.other), pair.score))
            rows.append(
                DuplicateMember(
                    project_id=project_id,
                    group=number,
                    task_id=task,
                    keep=task == kept,
                    distance=0.0 if task == kept else max(0.0, round(1 - nearest.score, 5)),
                    relation="" if task == kept else relation(nearest, members),
                    conflicts=conflicts.get(task, [])[:MOST_CONFLICTS],
                    run=run,
                )
            )
    return rows


def relation(pair: Pair, members: dict[UUID, Member]) -> str:
    """What was done to one of the two to make the other: the greatest change names it."""
    one, other = members[pair.one], members[pair.other]
    if one.sha256 == other.sha256:
        return "identical"
    if pair.alignment.flipped:
        return "flipped"
    if pair.alignment.cropped:
        return "cropped"
    ratio = one.size[0] / max(other.size[0], 1)
    return "resized" if abs(ratio - 1) > OTHER_SIZE else "re-encoded"


def conflicts_of(pairs: Iterable[Pair], members: dict[UUID, Member]) -> dict[UUID, list[dict[str, Any]]]:
    """By task what its labels and those of a copy say differently; only where somebody has labelled both."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for pair in pairs:
        one, other = members[pair.one], members[pair.other]
        if not (one.labelled and other.labelled):
            continue
        there, back = pair.alignment.box(one.box), pair.alignment.inverse().box(other.box)
        kinds = np.array(one.classes, object), np.array(other.classes, object)
        for said in disagreements(there, kinds[0], other.box, kinds[1], back):
            mine, theirs = entry(one, said.one), entry(other, said.other)
            found.setdefault(one.task, []).append(conflict(said.kind, other.task, mine, theirs))
            found.setdefault(other.task, []).append(conflict(said.kind, one.task, theirs, mine))
    return found


def entry(member: Member, row: int) -> tuple[str | None, str | None]:
    """Id and class of a label; None where there is none."""
    return (None, None) if row < 0 else (str(member.labels[row]), member.classes[row])


def conflict(kind: str, task: UUID, own: tuple[str | None, str | None], other: tuple[str | None, str | None]) -> Any:
    said = {"kind": kind, "task": str(task), "label": own[0], "class": own[1]}
    return said | {"other_label": other[0], "other_class": other[1]}


@transaction.atomic
def keep_groups(project: Project, rows: Sequence[DuplicateMember]) -> None:
    """In place of what an earlier run found. Safe to repeat."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    DuplicateMember.objects.filter(project=project).delete()
    DuplicateMember.objects.bulk_create(rows, batch_size=500)
