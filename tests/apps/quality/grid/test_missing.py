"""Missing objects in the grid: a mark labels what the model sees, anything else says that nothing is there."""

from __future__ import annotations

from typing import Any

import pytest

from apps.inference.models import Prediction
from apps.labels.models import Label
from apps.quality.models import GridBatch, Observation
from apps.quality.queries.lessons import material_of
from apps.tasks.models import Selection, Task
from tests.factories.quality_grid import (
    all_labels,
    batches,
    caller,
    class_id,
    committed,
    grid_world,
    opened,
    suspects,
    undone,
)
from tests.factories.tasks import World

pytestmark = pytest.mark.django_db


def words(world: World) -> list[Observation]:
    return list(Observation.objects.filter(project=world.project, instrument="grid").order_by("-p_error"))


def test_missing_objects_come_in_batches_of_their_own() -> None:
    world = grid_world(tasks=2, boxes=2, pictures=False)
    there = suspects(world)
    batch = opened(world, kind="missing")
    assert [item["label"] for item in batch["items"]] == [str(one.id) for one in there]
    assert (batch["missing"], batch["heading"]["left"], batch["items"][0]["box"]) == (
        True,
        0,
        [10.0, 200.0, 30.0, 30.0],
    )
    labels = opened(world)
    assert labels["missing"] is False
    assert {item["label"] for item in labels["items"]} == {str(one.label_id) for one in all_labels(world)}
    assert not Selection.objects.filter(design="grid").exists()
    assert caller(world, "rex").post(batches(world), {"kind": "missing"}).json()["code"] == "nothing_left"
    GridBatch.objects.all().delete()
    assert caller(world, "rex").post(batches(world), {"kind": "missing", "class": "WBC"}).status_code == 409
    assert len(opened(world, kind="missing", annotator=world.people["ann"].email)["items"]) == 4


def test_nobody_is_asked_what_they_overlooked_themselves() -> None:
    world = grid_world(tasks=2, boxes=1, pictures=False)
    there = suspects(world, each=1)
    task = Task.objects.filter(project=world.project).order_by("id")[0]
    task.state = {**task.state, "annotator": str(world.people["rex"].id)}
    task.save(update_fields=["state"])
    assert [item["label"] for item in opened(world, kind="missing")["items"]] == [str(there[1].id)]


def test_a_mark_labels_the_object_and_silence_says_that_nothing_is_there() -> None:
    world = grid_world(tasks=2, boxes=1, pictures=False)
    there = suspects(world)
    batch = opened(world, kind="missing")
    first, second, third, _ = batch["items"]
    marks = [{"item": first["id"]}, {"item": second["id"], "class": "WBC"}, {"item": third["id"], "class": "RBC"}]
    answer = committed(world, batch, marks, active_ms=4000)
    assert [row["status"] for row in answer.json()["results"]] == ["added", "added", "added", "fine"]
    made = {str(one.label_id): one for one in all_labels(world)}
    assert len(made) == 5
    confirmed, other = made[first["label"]], made[second["label"]]
    assert (confirmed.class_id, other.class_id) == (class_id(world, "RBC"), class_id(world, "WBC"))
    assert (confirmed.origin["kind"], confirmed.origin["model"], confirmed.origin["edited"]) == (
        "model",
        "yolo 2",
        False,
    )
    assert (other.origin["kind"], confirmed.created_by) == ("human", world.people["rex"])
    assert confirmed.geometry == there[0].geometry
    found = words(world)
    assert [(row.subject, row.subject_type, row.is_error, row.kind) for row in found] == [
        *((one.id, "prediction", True, "missing") for one in there[:3]),
        (there[3].id, "prediction", False, ""),
    ]
    assert {row.annotator for row in found} == {world.people["ann"]}
    assert {row.elapsed_ms for row in found} == {1000}
    # They calibrate missing objects, and no labels.
    assert len(material_of(world.project.id, "missing").hit) == 4
    assert len(material_of(world.project.id, "label").hit) == 0
    assert committed(world, batch, marks).json() == answer.json()
    assert len(all_labels(world)) == 5


def test_what_is_labelled_by_now_counts_nowhere_and_twins_are_added_once() -> None:
    world = grid_world(tasks=1, boxes=1, pictures=False)
    there = suspects(world, each=3)
    Prediction.objects.filter(id=there[1].id).update(geometry={"x": 12.0, "y": 200.0, "width": 30.0, "height": 30.0})
    batch = opened(world, kind="missing")
    label = all_labels(world)[0]
    Label.objects.filter(id=label.id).update(x=130, y=200, width=30, height=30)
    marks = [{"item": item["id"]} for item in batch["items"]]
    results = committed(world, batch, marks).json()["results"]
    assert sorted(row["status"] for row in results) == ["added", "stale", "stale"]
    assert len(words(world)) == 1
    assert len(all_labels(world)) == 2


def test_a_claimed_task_gets_no_label_and_an_undo_takes_it_away() -> None:
    world = grid_world(tasks=2, boxes=1, pictures=False)
    suspects(world, each=1)
    batch = opened(world, kind="missing")
    marks = [{"item": item["id"]} for item in batch["items"]]
    held = world.must_claim("eve", "review").task
    results = {row["item"]: row for row in committed(world, batch, marks).json()["results"]}
    by_task: dict[str, Any] = {item["task"]: results[item["id"]] for item in batch["items"]}
    assert by_task.pop(str(held.id))["error"]["code"] == "claimed"
    assert [row["status"] for row in by_task.values()] == ["added"]
    assert len(all_labels(world)) == 3
    answer = undone(world, batch).json()
    assert [row["status"] for row in answer["results"]] == ["taken_back"] * 2
    assert len(all_labels(world)) == 2
    assert not words(world)
    assert committed(world, batch, []).json()["results"][0]["status"] == "fine"


def test_what_cannot_be_asked_of_missing_objects_is_refused() -> None:
    world = grid_world(tasks=1, boxes=1, pictures=False)
    suspects(world)
    rex = caller(world, "rex")
    confusion = {"predicted": "WBC", "label": "RBC"}
    for body, pointer in (
        ({"order": "random"}, "/order"),
        ({"confusion": confusion}, "/confusion"),
        ({"class": "RBC", "attribute": {"name": "x", "value": "y"}}, "/attribute"),
    ):
        answer = rex.post(batches(world), {"kind": "missing", **body})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert not GridBatch.objects.exists()
