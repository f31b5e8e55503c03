"""Matches as a list and as work, and a model's predictions over one task."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from apps.inference.models import Prediction
from apps.jobs.models import Job
from apps.labels.models import Label
from apps.tasks.models import Selection, Task, Visit, VisitStatus
from tests.factories.jobs import run_one
from tests.factories.quality_evaluation import ONTOLOGY, ask, at, caller, evaluated, labeled, path, predict
from tests.factories.tasks import World, graph, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(tasks=4, ontology=ONTOLOGY)


@pytest.fixture
def tasks(world: World) -> list[Task]:
    """Three tasks of an RBC and a WBC each; the model takes the WBC for an RBC, misses one, and sees a ghost."""
    made = [labeled(world, [at(10), at(110, "WBC")]) for _ in range(3)]
    said = [
        [at(10, confidence=0.9), at(110, confidence=0.8)],
        [at(10, confidence=0.7), at(110, confidence=0.6), at(400, "Platelets", confidence=0.95)],
        [at(110, confidence=0.5)],
    ]
    predict(world, {task.data_unit_id: labels for task, labels in zip(made, said, strict=True)})
    evaluated(world)
    return made


def listed(world: World, **query: Any) -> list[dict[str, Any]]:
    return list(ask(world, "matches", **query)["results"])


def test_the_surest_false_positives_come_first(world: World, tasks: list[Task]) -> None:
    rows = listed(world, outcome="fp")
    assert [row["confidence"] for row in rows] == pytest.approx([0.95, 0.8, 0.6, 0.5])
    ghost, taken = rows[0], rows[1]
    assert (ghost["outcome"], ghost["predicted"], ghost["label_class"], ghost["label"]) == (
        "fp",
        "Platelets",
        None,
        None,
    )
    assert ghost["task"] == str(tasks[1].id)
    assert ghost["prediction"]["geometry"]["x"] == 400
    assert (taken["outcome"], taken["predicted"], taken["label_class"], taken["iou"]) == ("confused", "RBC", "WBC", 1.0)
    assert (taken["label"]["class"], taken["label"]["geometry"]["x"]) == ("WBC", 110)
    assert taken["data_unit"] == {"id": str(tasks[0].data_unit_id), "name": tasks[0].data_unit.name}
    assert [row["confidence"] for row in listed(world, outcome="fp", ordering="confidence")] == pytest.approx(
        [0.5, 0.6, 0.8, 0.95]
    )


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ({"predicted": "RBC", "label": "WBC"}, 3),
        ({"predicted": "RBC", "label": "WBC", "confidence": 0.55}, 2),
        ({"predicted": "RBC", "label": "RBC"}, 2),
        ({"predicted": "nothing", "label": "RBC"}, 1),
        ({"predicted": "nothing", "label": "RBC", "confidence": 0.8}, 2),
        ({"predicted": "Platelets", "label": "nothing"}, 1),
        ({"outcome": "fn"}, 4),
        ({"outcome": "fn", "label": "WBC"}, 3),
        ({"outcome": "confused"}, 3),
        ({"outcome": "tp"}, 2),
        ({}, 6),
    ],
)
def test_any_cell_is_a_list(world: World, tasks: list[Task], query: dict[str, Any], number: int) -> None:
    rows = listed(world, **query)
    assert len(rows) == number
    names = {"predicted": "predicted", "label": "label_class"}
    for name, column in names.items():
        if name in query:
            assert {row[column] for row in rows} == {None if query[name] == "nothing" else query[name]}


def test_pages_are_walked_by_cursor(world: World, tasks: list[Task]) -> None:
    client = caller(world)
    seen: list[float] = []
    url: str | None = f"{path(world, 'matches')}?{urlencode({'limit': 2})}"
    while url:
        body = client.get(url).json()
        assert len(body["results"]) <= 2
        seen += [row["confidence"] for row in body["results"]]
        url = body["next"].partition("/api/v1")[2] if body["next"] else None
    assert seen == pytest.approx([0.95, 0.9, 0.8, 0.7, 0.6, 0.5])
    for query in (
        "cursor=abc",
        "cursor=MTIz",
        "outcome=odd",
        "predicted=Monocyte",
        "label=x",
        "ordering=iou",
        "kind=1",
    ):
        assert client.get(f"{path(world, 'matches')}?{query}").status_code == 400, query


def test_what_has_gone_since_is_null(world: World, tasks: list[Task]) -> None:
    Prediction.objects.all().delete()
    Label.objects.all().delete()
    row = listed(world, outcome="confused")[0]
    assert (row["prediction"], row["label"], row["predicted"], row["label_class"]) == (None, None, "RBC", "WBC")


def order(world: World, **more: Any) -> dict[str, Any]:
    return {"model": "yolo", "predicted": "RBC", "label": "WBC", "to_stage": "expert", **more}


def test_a_cell_becomes_work_for_the_expert(world: World, tasks: list[Task]) -> None:
    client = caller(world)
    dry = client.post(path(world, "matches/queue"), order(world, top=2, dry_run=True))
    assert dry.json() == {"matches": 3, "tasks": 3, "chosen": 2}
    assert not Selection.objects.filter(design="route:matches").exists()
    sent = client.post(path(world, "matches/queue"), order(world, top=2))
    assert sent.status_code == 202
    job = run_one(sent.json()["id"])
    assert job.result == {"matches": 3, "tasks": 3, "sent": 2, "refused": [], "refused_count": 0}
    assert [world.fresh(task).stage for task in tasks] == ["expert", "expert", "done"]
    rows = Selection.objects.filter(design="route:matches").order_by("-score")
    columns = ("task_id", "stage", "chosen", "probability")
    assert list(rows.values_list(*columns)) == [
        (tasks[0].id, "expert", True, 1.0),
        (tasks[1].id, "expert", True, 1.0),
        (tasks[2].id, "expert", False, 0.0),
    ]
    assert [row.score for row in rows] == pytest.approx([0.8, 0.6, 0.5])
    again = run_one(client.post(path(world, "matches/queue"), order(world, top=2)).json()["id"])
    assert again.result is not None
    assert [item["code"] for item in again.result["refused"]] == ["not_movable", "not_movable"]
    assert [world.fresh(task).stage for task in tasks] == ["expert", "expert", "done"]


def test_missed_labels_become_work_too(world: World, tasks: list[Task]) -> None:
    body = {"model": "yolo", "outcome": "fn", "label": "RBC", "to_stage": "review"}
    job = run_one(caller(world).post(path(world, "matches/queue"), body).json()["id"])
    assert job.result is not None
    assert (job.result["tasks"], job.result["sent"]) == (1, 1)
    assert [world.fresh(task).stage for task in tasks] == ["done", "done", "review"]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"to_stage": "annotate"}, "/to_stage"),
        ({"to_stage": "moon"}, "/to_stage"),
        ({"model": "other"}, "/model"),
        ({"predicted": "Monocyte"}, "/predicted"),
        ({"top": 0}, "/top"),
        ({"iou": 0}, "/iou"),
        ({"confidence": "NaN"}, "/confidence"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_bad_order_changes_nothing(world: World, tasks: list[Task], more: dict[str, Any], pointer: str) -> None:
    jobs = Job.objects.count()
    refused = caller(world).post(path(world, "matches/queue"), order(world, **more))
    assert (refused.status_code, [error["pointer"] for error in refused.json()["errors"]]) == (400, [pointer])
    assert Job.objects.count() == jobs
    assert {world.fresh(task).stage for task in tasks} == {"done"}


def overlay(world: World, task: Task, name: str, **query: Any) -> Any:
    return caller(world, name).get(f"/tasks/{task.id}/predictions/?{urlencode(query)}")


def test_the_overlay_says_which_label_each_prediction_meets(world: World, tasks: list[Task]) -> None:
    body = overlay(world, tasks[0], "val").json()
    assert (body["model"]["name"], body["total"], len(body["models"])) == ("yolo", 2, 1)
    rows = Label.objects.filter(label_set=world.fresh(tasks[0]).label_set)
    labels = {str(row.label_id): row.x for row in rows}
    met = [
        (row["class"], row["confidence"], labels[row["label"]], row["iou"], row["agrees"]) for row in body["results"]
    ]
    assert met == [("RBC", 0.9, 10, 1.0, True), ("RBC", 0.8, 110, 1.0, False)]
    predict(world, {tasks[0].data_unit_id: []}, version="2")
    assert overlay(world, tasks[0], "mia").json()["model"]["version"] == "2"
    assert overlay(world, tasks[0], "mia", model="yolo 1").json()["total"] == 2
    assert overlay(world, tasks[0], "mia", model="other").status_code == 400
    [other] = Task.objects.filter(project=make_world(tasks=1).project)
    assert overlay(world, other, "mia").status_code == 404


def test_who_labels_or_judges_blindly_is_shown_no_prediction() -> None:
    world = make_world(tasks=2, ontology=ONTOLOGY, workflow=graph(expert={"show_evidence": "after my verdict"}))
    task = labeled(world, [at(10)], approved=False)
    predict(world, {task.data_unit_id: [at(10, confidence=0.9)]})
    assert overlay(world, task, "ann").status_code == 403
    assert overlay(world, task, "rex").json()["total"] == 1
    Visit.objects.filter(task=task, status__lt=VisitStatus.DONE).update(blind=True)
    assert overlay(world, task, "rex").status_code == 403
    assert overlay(world, task, "mia").json()["total"] == 1
    held = world.must_claim("ann").task
    predict(world, {held.data_unit_id: [at(10, confidence=0.9)]})
    assert overlay(world, held, "ann").status_code == 403
    assert overlay(world, held, "rex").status_code in (403, 404)
