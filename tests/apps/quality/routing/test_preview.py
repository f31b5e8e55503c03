"""quality/preview/: what a router would have done with the tasks that were scored last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.common.ids import new_id
from apps.projects.models import Collaborator, Project
from apps.quality.models import Observation, Score, ScoreRun, SubjectType
from apps.quality.queries import preview as previewing
from apps.quality.queries.people import error_rate
from apps.tasks.models import Task
from tests.factories.quality_routing import caller, route_path, routed_world, score_task
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db

SUSPICIOUS = {"fact": "mistakenness", "op": ">=", "value": 0.5}


def ask(world: World, *branches: tuple[str, Any], name: str = "mia", **more: Any) -> Any:
    body = {"branches": [{"outcome": outcome, "when": when} for outcome, when in branches], **more}
    return caller(world, name).post(route_path(world, "preview/"), body)


def counts(answer: Any) -> dict[str, int]:
    assert answer.status_code == 200, answer.content
    return {row["outcome"]: row["tasks"] for row in answer.json()["outcomes"]}


def test_each_task_is_counted_where_the_router_would_have_sent_it() -> None:
    world, _ = routed_world([0.9, 0.2, 0.7, 0.5])
    surest = {"fact": "mistakenness", "op": ">", "value": 0.8}
    answer = ask(world, ("expert", surest), ("review", SUSPICIOUS), otherwise="done")
    assert counts(answer) == {"expert": 1, "review": 2, "done": 1}
    assert (answer.json()["of"], answer.json()["unknown"], answer.json()["waiting"]) == (4, 0, [])
    assert list(counts(answer)) == ["expert", "review", "done"], "in the order of the branches"


def test_one_branch_is_enough() -> None:
    world, _ = routed_world([0.9, 0.2])
    assert counts(ask(world, ("expert", SUSPICIOUS))) == {"expert": 1, "": 1}


def test_plain_facts_are_those_of_the_task() -> None:
    world, tasks = routed_world([0.9, 0.2], boxes=3)
    many = {"fact": "label_count", "op": ">=", "value": 3}
    for when in (
        {"all": [SUSPICIOUS, many]},
        {"all": [SUSPICIOUS, {"fact": "has_class:RBC", "op": "==", "value": True}]},
        {"all": [SUSPICIOUS, {"fact": "annotator", "op": "==", "value": world.people["ann"].email.upper()}]},
        {"all": [SUSPICIOUS, {"fact": "metadata.site", "op": "==", "value": None}]},
    ):
        assert counts(ask(world, ("expert", when))) == {"expert": 1, "": 1}, when
    tasks[1].data_unit.metadata = {"site": "north"}
    tasks[1].data_unit.save()
    north = {"fact": "metadata.site", "op": "==", "value": "north"}
    none = {"any": [{"fact": "has_class:WBC", "op": "==", "value": True}, north]}
    assert counts(ask(world, ("expert", none))) == {"expert": 1, "": 1}


def test_a_fact_that_is_not_known_is_counted_by_its_name() -> None:
    world, tasks = routed_world([0.9, 0.2, 0.1])
    score_task(world, tasks[0], 0.8, metric="hardness")
    hard = {"fact": "hardness", "op": ">=", "value": 0.5}
    answer = ask(world, ("expert", hard), otherwise="done")
    assert counts(answer) == {"expert": 1, "done": 0}
    assert (answer.json()["unknown"], answer.json()["waiting"]) == (2, [{"fact": "hardness", "tasks": 2}])
    either = {"any": [{"fact": "mistakenness", "op": "<", "value": 0.15}, hard]}
    assert counts(ask(world, ("expert", either), otherwise="done")) == {"expert": 2, "done": 0}


def test_expected_errors_and_the_rank_are_facts_too() -> None:
    world, tasks = routed_world([0.9, 0.2, 0.1])
    score_task(world, tasks[1], 2.5, metric="expected_errors")
    ScoreRun.objects.filter(project=world.project).update(counts={"quantiles": [0.1, 0.2, 0.5, 0.9]})
    assert counts(ask(world, ("expert", {"fact": "mistakenness_rank", "op": ">", "value": 0.4}))) == {
        "expert": 2,
        "": 1,
    }
    errors = ask(world, ("expert", {"fact": "expected_errors", "op": ">=", "value": 2})).json()
    assert errors["outcomes"][0]["tasks"] == 1
    assert errors["unknown"] == 2


def test_the_annotators_error_rate_is_the_routers() -> None:
    world, tasks = routed_world([0.9])
    for wrong in (True, True, False):
        Observation.objects.create(
            project=world.project,
            task=tasks[0],
            source=new_id(),
            subject=new_id(),
            subject_type=SubjectType.LABEL,
            is_error=wrong,
            annotator=world.people["ann"],
            instrument="expert",
            at=timezone.now(),
        )
    rate, _ = error_rate(world.project.id, world.people["ann"].id)
    assert 0 < rate < 1
    above = {"fact": "annotator_error_rate", "op": ">=", "value": round(rate, 6)}
    assert counts(ask(world, ("expert", above))) == {"expert": 1, "": 0}
    beyond = above | {"op": ">"}
    assert counts(ask(world, ("expert", beyond))) == {"expert": 0, "": 1}


def test_labels_that_have_changed_since_are_not_scored() -> None:
    world, tasks = routed_world([0.9, 0.2])
    Score.objects.filter(task=tasks[0]).update(label_revision=0)
    assert ask(world, ("expert", SUSPICIOUS)).json()["of"] == 1
    Task.objects.filter(id=tasks[1].id).update(status="archived")
    assert ask(world, ("expert", SUSPICIOUS)).json()["of"] == 0


def test_the_last_ones_count_and_a_long_router_is_tried_on_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    world, tasks = routed_world([0.9, 0.8, 0.2])
    now = timezone.now()
    for age, task in enumerate(tasks):
        Score.objects.filter(task=task).update(scored_at=now - timedelta(minutes=age))
    monkeypatch.setattr(previewing, "MOST", 2)
    assert counts(ask(world, ("expert", SUSPICIOUS), otherwise="done")) == {"expert": 2, "done": 0}
    monkeypatch.setattr(previewing, "WORK", 3)
    long = {"any": [{"fact": "mistakenness", "op": "in", "value": [0.1, 0.2]}, SUSPICIOUS]}
    assert ask(world, ("expert", long)).json()["of"] == 1


def test_images_that_were_scored_will_do_where_no_labels_were() -> None:
    world = make_world(tasks=2)
    task = world.submitted()
    unique = {"fact": "uniqueness", "op": ">=", "value": 0.5}
    assert ask(world, ("expert", unique)).json()["of"] == 0
    score_task(world, task, 0.7, metric="uniqueness", subject_type=SubjectType.DATA_UNIT, subject=task.data_unit_id)
    assert counts(ask(world, ("expert", unique))) == {"expert": 1, "": 0}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"branches": []}, "/branches", "empty"),
        (
            {"branches": [{"outcome": "x", "when": {"fact": "luck", "op": "==", "value": 1}}]},
            "/branches/0/when",
            "unknown_fact",
        ),
        (
            {"branches": [{"outcome": "x", "when": {"fact": "mistakenness", "op": "~", "value": 1}}]},
            "/branches/0/when",
            "bad_condition",
        ),
        ({"branches": [{"outcome": "", "when": SUSPICIOUS}]}, "/branches/0/outcome", "blank"),
        ({"branches": [{"outcome": "x", "when": SUSPICIOUS}] * 51}, "/branches", "too_many"),
        ({"branches": [{"outcome": "x", "when": SUSPICIOUS}], "stage": "expert"}, "/stage", "unknown_field"),
    ],
)
def test_what_is_no_router_is_refused_and_nothing_changes(body: Any, pointer: str, code: str) -> None:
    world, tasks = routed_world([0.9])
    answer = caller(world).post(route_path(world, "preview/"), body)
    assert answer.status_code == 400, answer.content
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]
    assert world.fresh(tasks[0]).sequence == tasks[0].sequence


@pytest.mark.parametrize("name", ["ann", "rex", "eve", "val"])
def test_only_managers_see_it(name: str) -> None:
    world, _ = routed_world([0.9])
    assert ask(world, ("expert", SUSPICIOUS), name=name).status_code == 403
    assert caller(world, name).get(route_path(world, "preview/")).status_code == 403


def test_nothing_is_sent_and_nothing_is_written_down() -> None:
    world, tasks = routed_world([0.9])
    scores = list(Score.objects.order_by("id").values())
    assert counts(ask(world, ("expert", SUSPICIOUS))) == {"expert": 1, "": 0}
    assert world.fresh(tasks[0]).sequence == tasks[0].sequence
    assert list(Score.objects.order_by("id").values()) == scores


def sibling(world: World, name: str, *, managed: bool = True, **more: Any) -> Project:
    """A project of the same workflow, or as ``more`` says."""
    fields = {"workflow": world.project.workflow, "workflow_version": world.project.workflow_version, **more}
    made = Project.objects.create(organization=world.organization, name=name, ontology=world.ontology, **fields)
    if managed:
        Collaborator.objects.create(project=made, user=world.people["mia"], roles=["manager"])
    return made


def test_projects_under_the_same_workflow_are_named_the_most_active_first() -> None:
    world, _ = routed_world([0.9])
    other, _ = routed_world([0.9])
    idle = sibling(world, "Idle")
    sibling(world, "Not mine", managed=False)
    sibling(world, "Gone", archived_at=timezone.now())
    sibling(world, "Elsewhere", workflow=other.project.workflow, workflow_version=other.project.workflow_version)
    found = caller(world).get(route_path(world, "preview/")).json()
    assert [(row["id"], row["scored"]) for row in found["results"]] == [
        (str(world.project.id), True),
        (str(idle.id), False),
    ]
    assert found["results"][1]["active_at"] is None
    assert found["next"] is None
    assert len(caller(world).get(route_path(world, "preview/?limit=1")).json()["results"]) == 1
    assert caller(world).get(route_path(world, "preview/?luck=1")).status_code == 400
    assert caller(world).get(f"/projects/{uuid4()}/quality/preview/").status_code == 404
