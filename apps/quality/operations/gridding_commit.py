"""Committing a batch: each label that was shown gets this person's word, once, and what was marked is acted upon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, NotFound
from apps.labels.logic import Row
from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex
from apps.quality.models import GridBatch, Observation, SubjectType
from apps.quality.operations.gridding_marks import Done, Mark, carry_out, read_marks, send
from apps.quality.operations.gridding_missing import MISSING, judge_objects
from apps.quality.operations.gridding_words import word_of
from apps.quality.queries.crops import label_rows, tasks_of
from apps.quality.queries.past_labels import digest_of
from apps.quality.queries.tiles import Subject
from apps.tasks.models import Task
from apps.tasks.operations.engine import lock_task
from workflows.state import COMPLETE

LONGEST = 120_000
"""Milliseconds that one label can have taken; whoever left the screen was not looking at it."""

Item = Mapping[str, Any]


@transaction.atomic
def commit_batch(
    *,
    batch_id: UUID,
    user: User,
    marks: Sequence[Mapping[str, Any]],
    active_ms: int,
    stage: str,
    index: OntologyIndex,
    now: datetime,
) -> GridBatch:
    """The same marks again get the same answer. Raises Invalid, NotFound, Conflict once other marks were committed."""
    batch = lock_batch(batch_id, user)
    read = read_marks(marks, batch.items, index)
    sent = {"marks": sorted(read.values(), key=lambda mark: mark["item"]), "stage": stage}
    if batch.state != "open":
        if batch.state == "committed" and batch.sent == sent:
            return batch
        raise Conflict("The batch is closed, or was committed with other marks.", code="committed", allowed=[])
    items = [item for item in batch.items if not item["hidden"]]
    tasks, labels = locked({UUID(item["task"]) for item in items if item["id"] in read}, items)
    each = min(LONGEST, active_ms // max(len(batch.items), 1)) if active_ms else None
    if batch.filters.get("kind") == MISSING:
        results, observations = judge_objects(batch, items, read, tasks, user, each, now)
    else:
        results, observations = judge_labels(batch, items, read, tasks, labels, user, each, now)
    for item in batch.items:
        if item["hidden"]:
            results[item["id"]] = planted(read.get(item["id"]))
    resting = {str(task.id) for task in tasks.values() if task.status == COMPLETE}
    sendings = sent_on(items, results, user, stage) if stage else []
    Observation.objects.bulk_create(observations, batch_size=200)
    # What a mark takes out of rest stays in a certificate's frame: else just what was found would be missing.
    went = {row["task"] for row in sendings if row["error"] is None}
    batch.taken_out = sorted({*batch.taken_out, *(went & resting)})
    return keep(batch, read, sent, results, sendings, active_ms, now)


def judge_labels(
    batch: GridBatch,
    items: Sequence[Item],
    read: Mapping[str, Mark],
    tasks: Mapping[UUID, Task],
    labels: Mapping[Subject, Label],
    user: User,
    elapsed: int | None,
    now: datetime,
) -> tuple[dict[str, Done], list[Observation]]:
    """What became of each, and the person's words. A label that has changed since the freeze counts nowhere."""
    results: dict[str, Done] = {}
    words = []
    for item in sorted(items, key=lambda item: (item["task"], item["id"])):
        key, mark = (UUID(item["task"]), UUID(item["label"])), read.get(item["id"])
        label = labels.get(key)
        if label is None or label.changed_in != item["changed_in"]:
            results[item["id"]] = Done("stale")
            continue
        word = observed(batch, item, label, mark, elapsed, now)
        done = carry_out(item, mark, user, tasks[key[0]], label) if mark else Done("fine")
        word.left_revision = done.undo.get("revision")
        words.append(word)
        results[item["id"]] = done
    return results, words


def lock_batch(batch_id: UUID, user: User) -> GridBatch:
    """One's own batch alone. Raises NotFound."""
    batch = GridBatch.objects.select_for_update().filter(id=batch_id, reviewer=user).first()
    if batch is None:
        raise NotFound
    return batch


def locked(marked: set[UUID], items: Sequence[Item]) -> tuple[dict[UUID, Task], dict[Subject, Label]]:
    """Tasks with marks are held, in id order, so that their labels stay as they are read."""
    for task_id in sorted(marked):
        try:
            lock_task(task_id)
        except NotFound:
            continue
    tasks = tasks_of({UUID(item["task"]) for item in items})
    return tasks, label_rows(tasks, {UUID(item["label"]) for item in items})


def planted(mark: Mark | None) -> Done:
    """A hidden tile's answer reads like any other's."""
    if mark is None:
        return Done("fine")
    return Done("relabeled" if mark["class"] else "flagged")


def observed(
    batch: GridBatch, item: Item, label: Label, mark: Mark | None, elapsed: int | None, now: datetime
) -> Observation:
    """About the label, in the content that was shown."""
    return word_of(
        batch,
        item,
        elapsed,
        now,
        kind=mark["kind"] if mark else "",
        subject_type=SubjectType.LABEL,
        is_error=mark is not None,
        origin_model=item["origin_model"],
        probability=item["probability"],
        at_random=batch.at_random,
        digest=digest_of(said(label)),
    )


def said(label: Label) -> Row:
    return {"class": label.class_id, "geometry": label.geometry, "attributes": label.attributes}


def sent_on(items: Sequence[Item], results: Mapping[str, Done], user: User, stage: str) -> list[dict[str, Any]]:
    """Each task with a reported label once, in id order."""
    tasks = sorted({UUID(item["task"]) for item in items if results[item["id"]].status == "flagged"})
    return [{"task": str(task), "error": send(task, user, stage)} for task in tasks]


def keep(
    batch: GridBatch,
    read: Mapping[str, Mark],
    sent: dict[str, Any],
    results: Mapping[str, Done],
    sendings: list[dict[str, Any]],
    active_ms: int,
    now: datetime,
) -> GridBatch:
    by_id = {item["id"]: item for item in batch.items}
    batch.marks = [{**mark, "label": by_id[key]["label"]} for key, mark in read.items()]
    batch.outcome = {
        "results": [{"item": key, "status": done.status, "error": done.error} for key, done in results.items()],
        "sent": sendings,
        "undo": {key: done.undo for key, done in results.items() if done.undo},
    }
    # In the order in which the items were shown: hidden ones must not stand apart.
    place = {item["id"]: at for at, item in enumerate(batch.items)}
    batch.outcome["results"].sort(key=lambda row: place[row["item"]])
    batch.sent, batch.state, batch.committed_at, batch.active_ms = sent, "committed", now, active_ms
    batch.save()
    return batch
