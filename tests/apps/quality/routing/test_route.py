"""quality/route/: which tasks are sent, what is written down, and what is refused."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from apps.quality.models import RouteMove, RouteRun
from apps.tasks.models import Selection, Task, TaskEvent, Visit
from tests.factories.quality_routing import (
    VERSION,
    ask,
    audited_error,
    caller,
    ids,
    route_path,
    routed_world,
    score_labels,
    score_task,
)
from tests.factories.tasks import World

pytestmark = pytest.mark.django_db


def places(world: World) -> list[str]:
    return list(Task.objects.filter(project=world.project).order_by("id").values_list("stage", flat=True))


def unchanged(world: World, before: list[str]) -> bool:
    return places(world) == before and not RouteRun.objects.exists() and not routes()


def routes() -> list[Selection]:
    return list(Selection.objects.filter(design__startswith="route:").order_by("task_id"))


def test_a_threshold_sends_what_reaches_it() -> None:
    world, tasks = routed_world([0.9, 0.2, 0.7, 0.5])
    answer = ask(world, threshold=0.5)
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert (said["selected"], said["of"], said["threshold"]) == (3, 4, 0.5)
    assert said["expected_errors"] == pytest.approx(2.1)
    assert said["seconds"] > 0
    assert said["refused"] == []
    assert ids(said["tasks"]) == [tasks[0].id, tasks[2].id, tasks[3].id]
    assert [row["priority"] for row in said["tasks"]] == [100, 50, 1]
    assert "WBC at 0.97" in said["tasks"][0]["reason"]
    assert {task.id: world.fresh(task).stage for task in tasks} == {
        tasks[0].id: "expert",
        tasks[1].id: "review",
        tasks[2].id: "expert",
        tasks[3].id: "expert",
    }


def test_every_unit_of_the_frame_is_written_down() -> None:
    world, tasks = routed_world([0.9, 0.2])
    ask(world, top=1)
    first, second = (Selection.objects.get(task=task, design="route:top") for task in tasks)
    assert (first.chosen, first.probability, first.score, first.scorer_version) == (True, 1.0, 0.9, VERSION)
    assert (second.chosen, second.probability, second.score) == (False, 0.0, 0.2)
    assert (first.stage, first.wave, first.label_revision) == ("expert", 1, 1)
    ask(world, top=1)
    assert Selection.objects.get(task=tasks[1], design="route:top", chosen=True).wave == 2


def test_the_judge_sees_why_and_the_history_does_not() -> None:
    world, tasks = routed_world([0.9])
    ask(world, threshold=0.5)
    visit = world.visit(tasks[0])
    assert visit is not None
    assert visit.route_reason is not None
    assert (visit.blind, visit.priority) == (False, 100)
    assert visit.route_reason["facts"]["mistakenness"] == 0.9
    assert "WBC at 0.97" in visit.route_reason["reason"]
    event = TaskEvent.objects.filter(task=tasks[0]).order_by("-sequence")[0]
    assert (event.action, event.reason, event.actor_id) == ("moved", "", None)
    shown = caller(world, "eve").get(f"/tasks/{tasks[0].id}/").json()
    assert shown["route_reason"]["design"] == "route:threshold"
    claimed = world.must_claim("eve", "expert").task
    assert claimed.id == tasks[0].id


def test_a_dry_run_changes_nothing() -> None:
    world, _ = routed_world([0.9, 0.2])
    before = places(world)
    said = ask(world, threshold=0.5, dry_run=True).json()
    assert (said["id"], said["selected"], said["of"], said["dry_run"]) == (None, 1, 2, True)
    assert len(said["tasks"]) == 1
    assert unchanged(world, before)


@pytest.mark.parametrize(
    ("body", "code", "pointers"),
    [
        ({}, "one_rule", {"/threshold", "/top", "/target_recall", "/budget"}),
        ({"threshold": 0.5, "top": 3}, "one_rule", {"/threshold", "/top"}),
        ({"threshold": 0.5, "metric": "beauty"}, None, {"/metric"}),
        ({"threshold": "0.5"}, None, {"/threshold"}),
        ({"threshold": True}, None, {"/threshold"}),
        ({"top": 0}, None, {"/top"}),
        ({"top": 1.5}, None, {"/top"}),
        ({"target_recall": 1.1}, None, {"/target_recall"}),
        ({"target_recall": 0.9, "metric": "hardness"}, None, {"/metric"}),
        ({"budget": -1}, None, {"/budget"}),
        ({"budget": "long"}, None, {"/budget"}),
        ({"budget": {"seconds": 60, "hours": 1}}, None, {"/budget/hours"}),
        ({"budget": {"seconds": 60, "person": "nobody@cells.test"}}, None, {"/budget/person"}),
        ({"budget": {"seconds": 60, "skill": "juggling"}}, None, {"/budget/skill"}),
        ({"threshold": 0.5, "to_stage": "annotate"}, None, {"/to_stage"}),
        ({"threshold": 0.5, "to_stage": "nowhere"}, None, {"/to_stage"}),
        ({"threshold": 0.5, "filter": {"class": "Unicorn"}}, None, {"/filter/class"}),
        ({"threshold": 0.5, "filter": {"stage": "nowhere"}}, None, {"/filter/stage"}),
        ({"threshold": 0.5, "filter": {"color": "red"}}, None, {"/filter/color"}),
        ({"threshold": 0.5, "verbose": True}, None, {"/verbose"}),
    ],
)
def test_what_is_refused_changes_nothing(body: dict[str, Any], code: str | None, pointers: set[str]) -> None:
    world, _ = routed_world([0.9])
    before = places(world)
    answer = ask(world, **body)
    assert answer.status_code == 400, answer.content
    assert {error["pointer"] for error in answer.json()["errors"]} == pointers
    assert code in (None, answer.json()["code"])
    assert unchanged(world, before)


def test_both_rules_are_named() -> None:
    world, _ = routed_world([0.9])
    detail = ask(world, threshold=0.5, top=3).json()["detail"]
    assert "threshold and top were given" in detail


def test_the_frame_leaves_out_what_cannot_be_sent() -> None:
    world, tasks = routed_world([0.9] * 5)
    stale, held, gone, there, plain = tasks
    score_task(world, stale, 0.9, label_revision=7)
    rex = world.must_claim("rex", "review").task
    others = [task for task in (held, gone, there, plain) if task.id != rex.id]
    if rex.id == stale.id:
        others = [held, gone, there, plain]
    archived, at_expert, left = others[0], others[1], others[2]
    manager = caller(world)
    assert manager.post(f"/projects/{world.project.id}/tasks/bulk/", {"action": "archive", "tasks": [str(archived.id)]})
    moved = {"action": "move", "tasks": [str(at_expert.id)], "stage": "expert"}
    assert manager.post(f"/projects/{world.project.id}/tasks/bulk/", moved).status_code == 200
    said = ask(world, threshold=0.5).json()
    wanted = {task.id for task in tasks} - {stale.id, rex.id, archived.id, at_expert.id}
    assert set(ids(said["tasks"])) == wanted
    assert left.id in wanted


def test_what_an_expert_has_judged_with_these_labels_is_settled() -> None:
    world, tasks = routed_world([0.9, 0.8])
    ask(world, threshold=0.85)
    task = world.must_claim("eve", "expert").task
    world.step("eve", task, "approve")
    said = ask(world, threshold=0.5).json()
    assert ids(said["tasks"]) == [tasks[1].id]
    assert said["of"] == 1


def test_a_complete_task_is_opened_again() -> None:
    world, tasks = routed_world([0.9])
    task = world.must_claim("rex", "review").task
    world.step("rex", task, "approve")
    assert world.fresh(tasks[0]).status == "complete"
    assert ask(world, threshold=0.5, filter={"status": "complete"}).json()["selected"] == 1
    assert (world.fresh(tasks[0]).stage, world.fresh(tasks[0]).status) == ("expert", "waiting")


def test_filters_narrow_the_frame() -> None:
    world, tasks = routed_world([0.9, 0.8, 0.7])
    score_task(world, tasks[1], 0.8, kind="badly_located")
    score_task(world, tasks[2], 0.7, class_id="")
    said = ask(world, threshold=0.5, filter={"class": "RBC", "kind": "wrong_class"}, dry_run=True).json()
    assert ids(said["tasks"]) == [tasks[0].id]
    assert ask(world, threshold=0.5, filter={"stage": "annotate"}, dry_run=True).json()["of"] == 0


def test_other_metrics_route_too() -> None:
    world, tasks = routed_world([0.1, 0.2])
    score_task(world, tasks[0], 3.5, metric="expected_errors")
    said = ask(world, metric="expected_errors", top=5).json()
    assert ids(said["tasks"]) == [tasks[0].id]
    assert said["expected_errors"] == pytest.approx(0.1)


def test_the_queue_is_ordered_by_benefit() -> None:
    world, tasks = routed_world([0.6, 0.9, 0.7])
    score_labels(world, tasks[0], [0.99])
    score_labels(world, tasks[1], [0.2])
    said = ask(world, threshold=0.5).json()
    assert ids(said["tasks"])[0] == tasks[0].id
    assert world.must_claim("eve", "expert").task.id == tasks[0].id


def test_a_retry_with_its_key_sends_once() -> None:
    world, _ = routed_world([0.9, 0.8])
    manager = caller(world)
    body = {"metric": "mistakenness", "to_stage": "expert", "threshold": 0.5}
    first = manager.post(route_path(world), body, Idempotency_Key="one")
    again = manager.post(route_path(world), body, Idempotency_Key="one")
    assert first.json() == again.json()
    assert RouteRun.objects.count() == 1
    assert RouteMove.objects.count() == 2
    assert len(routes()) == 2


def test_target_recall_cannot_be_known_without_audits() -> None:
    world, tasks = routed_world([0.9])
    before = places(world)
    audited_error(world, tasks[0], visit=1, value=0.4)
    answer = ask(world, target_recall=0.9)
    assert answer.status_code == 409
    assert answer.json()["code"] == "recall_unknown"
    assert answer.json()["recall"] == {"known": False, "audit_errors": 1, "needed": 20}
    assert unchanged(world, before)
    tried = ask(world, target_recall=0.9, dry_run=True)
    assert tried.status_code == 200
    assert (tried.json()["recall"]["known"], tried.json()["selected"]) == (False, 0)


def test_target_recall_takes_the_threshold_that_finds_so_many() -> None:
    world, tasks = routed_world([0.95, 0.5, 0.05])
    for number in range(20):
        audited_error(world, tasks[0], visit=100 + number, value=(number + 1) / 20)
    said = ask(world, target_recall=0.9).json()
    recall = said["recall"]
    assert (recall["known"], recall["target"]) == (True, 0.9)
    assert recall["threshold"] == pytest.approx(0.15)
    assert recall["estimate"] == pytest.approx(0.9)
    assert recall["low"] < 0.9 < recall["high"]
    assert ids(said["tasks"]) == [tasks[0].id, tasks[1].id]
    assert len(recall["curve"]) == 20


@pytest.mark.parametrize("name", ["ann", "rex", "eve", "val"])
def test_only_managers_route(name: str) -> None:
    world, _ = routed_world([0.9])
    before = places(world)
    assert ask(world, name, threshold=0.5).status_code == 403
    assert unchanged(world, before)


def test_another_organization_routes_nothing_here() -> None:
    world, _ = routed_world([0.9])
    other, strangers = routed_world([0.9])
    before = places(world)
    body = {"metric": "mistakenness", "to_stage": "expert", "threshold": 0.5}
    assert caller(other).post(route_path(world), body).status_code == 404
    assert caller(world).post(f"/projects/{uuid4()}/quality/route/", body).status_code == 404
    eve = {"seconds": 60, "person": str(other.people["eve"].id)}
    assert ask(world, budget=eve).status_code == 400
    assert unchanged(world, before)
    assert world.fresh(strangers[0]).stage == "review"


def test_a_visit_is_followed_for_each_move() -> None:
    world, tasks = routed_world([0.9])
    ask(world, threshold=0.5)
    move = RouteMove.objects.get()
    assert (move.task_id, move.state, move.p) == (tasks[0].id, "sent", 0.9)
    assert Visit.objects.get(id=move.visit or 0).stage == "expert"
