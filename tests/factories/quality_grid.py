"""A project whose labels can be judged in the grid: real images, scored labels, and what experts have confirmed."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from apps.inference.models import Prediction, PredictionModel
from apps.labels.models import Label
from apps.ontologies.queries import index_for
from apps.quality.models import Observation, Score, SubjectType
from apps.tasks.models import Task
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from tests.factories.labels import box
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, make_world

COLOURS = {"RBC": (200, 40, 40), "WBC": (60, 60, 200), "Platelets": (40, 180, 60)}


def grid_world(*, tasks: int = 4, boxes: int = 6, kind: str = "RBC", pictures: bool = True, **more: Any) -> World:
    """``tasks`` finished tasks of ann's, each with ``boxes`` labels of the class, scored: the first likeliest wrong."""
    world = make_world(tasks=tasks, **more)
    for _ in range(tasks):
        label_next(world, [kind] * boxes, pictures=pictures)
    score(world)
    return world


def label_next(world: World, kinds: list[str], *, pictures: bool = True) -> Task:
    """ann labels and submits the next task; its image shows each label in its class's colour."""
    task = world.must_claim("ann").task
    upsert = [
        box(x=10 + 60 * (at % 10), y=20 + 60 * (at // 10), width=40, height=40, **{"class": kind})
        for at, kind in enumerate(kinds)
    ]
    save_task_labels(task_id=task.id, user=world.people["ann"], changes=LabelChanges(upsert=upsert), claim_token=None)
    world.step("ann", task, "submit")
    if pictures:
        draw(task, upsert)
    return world.fresh(task)


def draw(task: Task, labels: list[dict[str, Any]]) -> None:
    unit = task.data_unit
    image = Image.new("RGB", (unit.width, unit.height), (240, 220, 220))
    for label in labels:
        place = label["geometry"]
        corner = (int(place["x"]), int(place["y"]))
        image.paste(COLOURS[label["class"]], (*corner, corner[0] + 40, corner[1] + 40))
    out = BytesIO()
    image.save(out, "PNG")
    unit.media_key = default_storage.save(f"grid/{unit.id.hex}.png", ContentFile(out.getvalue()))
    unit.save(update_fields=["media_key"])


def all_labels(world: World) -> list[Label]:
    return list(Label.objects.filter(label_set__project=world.project).order_by("id"))


def score(world: World, **more: Any) -> list[Score]:
    """A score for every label, falling in the order of their making."""
    tasks = dict(Task.objects.filter(project=world.project).values_list("label_set_id", "id"))
    labels = all_labels(world)
    Score.objects.filter(project=world.project).delete()
    rows = []
    for at, label in enumerate(labels):
        value = 1 - (at + 1) / (len(labels) + 1)
        values = {
            "project": world.project,
            "task_id": tasks[label.label_set_id],
            "subject": label.label_id,
            "subject_type": SubjectType.LABEL,
            "metric": "mistakenness",
            "class_id": label.class_id,
            "value": value,
            "p_error": value,
            "kind": "wrong_class",
            "evidence": f"The model sees another class at {value:.2f}.",
            "detail": {"odds": value * 4 - 2, "vector": [value, 1.0], "model": {"class": class_id(world, "WBC")}},
            "scorer_version": "test-1",
            "input_digest": "",
            "label_revision": label.changed_in,
            "scored_at": timezone.now(),
        }
        rows.append(Score(**{**values, **more}))
    return Score.objects.bulk_create(rows)


def suspects(world: World, *, each: int = 2, kind: str = "RBC") -> list[Prediction]:
    """In every task ``each`` predicted objects far from its labels, scored as missing: the first likeliest."""
    model = PredictionModel.objects.create(project=world.project, name="yolo", version="2")
    found = []
    for task in Task.objects.filter(project=world.project).order_by("id"):
        for at in range(each):
            found.append(
                Prediction.objects.create(
                    project=world.project,
                    data_unit=task.data_unit,
                    model=model,
                    label_id=uuid4(),
                    class_id=class_id(world, kind),
                    shape="bounding_box",
                    geometry={"x": 10.0 + 60 * at, "y": 200.0, "width": 30.0, "height": 30.0},
                    confidence=0.9,
                    created_at=timezone.now(),
                )
            )
    tasks = {task.data_unit_id: task for task in Task.objects.filter(project=world.project)}
    for at, one in enumerate(found):
        value = 0.9 - 0.1 * at
        Score.objects.create(
            project=world.project,
            task=tasks[one.data_unit_id],
            subject=one.id,
            subject_type=SubjectType.PREDICTION,
            metric="mistakenness",
            class_id=one.class_id,
            value=value,
            kind="missing",
            evidence="The model sees one here.",
            detail={"odds": value, "vector": [value]},
            scorer_version="test-1",
            input_digest="",
            label_revision=1,
            scored_at=timezone.now(),
        )
    return found


def class_id(world: World, name: str) -> str:
    entry = index_for(world.ontology.id).find(name)
    assert entry is not None
    return entry.id


def confirmed(world: World, label: Label, *, by: str = "eve") -> Observation:
    """An expert's word that the label is what it says."""
    task = Task.objects.get(label_set=label.label_set)
    return Observation.objects.create(
        project=world.project,
        task=task,
        source=uuid4(),
        subject=label.label_id,
        subject_type=SubjectType.LABEL,
        class_id=label.class_id,
        is_error=False,
        instrument="expert",
        reviewer=world.people[by],
        label_revision=label.changed_in,
        at=timezone.now(),
    )


def caller(world: World, name: str) -> Caller:
    return Caller(make_key(world.people[name]))


def batches(world: World) -> str:
    return f"/projects/{world.project.id}/quality/batches/"


def opened(world: World, name: str = "rex", **body: Any) -> dict[str, Any]:
    answer = caller(world, name).post(batches(world), body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def committed(world: World, batch: dict[str, Any], marks: list[dict[str, Any]], name: str = "rex", **body: Any) -> Any:
    sent = {"marks": marks, "active_ms": 6000, **body}
    return caller(world, name).post(f"{batches(world)}{batch['id']}/commit/", sent)


def undone(world: World, batch: dict[str, Any], name: str = "rex") -> Any:
    return caller(world, name).post(f"{batches(world)}{batch['id']}/undo/")


def subject(item: dict[str, Any]) -> UUID:
    return UUID(item["label"])
