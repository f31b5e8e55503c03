"""A project that is audited: finished tasks with known errors, and experts who know the truth."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from apps.accounts.models import Membership, User
from apps.accounts.principal import SCOPES
from apps.common.clock import database_now
from apps.labels.models import Label
from apps.projects.models import Collaborator
from apps.tasks.models import Task
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from apps.tasks.operations.verdicts import Word, give_verdict
from tests.factories.labels import box
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, make_world

RIGHT, WRONG = "RBC", "WBC"
"""What the made-up images show, and what a wrong label says."""


def audited_graph(**expert: Any) -> dict[str, Any]:
    """annotate → complete; experts come only when something is sent to them."""
    return {
        "stages": [
            {"id": "annotate", "type": "annotate", "title": "Annotate", "config": {}},
            {
                "id": "many",
                "type": "router",
                "title": "Many?",
                "config": {
                    "branches": [{"outcome": "many", "when": {"fact": "label_count", "op": ">=", "value": 50}}],
                    "otherwise": "few",
                },
            },
            {"id": "expert", "type": "expert_review", "title": "Expert", "config": expert},
            {"id": "done", "type": "complete", "title": "Done", "config": {}},
        ],
        "pathways": [
            {"from": "annotate", "outcome": "submitted", "to": "many"},
            {"from": "many", "outcome": "many", "to": "expert"},
            {"from": "many", "outcome": "few", "to": "done"},
            {"from": "expert", "outcome": "approved", "to": "done"},
            {"from": "expert", "outcome": "rejected", "to": "annotate"},
        ],
        "start": "annotate",
    }


def audited_world(*, tasks: int, wrong: set[int], boxes: int = 3, **expert: Any) -> World:
    """``tasks`` finished ones of ``boxes`` labels; the labels numbered in ``wrong``, over all tasks, are wrong."""
    world = make_world(tasks=tasks, workflow=audited_graph(**expert))
    number = 0
    for _ in range(tasks):
        task = world.must_claim("ann").task
        upsert = []
        for i in range(boxes):
            name = WRONG if number in wrong else RIGHT
            upsert.append(box(x=10 + 20 * i, width=10, height=10) | {"class": name})
            number += 1
        save_task_labels(
            task_id=task.id, user=world.people["ann"], changes=LabelChanges(upsert=upsert), claim_token=None
        )
        world.step("ann", task, "submit")
    return world


def second_expert(world: World, name: str = "eli") -> User:
    """One more expert of the project."""
    user = User.objects.create_user(f"{name}.{str(world.project.id)[-8:]}@cells.test", "lapidary", name=name.title())
    Membership.objects.create(organization=world.organization, user=user)
    Collaborator.objects.create(project=world.project, user=user, roles=["expert"])
    world.people[name] = user
    return user


def caller(world: World, name: str) -> Caller:
    return Caller(make_key(world.people[name], scopes=list(SCOPES)))


def path(world: World, rest: str) -> str:
    return f"/projects/{world.project.id}/{rest}"


def later(**by: float) -> datetime:
    """When a chore runs that finds everything settled."""
    return database_now() + timedelta(**(by or {"minutes": 5}))


def labels_of(task: Task) -> list[Label]:
    return list(Label.objects.filter(label_set=F("label_set__tasks__label_set"), label_set__tasks=task).order_by("id"))


def judge(world: World, name: str, *, fix: bool = True, search: bool = True, stage: str = "expert") -> UUID | None:
    """``name`` takes the next task and puts right what is wrong (or rejects it), having searched it; None: no task."""
    claimed = world.claim(name, stage)
    if claimed is None:
        return None
    task = claimed.locked.task
    judge_held(world, name, task, fix=fix, search=search)
    return task.id


def judge_held(world: World, name: str, task: Task, *, fix: bool = True, search: bool = True) -> None:
    user, right = world.people[name], world_class(world, RIGHT)
    wrong = [label for label in labels_of(task) if label.class_id != right]
    if search:
        give_verdict(task_id=task.id, user=user, word=Word(None, "approved", mode="exhaustive"))
    if wrong and fix:
        upsert = [box(id=str(label.label_id), geometry=label.geometry) for label in wrong]
        save_task_labels(task_id=task.id, user=user, changes=LabelChanges(upsert=upsert), claim_token=None)
    if wrong and not fix:
        for label in wrong:
            give_verdict(task_id=task.id, user=user, word=Word(label.label_id, "rejected", kind="wrong_class"))
        world.step(name, task, "reject")
    else:
        world.step(name, task, "approve")


def world_class(world: World, name: str) -> str:
    world.ontology.refresh_from_db()
    return str(next(item["id"] for item in world.ontology.definition["objects"] if item["name"] == name))
