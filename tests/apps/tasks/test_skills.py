"""Classes that name a skill: only experts with it get the task, and two skills look one after the other."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from apps.common.errors import Invalid
from apps.projects.models import Collaborator
from apps.tasks.models import Task, Verdict, Visit
from apps.tasks.operations.labeling import LabelChanges
from apps.tasks.operations.manage import assign_task, send_to_stage
from apps.tasks.operations.steps import RejectedLabel
from apps.tasks.queries.counts import stage_table
from tests.factories.labels import box
from tests.factories.tasks import World, graph, make_world

pytestmark = pytest.mark.django_db

SKILLED: dict[str, Any] = {
    "objects": [
        {"name": "RBC", "shape": "bounding_box"},
        {"name": "WBC", "shape": "bounding_box", "skill": "leukocytes"},
        {"name": "Platelets", "shape": "bounding_box", "skill": "platelets"},
    ],
    "classifications": [],
}


def skilled(world: World, name: str, *skills: str) -> None:
    Collaborator.objects.filter(project=world.project, user=world.people[name]).update(skills=list(skills))


def finished(world: World, *classes: str) -> tuple[Task, list[str]]:
    """A task with a label of each class, submitted and waiting for its review."""
    task = world.must_claim("ann").task
    labels = [box(x=10 + 30 * i, width=20, height=20) | {"class": name} for i, name in enumerate(classes)]
    world.step("ann", task, "submit", changes=LabelChanges(upsert=labels))
    return world.fresh(task), [str(label["id"]) for label in labels]


def test_only_who_has_the_skill_gets_the_task() -> None:
    world = make_world(ontology=SKILLED)
    task, _ = finished(world, "RBC", "WBC")
    send_to_stage(task_id=task.id, actor=world.people["mia"], stage="expert")
    visit = world.visit(task)
    assert visit is not None
    assert visit.needs_skill == "leukocytes"
    assert world.claim("eve", "expert") is None
    (expert,) = [row for row in stage_table(world.project)["stages"] if row["id"] == "expert"]
    assert expert["nobody_eligible"] == 1
    with pytest.raises(Invalid, match="leukocytes"):
        assign_task(task_id=task.id, actor=world.people["mia"], person=world.people["eve"])
    assert world.fresh(task).sequence == task.sequence + 2
    skilled(world, "eve", "leukocytes")
    assert world.must_claim("eve", "expert").task.id == task.id


def test_two_skills_open_a_visit_each_in_turn() -> None:
    world = make_world(ontology=SKILLED)
    skilled(world, "eve", "leukocytes")
    Collaborator.objects.filter(project=world.project, user=world.people["rex"]).update(
        roles=["reviewer", "expert"], skills=["platelets"]
    )
    task, _ = finished(world, "Platelets", "WBC")
    send_to_stage(task_id=task.id, actor=world.people["mia"], stage="expert")
    assert world.claim("rex", "expert") is None
    world.must_claim("eve", "expert")
    world.step("eve", task, "approve")
    second = world.visit(task)
    assert second is not None
    assert (second.stage, second.needs_skill) == ("expert", "platelets")
    assert world.claim("eve", "expert") is None
    world.must_claim("rex", "expert")
    world.step("rex", task, "approve")
    assert world.fresh(task).status == "complete"
    assert Visit.objects.filter(task=task, stage="expert").count() == 2


def test_after_a_rejection_the_rejected_labels_decide() -> None:
    flow = graph()
    flow["pathways"] = [
        way | {"to": "expert"} if (way["from"], way["outcome"]) == ("review", "rejected") else way
        for way in flow["pathways"]
    ]
    world = make_world(ontology=SKILLED, workflow=flow)
    task, labels = finished(world, "Platelets", "WBC")
    world.must_claim("rex", "review")
    world.step("rex", task, "reject", reason="no platelet", rejected=[RejectedLabel(label=UUID(labels[0]))])
    assert Verdict.objects.filter(task=task).count() == 1
    visit = world.visit(task)
    assert visit is not None
    assert visit.needs_skill == "platelets"


def test_an_answered_attribute_asks_for_its_skill() -> None:
    shade = {"name": "stain", "type": "text", "skill": "chemistry"}
    world = make_world(ontology={"objects": [SKILLED["objects"][0] | {"attributes": [shade]}], "classifications": []})
    task = world.must_claim("ann").task
    labels = [box(), box(x=60) | {"attributes": {"stain": "pale"}}]
    world.step("ann", task, "submit", changes=LabelChanges(upsert=labels))
    send_to_stage(task_id=task.id, actor=world.people["mia"], stage="expert")
    visit = world.visit(task)
    assert visit is not None
    assert visit.needs_skill == "chemistry"
