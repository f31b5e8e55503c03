"""Managers' verbs, bulk, departures, versions, percentages."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.clock import database_now
from apps.common.errors import Conflict
from apps.tasks.models import RouterCounter, StageDelta, Task
from apps.tasks.operations.bulk import BulkOrder, bulk_act
from apps.tasks.operations.counting import roll_up_counts
from apps.tasks.operations.departure import release_work_of
from apps.tasks.operations.manage import archive_task, move_task, reopen_task
from apps.tasks.operations.versions import migrate_tasks, record_change, version_plan
from apps.tasks.queries.counts import stage_table, status_counts
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.tasks import World, add_tasks, graph, make_world, publish
from workflows import codec

pytestmark = pytest.mark.django_db


def proved(world: World) -> bool:
    return first_difference(project_id=world.project.id) is None and not broken_invariants(project_id=world.project.id)


def test_move_reopen_archive() -> None:
    world = make_world(tasks=1)
    task, mia = Task.objects.get(project=world.project), world.people["mia"]
    move_task(task_id=task.id, actor=mia, stage="review")
    assert world.fresh(task).stage == "review"
    archive_task(task_id=task.id, actor=mia)
    assert world.fresh(task).status == "archived"
    reopen_task(task_id=task.id, actor=mia, stage="annotate")
    assert (world.fresh(task).stage, world.fresh(task).status) == ("annotate", "waiting")
    assert proved(world)


def test_a_held_task_is_not_moved() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    with pytest.raises(Conflict):
        move_task(task_id=held.task.id, actor=world.people["mia"], stage="review")
    assert world.fresh(held.task).status == "claimed"


def test_bulk_reports_each_task() -> None:
    world = make_world(tasks=3)
    other = make_world(tasks=1)
    held = world.must_claim("ann").task
    ids = list(Task.objects.values_list("id", flat=True))
    results = bulk_act(
        project_id=world.project.id,
        actor=world.people["mia"],
        task_ids=ids,
        order=BulkOrder(action="move", stage="review"),
        dry_run=False,
    )
    by_id = {row["id"]: row for row in results}
    foreign = Task.objects.get(project=other.project)
    assert by_id[str(held.id)]["status"] == "refused"
    assert by_id[str(foreign.id)]["error"]["status"] == 404
    assert sorted(row["status"] for row in results) == ["done", "done", "refused", "refused"]
    assert other.fresh(foreign).stage == "annotate"
    assert proved(world)


def test_a_dry_run_changes_nothing() -> None:
    world = make_world(tasks=2)
    ids = list(Task.objects.filter(project=world.project).values_list("id", flat=True))
    results = bulk_act(
        project_id=world.project.id,
        actor=world.people["mia"],
        task_ids=ids,
        order=BulkOrder(action="priority", priority=99),
        dry_run=True,
    )
    assert [row["status"] for row in results] == ["would_do", "would_do"]
    assert set(Task.objects.filter(project=world.project).values_list("priority", "sequence")) == {(0, 1)}


def test_who_leaves_gives_back_what_they_hold() -> None:
    world = make_world(tasks=2)
    returned = world.submitted("ann")
    held = world.must_claim("ann").task
    world.must_claim("rex", "review")
    world.step("rex", returned, "reject")
    freed = release_work_of(
        project_id=world.project.id,
        user_id=world.people["ann"].id,
        roles_left=["viewer"],
        actor=world.people["mia"],
    )
    assert freed == 2
    assert {world.must_claim("bob").task.id} <= {held.id, returned.id}
    assert proved(world)


def test_counts_stay_exact_over_a_roll_up() -> None:
    world = make_world(tasks=3)
    world.submitted("ann")
    before = status_counts(world.project)
    assert roll_up_counts() > 0
    assert not StageDelta.objects.filter(project=world.project).exists()
    assert status_counts(world.project) == before
    world.must_claim("bob")
    assert proved(world)


def split(percentages: dict[str, int]) -> dict[str, Any]:
    """A percentage router at the very start."""
    made = graph()
    made["stages"].insert(0, {"id": "split", "type": "router", "title": "", "config": {"percentages": percentages}})
    made["pathways"] += [
        {"from": "split", "outcome": "a", "to": "annotate"},
        {"from": "split", "outcome": "b", "to": "expert"},
    ]
    made["start"] = "split"
    return made


def test_percentages_are_exact_when_tasks_are_made() -> None:
    world = make_world(tasks=7, workflow=split({"a": 30, "b": 70}))
    add_tasks(world, 13)
    counts = RouterCounter.objects.get(project=world.project).counts
    assert counts == {"a": 6, "b": 14}
    assert Task.objects.filter(project=world.project, stage="annotate").count() == 6
    assert proved(world)


def test_a_stage_nobody_may_take_says_so() -> None:
    world = make_world(tasks=1)
    world.project.collaborators.filter(user=world.people["eve"]).update(roles=["viewer"])
    world.project.collaborators.filter(user=world.people["rex"]).update(roles=["annotator", "reviewer"])
    task = world.must_claim("rex").task
    world.label("rex", task)
    world.step("rex", task, "submit")
    review = next(row for row in stage_table(world.project)["stages"] if row["id"] == "review")
    assert review["nobody_eligible"] == 1


def test_tasks_follow_a_new_version_and_held_ones_when_they_close() -> None:
    world = make_world(tasks=3)
    held = world.must_claim("ann").task
    changed = graph()
    changed["stages"][0] |= {"id": "draw"}
    changed["pathways"] = [
        {**way, **{end: "draw" for end in ("from", "to") if way[end] == "annotate"}} for way in changed["pathways"]
    ]
    changed["start"] = "draw"
    mapping = {"annotate": "draw"}
    plan = version_plan(project=world.project, new=codec.graph_from_json(changed), mapping=mapping)
    assert (plan.stages["annotate"].move, plan.stages["annotate"].later) == (3, 1)
    old = world.project.workflow_version_id
    world.project.workflow_version = publish(world.project.workflow, changed)
    world.project.save()
    record_change(
        project=world.project, old_version_id=old, mapping=mapping, actor=world.people["mia"], now=database_now()
    )
    done = migrate_tasks(
        project_id=world.project.id,
        version_id=world.project.workflow_version_id,
        after=None,
        report=lambda last, moved, left: None,
    )
    assert done == {"moved": 2, "left": 1}
    assert Task.objects.filter(project=world.project, stage="draw").count() == 2
    world.label("ann", held)
    world.step("ann", held, "submit")
    after = world.fresh(held)
    assert (after.stage, after.workflow_version_id) == ("review", world.project.workflow_version_id)
    assert proved(world)
