"""Tasks that were scored, and looks that a draw chose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.accounts.principal import SCOPES
from apps.common.ids import new_id
from apps.quality.models import Observation, Score, ScoreRun, SubjectType
from apps.tasks.models import Task
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from tests.factories.labels import box
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, make_world

VERSION = "task-1"


def routed_world(values: Sequence[float], *, boxes: int = 1, **more: Any) -> tuple[World, list[Task]]:
    """Tasks that wait at review, each with a mistakenness."""
    world = make_world(tasks=len(values), **more)
    now = timezone.now()
    ScoreRun.objects.create(id=new_id(), project=world.project, scorer_version=VERSION, started_at=now, finished_at=now)
    tasks = []
    for value in values:
        task = world.submitted("ann", boxes=boxes)
        score_task(world, task, value)
        tasks.append(world.fresh(task))
    return world, tasks


def score_task(world: World, task: Task, value: float, *, metric: str = "mistakenness", **more: Any) -> Score:
    """As the scorer would score the task's present labels."""
    label_set = world.fresh(task).label_set
    fields = {
        "project": world.project,
        "subject_type": SubjectType.TASK,
        "value": value,
        "p_error": value if metric == "mistakenness" else None,
        "scorer_version": VERSION,
        "input_digest": "",
        "label_revision": label_set.revision if label_set else 0,
        "evidence": "the model sees WBC at 0.97.",
        "kind": "wrong_class",
        "class_id": class_id(world, "RBC"),
        "scored_at": timezone.now(),
        **more,
    }
    found, _ = Score.objects.update_or_create(task=task, metric=metric, subject=task.id, defaults=fields)
    return found


def score_labels(world: World, task: Task, values: Sequence[float], **more: Any) -> None:
    """One suspicion a label, of one kind."""
    label_set = world.fresh(task).label_set
    assert label_set is not None
    for label, value in zip(label_set.labels.order_by("id"), values, strict=True):
        fields = {"kind": "wrong_class", "detail": {"kinds": {"wrong_class": value}}, **more}
        Score.objects.create(
            project=world.project,
            task=task,
            subject=label.label_id,
            subject_type=SubjectType.LABEL,
            metric="mistakenness",
            class_id=label.class_id,
            value=value,
            p_error=value,
            scorer_version=VERSION,
            input_digest="",
            label_revision=label_set.revision,
            scored_at=timezone.now(),
            **fields,
        )


def class_id(world: World, name: str) -> str:
    world.ontology.refresh_from_db()
    return str(next(item["id"] for item in world.ontology.definition["objects"] if item["name"] == name))


def audited_error(world: World, task: Task, *, visit: int, value: float, probability: float = 0.1) -> None:
    """A random look that found one error in a task of this score."""
    fields = {
        "project": world.project,
        "task": task,
        "visit": visit,
        "instrument": "expert",
        "is_error": True,
        "probability": probability,
        "at_random": True,
        "at": timezone.now(),
        "scorer_version": VERSION,
    }
    Observation.objects.create(
        source=new_id(), subject=new_id(), subject_type=SubjectType.LABEL, kind="wrong_class", p_error=0.5, **fields
    )
    Observation.objects.create(
        source=new_id(), subject=task.id, subject_type=SubjectType.TASK, p_error=value, odds=0.0, **fields
    )


def caller(world: World, name: str = "mia") -> Caller:
    return Caller(make_key(world.people[name], scopes=list(SCOPES)))


def route_path(world: World, rest: str = "route/") -> str:
    return f"/projects/{world.project.id}/quality/{rest}"


def ask(world: World, name: str = "mia", **body: Any) -> Any:
    """POST quality/route/ for the expert stage."""
    sent = {"metric": "mistakenness", "to_stage": "expert", **body}
    return caller(world, name).post(route_path(world), sent)


def ids(rows: Sequence[Any]) -> list[UUID]:
    return [UUID(str(row["task"])) for row in rows]


SKILLED: dict[str, Any] = {
    "objects": [
        {"name": "RBC", "shape": "bounding_box", "skill": "red"},
        {"name": "WBC", "shape": "bounding_box", "skill": "white"},
        {"name": "Platelets", "shape": "bounding_box"},
    ],
    "classifications": [],
}


def labelled(world: World, *classes: str) -> Task:
    """A submitted task with a box of each class."""
    task = world.must_claim("ann").task
    upsert = [box(x=10 + 20 * i, width=10, height=10) | {"class": name} for i, name in enumerate(classes)]
    save_task_labels(task_id=task.id, user=world.people["ann"], changes=LabelChanges(upsert=upsert), claim_token=None)
    return world.step("ann", task, "submit").task
