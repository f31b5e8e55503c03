"""Which labels a model may be held against: all, or those that somebody has looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.tasks.models import Task, TaskEvent, Verdict

TRUTHS = ("reviewed", "all")


@dataclass(frozen=True, slots=True)
class Truth:
    """Of one task: the labels that count, and whether the unit was judged as a whole, so that what has no label there
    is wrong."""

    labels: frozenset[UUID]
    whole: bool


@dataclass(frozen=True, slots=True)
class Word:
    """The latest explicit verdict on a label."""

    verdict: str
    source: str
    revision: int


def truths(tasks: Sequence[Task], changed: Mapping[UUID, Mapping[UUID, int]], kind: str) -> dict[UUID, Truth]:
    """By task; ``changed`` has by task the revision in which each of its labels was last changed.

    Of ``all`` every label counts, of every task that anybody saved labels of, or handed in without any. Of
    ``reviewed`` those count that are as an approved review, an explicit approval or a reviewer's own edit left them.
    """
    if kind == "all":
        handed_in = empty_ones([task for task in tasks if not revision_of(task)])
        held = [task for task in tasks if revision_of(task) or task.id in handed_in]
        return {task.id: Truth(frozenset(changed.get(task.id, ())), True) for task in held}
    approved = approvals(tasks)
    words = explicit_words(tasks)
    return {
        task.id: reviewed(changed.get(task.id, {}), approved.get(task.id), words.get(task.id, {}), revision_of(task))
        for task in tasks
    }


def reviewed(changed: Mapping[UUID, int], approved: int | None, words: Mapping[UUID, Word], revision: int) -> Truth:
    kept, doubted = set(), False
    for label, last in changed.items():
        word = words.get(label)
        if word is not None and stands(word, last):
            if word.verdict == "approved" or word.source == "edit":
                kept.add(label)
            else:
                doubted = True
        elif approved is not None and approved >= last:
            kept.add(label)
    return Truth(frozenset(kept), approved is not None and approved == revision and not doubted)


def stands(word: Word, changed: int) -> bool:
    """Whether the label is still as it was judged; an edit is recorded with the revision that it made, or the one
    before."""
    return word.revision + (word.source == "edit") >= changed


def revision_of(task: Task) -> int:
    return task.label_set.revision if task.label_set else 0


def empty_ones(tasks: Sequence[Task]) -> set[UUID]:
    """Of tasks without labels those that somebody has submitted: they are empty on purpose."""
    rows = TaskEvent.objects.filter(task__in=tasks, action="submitted")
    return set(rows.values_list("task_id", flat=True))


def approvals(tasks: Sequence[Task]) -> dict[UUID, int]:
    """The latest label revision of each task that a review has approved."""
    rows = TaskEvent.objects.filter(task__in=tasks, action="approved").values_list("task_id", "label_revision")
    found: dict[UUID, int] = {}
    for task, revision in rows:
        found[task] = max(revision or 0, found.get(task, 0))
    return found


def explicit_words(tasks: Sequence[Task]) -> dict[UUID, dict[UUID, Word]]:
    rows = Verdict.objects.filter(task__in=tasks, superseded=False, implicit=False, label__isnull=False)
    found: dict[UUID, dict[UUID, Word]] = {}
    columns = ("task_id", "label", "verdict", "source", "label_revision")
    for task, label, verdict, source, revision in rows.order_by("created_at", "id").values_list(*columns):
        found.setdefault(task, {})[label] = Word(verdict, source, revision)
    return found
