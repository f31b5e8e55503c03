"""Missing objects in the grid: a mark says that the model is right, and labels the object as it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.common.problems import problem_body
from apps.inference.models import Prediction
from apps.quality.models import GridBatch, Observation, Score, SubjectType
from apps.quality.operations.gridding_draws import Drawn
from apps.quality.operations.gridding_marks import REASON, Done, Mark
from apps.quality.operations.gridding_words import word_of
from apps.quality.queries.crops import tasks_of
from apps.quality.queries.looks import Seen
from apps.quality.queries.missing_objects import Around, predictions_of
from apps.quality.queries.past_labels import extent_of
from apps.tasks.models import Task
from apps.tasks.operations.corrections import correct_labels

MISSING, ADD = "missing", "add missing"
Item = Mapping[str, Any]


def frozen_objects(drawn: Drawn) -> list[dict[str, Any]]:
    """The predicted objects as they are now, those alone that no label covers; ``label`` is the prediction's id."""
    tasks = tasks_of({row.task_id for row in drawn.rows})
    predictions = predictions_of(drawn.rows)
    around = Around.of(tasks, predictions)
    return [
        object_of(row, tasks[row.task_id], predictions[row.subject])
        for row in drawn.rows
        if row.subject in predictions
        and around.is_missing(tasks[row.task_id], row.subject, predictions[row.subject].geometry)
    ]


def object_of(row: Score, task: Task, predicted: Prediction) -> dict[str, Any]:
    seen, unit = Seen.of(row), task.data_unit
    place = extent_of(predicted.geometry, (unit.width, unit.height))
    return {
        "id": str(uuid4()),
        "task": str(task.id),
        "label": str(predicted.id),
        "shape": predicted.shape,
        "geometry": predicted.geometry,
        "box": [place.x, place.y, place.width, place.height] if place else None,
        "confirmed": True,
        "class": predicted.class_id,
        "revision": row.label_revision,
        "changed_in": row.label_revision,
        "value": row.value,
        "p": row.p_error,
        "kind": MISSING,
        "evidence": row.evidence,
        "odds": seen.odds,
        "vector": seen.vector,
        "scorer_version": row.scorer_version,
        "probability": 1.0,
        "annotator": task.state.get("annotator") or None,
        "origin_model": "",
        "hidden": False,
        "missing": True,
        "model": str(predicted.model)[:200],
        "attributes": predicted.attributes,
    }


def judge_objects(
    batch: GridBatch,
    items: Sequence[Item],
    read: Mapping[str, Mark],
    tasks: Mapping[UUID, Task],
    user: User,
    elapsed: int | None,
    now: datetime,
) -> tuple[dict[str, Done], list[Observation]]:
    """What became of each, and the person's words. What is covered by now, or suspected no more, counts nowhere."""
    around = Around.of(tasks, [UUID(item["label"]) for item in items])
    results: dict[str, Done] = {}
    words = []
    for item in sorted(items, key=lambda item: (item["task"], item["id"])):
        task, mark = tasks.get(UUID(item["task"])), read.get(item["id"])
        if task is None or not around.is_missing(task, UUID(item["label"]), item["geometry"]):
            results[item["id"]] = Done("stale")
            continue
        done = added(item, mark, task, user) if mark else Done("fine")
        if done.status == "added":
            around.add(task, item["geometry"])
        results[item["id"]] = done
        words.append(observed(batch, item, mark, done, elapsed, now))
    return results, words


def added(item: Item, mark: Mark, task: Task, user: User) -> Done:
    """The model's label, confirmed by a person, with its prediction's id; under another class it is the person's. A
    refusal stops no other."""
    row = {
        "id": item["label"],
        "shape": item["shape"],
        "geometry": item["geometry"],
        "class": item["class"],
        "attributes": {},
    }
    if mark["class"] in ("", item["class"]):
        row |= {"attributes": item["attributes"], "origin": {"kind": "model", "model": item["model"]}}
    else:
        row |= {"class": mark["class"]}
    try:
        with transaction.atomic():
            saved = correct_labels(
                task_id=task.id,
                actor=user,
                upsert=[row],
                delete=[],
                base_revision=None,
                operation=ADD,
                origin_kind="human",
                reason=REASON,
            )
    except DomainError as error:
        return Done("refused", problem_body(error))
    return Done("added", undo={"revision": saved.revision, "added": item["label"]})


def observed(
    batch: GridBatch, item: Item, mark: Mark | None, done: Done, elapsed: int | None, now: datetime
) -> Observation:
    """About the prediction: whether what it claims was missing indeed."""
    return word_of(
        batch,
        item,
        elapsed,
        now,
        kind=MISSING if mark else "",
        subject_type=SubjectType.PREDICTION,
        is_error=mark is not None,
        left_revision=done.undo.get("revision"),
    )


def taken_away(item: Item, undo: Mapping[str, Any], user: User) -> bool:
    """Deletes the label that a mark had added; False where somebody holds the task."""
    try:
        with transaction.atomic():
            correct_labels(
                task_id=UUID(item["task"]),
                actor=user,
                upsert=[],
                delete=[UUID(undo["added"])],
                base_revision=None,
                operation=ADD,
                origin_kind="human",
                reason=REASON,
            )
    except DomainError:
        return False
    return True
