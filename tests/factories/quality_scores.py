"""A project of boxes with a model's predictions and known mistakes, as people and a detector would leave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.inference.models import PredictionModel
from apps.inference.operations import prediction_model, save_predictions
from apps.jobs.models import Job
from apps.jobs.operations import enqueue, running
from apps.labels.models import Label
from apps.quality.metrics import SCORE
from apps.tasks.models import Task
from apps.tasks.operations.labeling import LabelChanges
from tests.factories.tasks import World, make_world

CLASSES = ("RBC", "WBC", "Platelets")
SIDES = {"RBC": 34.0, "WBC": 60.0, "Platelets": 16.0}
SIZE = 400.0


@dataclass
class Scored:
    """``wrong`` by kind the label ids (of ``missing`` the ids of predictions' data units), ``tasks`` in order."""

    world: World
    model: PredictionModel
    tasks: list[Task] = field(default_factory=list)
    wrong: dict[str, list[UUID]] = field(default_factory=dict)
    wrong_tasks: set[UUID] = field(default_factory=set)

    def score(self, **params: Any) -> Job:
        return score_now(self.world, **params)


def score_now(world: World, **params: Any) -> Job:
    """Runs the job to its end, as a worker would."""
    job = enqueue(
        kind=SCORE,
        organization_id=world.organization.id,
        project_id=world.project.id,
        params={"metrics": ["mistakenness", "hardness"], "model": ""} | params,
        created_by=world.people["mia"],
    )
    running.run(job_id=job.pk, keep_lease=False)
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    return job


def cell(rng: np.random.Generator, kind: str, place: int) -> dict[str, float]:
    """A box of the kind's usual size in the ``place``-th field of a 4 x 4 grid: objects never overlap."""
    side = SIDES[kind] * float(rng.uniform(0.85, 1.15))
    x, y = (place % 4) * 100 + 50 - side / 2, (place // 4) * 100 + 50 - side / 2
    jitter = rng.uniform(-6, 6, 2)
    return {"x": x + jitter[0], "y": y + jitter[1], "width": side, "height": side * float(rng.uniform(0.9, 1.1))}


def said(rng: np.random.Generator, box: dict[str, float]) -> dict[str, float]:
    """What a detector makes of a box: nearly the same one."""
    off = rng.normal(0, 0.03, 4) * box["width"]
    return {
        "x": float(np.clip(box["x"] + off[0], 0, SIZE - 2)),
        "y": float(np.clip(box["y"] + off[1], 0, SIZE - 2)),
        "width": box["width"] + off[2],
        "height": box["height"] + off[3],
    }


def label_of(kind: str, geometry: dict[str, float]) -> dict[str, Any]:
    return {"id": str(uuid4()), "class": kind, "shape": "bounding_box", "geometry": geometry, "attributes": {}}


def make_scored_world(
    *, tasks: int = 24, each: int = 6, seed: int = 5, errors: bool = True, workflow: dict[str, Any] | None = None
) -> Scored:
    """Every third task has one mistake: a swapped class, a box moved away, an object left out, a copy or a box where
    nothing is, in turn."""
    rng = np.random.default_rng(seed)
    world = make_world(tasks=tasks, workflow=workflow)
    model = prediction_model(project=world.project, name="detector", version="1", out_of_sample=True)
    found = Scored(world, model)
    items = []
    for number in range(tasks):
        task = world.must_claim("ann").task
        labels, predictions = [], []
        for place in rng.choice(16, each, replace=False).tolist():
            kind = CLASSES[int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
            box = cell(rng, kind, place)
            labels.append(label_of(kind, box))
            confidence = float(rng.uniform(0.75, 0.99))
            predictions.append(label_of(kind, said(rng, box)) | {"confidence": confidence, "id": str(new_id())})
        if errors and number % 3 == 0:
            spoil(found, task, labels, number // 3)
        world.step("ann", task, "submit", changes=LabelChanges(upsert=labels))
        items.append({"data_unit": str(task.data_unit_id), "labels": predictions})
        found.tasks.append(world.fresh(task))
    saved = save_predictions(model=model, project=world.project, items=items, now=database_now())
    assert all(item.error is None for item in saved), [item.error for item in saved if item.error]
    return found


def empty_cell(labels: list[dict[str, Any]], like: dict[str, float]) -> dict[str, float]:
    """A box of the same size in a field of the grid that has none."""
    taken = {(int(one["geometry"]["x"] // 100), int(one["geometry"]["y"] // 100)) for one in labels}
    column, row = next(place for place in ((n % 4, n // 4) for n in range(16)) if place not in taken)
    return like | {"x": column * 100 + 50 - like["width"] / 2, "y": row * 100 + 50 - like["height"] / 2}


def predict(
    found: Scored, tasks: Sequence[Task], *, name: str, version: str = "1", seed: int = 9, **said_of_model: Any
) -> PredictionModel:
    """Another model's predictions: the labels of these tasks as they are, seen with its own eyes."""
    rng = np.random.default_rng(seed)
    model = prediction_model(project=found.world.project, name=name, version=version, **said_of_model)
    items = []
    for task in tasks:
        labels = Label.objects.filter(label_set=found.world.fresh(task).label_set).order_by("id")
        seen = [
            {"id": str(new_id()), "class": label.class_id, "shape": label.shape, "attributes": {}}
            | {"geometry": said(rng, label.geometry or {}), "confidence": float(rng.uniform(0.75, 0.99))}
            for label in labels
        ]
        items.append({"data_unit": str(task.data_unit_id), "labels": seen})
    saved = save_predictions(model=model, project=found.world.project, items=items, now=database_now())
    assert all(item.error is None for item in saved), [item.error for item in saved if item.error]
    return model


def spoil(found: Scored, task: Task, labels: list[dict[str, Any]], turn: int) -> None:
    kind = ("wrong_class", "badly_located", "missing", "duplicate", "spurious")[turn % 5]
    label = labels[0]
    found.wrong_tasks.add(task.id)
    if kind == "wrong_class":
        label["class"] = "WBC" if label["class"] == "RBC" else "RBC"
    elif kind == "badly_located":
        label["geometry"] = label["geometry"] | {"x": label["geometry"]["x"] + 0.45 * label["geometry"]["width"]}
    elif kind == "missing":
        labels.remove(label)
    elif kind == "spurious":
        label = label_of(label["class"], empty_cell(labels, label["geometry"]))
        labels.append(label)
    else:
        copy = label_of(label["class"], {**label["geometry"], "x": label["geometry"]["x"] + 1})
        labels.append(copy)
    subject = task.id if kind == "missing" else UUID(label["id"])
    found.wrong.setdefault(kind, []).append(subject)
