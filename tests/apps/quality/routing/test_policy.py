"""The standing order, and what became of what was sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.quality.models import AuditDraw, AuditWave, RouteMove, RoutePolicy, RouteRun
from apps.quality.operations.observing import observe
from apps.quality.operations.routing_outcomes import settle_moves
from apps.quality.operations.routing_policy import follow_policies
from apps.tasks.models import Selection, Task
from apps.tasks.operations.verdicts import Word, give_verdict
from tests.factories.quality_routing import SKILLED, ask, caller, labelled, routed_world, score_task
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db


def order(world: World, name: str = "mia", **body: Any) -> Any:
    sent = {"enabled": True, "to_stage": "expert", "budgets": [{"seconds_per_day": 3_600}], **body}
    return caller(world, name).put(f"/projects/{world.project.id}/quality/policy/", sent)


def policy_of(world: World) -> dict[str, Any]:
    found: dict[str, Any] = caller(world).get(f"/projects/{world.project.id}/quality/policy/").json()
    return found


def soon(minutes: float = 1) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def ordered_world(values: list[float], **body: Any) -> tuple[World, list[Task]]:
    """A project under a standing order, whose tasks are scored afterwards."""
    world, tasks = routed_world([0.0] * len(values))
    assert order(world, **body).status_code == 200
    for task, value in zip(tasks, values, strict=True):
        score_task(world, task, value)
    return world, tasks


def at_expert(world: World) -> set[Any]:
    return set(Task.objects.filter(project=world.project, stage="expert").values_list("id", flat=True))


def test_without_an_order_nothing_is_routed() -> None:
    world, _ = routed_world([0.9])
    assert policy_of(world)["enabled"] is False
    assert follow_policies(soon()) == 0
    assert at_expert(world) == set()


def test_scored_tasks_are_sent_while_the_budget_lasts() -> None:
    world, tasks = ordered_world([0.9, 0.0])
    assert follow_policies(soon()) == 1
    assert at_expert(world) == {tasks[0].id}
    rows = {row.task_id: row for row in Selection.objects.filter(design="route:policy")}
    assert (rows[tasks[0].id].chosen, rows[tasks[1].id].chosen) == (True, False)
    said = policy_of(world)["budgets"][0]
    move = RouteMove.objects.get()
    assert said["spent"] == pytest.approx(move.seconds)
    assert said["left"] == pytest.approx(3_600 - move.seconds)


def test_a_task_is_decided_on_once_for_its_labels() -> None:
    world, tasks = ordered_world([0.9, 0.0])
    follow_policies(soon())
    score_task(world, tasks[1], 0.95)
    assert follow_policies(soon(2)) == 0
    assert Selection.objects.filter(design="route:policy").count() == 2
    assert RouteRun.objects.count() == 1


def test_a_small_budget_buys_the_best_only() -> None:
    world, tasks = ordered_world([0.9, 0.7, 0.5], budgets=[{"seconds_per_day": 20}])
    follow_policies(soon())
    assert at_expert(world) == {tasks[0].id}
    assert policy_of(world)["budgets"][0]["left"] >= 0


def test_each_budget_has_its_own_threshold() -> None:
    """Anybody's poor budget must not buy the doubtful blood cells that white cells' rich one does not know."""
    world = make_world(tasks=4, ontology=SKILLED)
    budgets = [{"seconds_per_day": 15}, {"skill": "white", "seconds_per_day": 3_600}]
    assert order(world, budgets=budgets).status_code == 200
    tasks = [labelled(world, name) for name in ("RBC", "RBC", "WBC", "WBC")]
    for task, value in zip(tasks, (0.9, 0.5, 0.3, 0.2), strict=True):
        score_task(world, task, value)
    assert follow_policies(soon()) == 3
    assert at_expert(world) == {tasks[0].id, tasks[2].id, tasks[3].id}
    spent = {one["skill"]: one["spent"] for one in policy_of(world)["budgets"]}
    assert 0 < spent[None] <= 15
    assert spent["white"] > 15
    (policy,) = RoutePolicy.objects.all()
    assert [row[3] for row in policy.ledger["recent"]] == [[], [], ["white"], ["white"]]


def test_a_poor_budget_waits_for_the_best_whatever_a_rich_one_has() -> None:
    world = make_world(tasks=2, ontology=SKILLED)
    assert (
        order(world, budgets=[{"seconds_per_day": 30}, {"skill": "white", "seconds_per_day": 100_000}]).status_code
        == 200
    )
    policy = RoutePolicy.objects.get()
    # A day's worth of better tasks came at this pace: anybody's thirty seconds are for those.
    hours = round(soon().timestamp()) - 3_600
    policy.ledger = {**policy.ledger, "recent": [[0.5, 12.0, hours, []]] * 100}
    policy.save()
    doubtful, white = labelled(world, "RBC"), labelled(world, "WBC")
    for task in (doubtful, white):
        score_task(world, task, 0.3)
    assert follow_policies(soon()) == 1
    assert at_expert(world) == {white.id}


def test_what_was_remembered_before_skills_were_still_counts() -> None:
    world, tasks = ordered_world([0.9])
    policy = RoutePolicy.objects.get()
    policy.ledger = {**policy.ledger, "recent": [[0.01, 12.0, round(soon().timestamp())]]}
    policy.save()
    assert follow_policies(soon()) == 1
    assert at_expert(world) == {tasks[0].id}


def test_audits_are_paid_first() -> None:
    world, tasks = ordered_world([0.9], budgets=[{"seconds_per_day": 15}])
    wave = AuditWave.objects.create(project=world.project, number=1, at=timezone.now())
    AuditDraw.objects.create(project=world.project, wave=wave, task=tasks[0])
    assert follow_policies(soon()) == 0
    assert policy_of(world)["budgets"][0]["spent"] > 0
    before = policy_of(world)
    follow_policies(soon(2))
    assert policy_of(world) == before


def test_unspent_looks_carry_over() -> None:
    world, _ = ordered_world([0.9])
    policy = RoutePolicy.objects.get()
    yesterday = timezone.now() - timedelta(days=1)
    policy.ledger = {
        **policy.ledger,
        "day": yesterday.date().isoformat(),
        "accounts": {"all": {"left": 500.0, "spent": 3_100.0, "carried": 0.0}},
    }
    policy.save()
    said = policy_of(world)["budgets"][0]
    assert (said["left"], said["carried"], said["spent"]) == (4_100.0, 500.0, 0.0)


def test_a_persons_budget_gives_that_person_the_task() -> None:
    world, tasks = ordered_world([0.9])
    eve = world.people["eve"]
    assert order(world, budgets=[{"person": eve.email, "seconds_per_day": 600}]).status_code == 200
    assert follow_policies(soon()) == 1
    visit = world.visit(tasks[0])
    assert visit is not None
    assert visit.reserved_for_id == eve.id


@pytest.mark.django_db(transaction=True)  # the database's clock stands still within a transaction
def test_tasks_from_before_are_left_to_the_manager() -> None:
    world, _ = routed_world([0.9])
    order(world)
    assert follow_policies(timezone.now() + timedelta(seconds=31)) == 0
    task = world.must_claim("rex", "review").task
    world.step("rex", task, "approve")
    assert follow_policies(soon()) == 1


def test_a_held_task_waits_for_its_turn() -> None:
    world, tasks = ordered_world([0.9])
    held = world.must_claim("rex", "review").task
    assert follow_policies(soon()) == 0
    assert not Selection.objects.filter(design="route:policy").exists()
    world.step("rex", held, "approve")
    assert follow_policies(soon(2)) == 1
    assert at_expert(world) == {tasks[0].id}


def test_switched_off_it_sends_nothing() -> None:
    world, _ = ordered_world([0.9])
    order(world, enabled=False)
    assert follow_policies(soon()) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"to_stage": "annotate"}, "/to_stage"),
        ({"metric": "beauty"}, "/metric"),
        ({"budgets": []}, "/budgets"),
        ({"budgets": [{"seconds_per_day": 0}]}, "/budgets/0/seconds_per_day"),
        ({"budgets": [{"seconds_per_day": 60, "person": "no@body.test"}]}, "/budgets/0/person"),
        ({"budgets": [{"seconds_per_day": 60, "skill": "juggling"}]}, "/budgets/0/skill"),
        ({"budgets": [{"seconds_per_day": 60}, {"seconds_per_day": 90}]}, "/budgets/1"),
        ({"ledger": {}}, "/ledger"),
    ],
)
def test_a_bad_order_is_refused_and_the_old_one_stands(body: dict[str, Any], pointer: str) -> None:
    world, _ = routed_world([0.1])
    order(world)
    before = policy_of(world)
    answer = order(world, **body)
    assert answer.status_code == 400, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert policy_of(world) == before


@pytest.mark.parametrize("name", ["ann", "rex", "eve", "val"])
def test_only_managers_give_and_see_orders(name: str) -> None:
    world, _ = routed_world([0.1])
    assert order(world, name).status_code == 403
    assert not RoutePolicy.objects.exists()
    for route in ("policy/", "routes/"):
        assert caller(world, name).get(f"/projects/{world.project.id}/quality/{route}").status_code == 403


def test_the_list_tells_what_became_of_a_routing() -> None:
    world, tasks = routed_world([0.9, 0.7, 0.1])
    ask(world, threshold=0.5, filter={"class": "RBC"})
    first = world.must_claim("eve", "expert").task
    give_verdict(
        task_id=first.id, user=world.people["eve"], word=Word(world.first_label(first), "rejected", kind="wrong_class")
    )
    world.step("eve", first, "reject")
    second = world.must_claim("eve", "expert").task
    world.step("eve", second, "approve")
    observe(soon())
    assert settle_moves(timezone.now()) == 0
    assert settle_moves(soon()) == 2
    assert settle_moves(soon()) == 0
    (row,) = caller(world).get(f"/projects/{world.project.id}/quality/routes/").json()["results"]
    assert (row["selected"], row["of"], row["filter"]) == (2, 3, {"class": "RBC"})
    assert (row["reviewed"], row["wrong"], row["errors_found"]) == (2, 1, 1)
    assert row["found_per_look"] == 0.5
    assert row["promised_per_look"] == pytest.approx(0.8)
    assert row["rule"]["name"] == "threshold"
    assert first.id == tasks[0].id


def test_a_task_that_was_moved_away_was_no_look() -> None:
    world, tasks = routed_world([0.9])
    ask(world, threshold=0.5)
    body = {"action": "move", "tasks": [str(tasks[0].id)], "stage": "review"}
    assert caller(world).post(f"/projects/{world.project.id}/tasks/bulk/", body).status_code == 200
    assert settle_moves(soon()) == 1
    assert RouteMove.objects.get().state == "moot"
    assert RouteRun.objects.get().reviewed == 0
