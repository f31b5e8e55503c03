"""A project whose labels somebody has reviewed, a model that predicts, and evaluations done on the spot."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from apps.common.clock import database_now
from apps.inference.models import PredictionModel
from apps.inference.operations import prediction_model, save_predictions
from apps.jobs.models import Job
from apps.tasks.models import Task
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from tests.factories.jobs import run_one
from tests.factories.labels import box
from tests.factories.people import Caller, make_key
from tests.factories.tasks import CELLS, World

ONTOLOGY: dict[str, Any] = {
    "objects": [
        *CELLS["objects"],
        {"name": "nucleus", "shape": "polygon"},
        {"name": "vessel", "shape": "polyline"},
    ],
    "classifications": [
        {"name": "focus", "type": "radio", "options": [{"value": "sharp"}, {"value": "blurred"}]},
        {"name": "flags", "type": "checklist", "options": [{"value": "cut"}, {"value": "dark"}, {"value": "old"}]},
    ],
}


def answer(name: str, value: Any, **more: Any) -> dict[str, Any]:
    """A classification as a client sends it."""
    return box(**{"class": name, "shape": "classification", "geometry": None, "attributes": {name: value}, **more})


def at(x: float, kind: str = "RBC", y: float = 20, side: float = 30, **more: Any) -> dict[str, Any]:
    """A box of a class."""
    return box(x=x, y=y, width=side, height=side, **{"class": kind, **more})


def labeled(world: World, labels: list[dict[str, Any]], *, approved: bool = True) -> Task:
    """The next task, labeled by ann and, if told, approved by rex."""
    task = world.must_claim("ann").task
    if labels:
        save_task_labels(
            task_id=task.id, user=world.people["ann"], changes=LabelChanges(upsert=labels), claim_token=None
        )
    world.step("ann", task, "submit", verified_empty=not labels)
    if approved:
        held = world.must_claim("rex", "review").task
        assert held.id == task.id
        world.step("rex", task, "approve")
    return task


def predict(world: World, said: dict[UUID, list[dict[str, Any]]], **model: Any) -> PredictionModel:
    """What the model says, by data unit; ids are the predictions' own."""
    made = prediction_model(project=world.project, **{"name": "yolo", "version": "1", **model})
    items = [
        {"data_unit": str(unit), "labels": [{k: v for k, v in one.items() if k != "id"} for one in labels]}
        for unit, labels in said.items()
    ]
    for item in save_predictions(model=made, project=world.project, items=items, now=database_now()):
        assert item.error is None, item.error
    return made


def caller(world: World, name: str = "mia") -> Caller:
    return Caller(make_key(world.people[name]))


def evaluated(world: World, **body: Any) -> Job:
    """Asks for an evaluation and does it."""
    sent = caller(world).post(path(world, "evaluation"), {"model": "yolo", **body})
    assert sent.status_code == 202, sent.content
    job = run_one(sent.json()["id"])
    assert job.state == "succeeded", job.error
    return job


def path(world: World, name: str) -> str:
    return f"/projects/{world.project.id}/quality/{name}/"


def ask(world: World, name: str = "evaluation", **query: Any) -> dict[str, Any]:
    answered = caller(world).get(f"{path(world, name)}?{urlencode(query)}")
    assert answered.status_code == 200, answered.content
    body: dict[str, Any] = answered.json()
    return body
