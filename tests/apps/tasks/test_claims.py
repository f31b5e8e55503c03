"""Claims: order, leases, fences, drafts, reservations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.common.clock import database_now
from apps.common.errors import Conflict, Forbidden, Invalid, NotFound
from apps.tasks.models import ActiveTime, Draft, Task, Visit
from apps.tasks.operations.claims import claim_named, expire_leases, heartbeat, release_task
from apps.tasks.operations.labeling import Fenced, LabelChanges, save_task_labels
from apps.tasks.operations.manage import assign_task, set_priority
from apps.tasks.operations.steps import Step, recall_task, take_step
from apps.tasks.operations.timers import end_reservations
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.labels import box
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db


def lapse(task: Task) -> None:
    """Lets the lease of the task's claim run out."""
    Visit.objects.filter(task=task, status=1).update(lease_expires_at=database_now() - timedelta(seconds=1))


def proved(world: World) -> bool:
    return first_difference(project_id=world.project.id) is None and not broken_invariants(project_id=world.project.id)


def test_the_own_live_claim_comes_back_first() -> None:
    world = make_world(tasks=2)
    first = world.claim("ann")
    again = world.claim("ann")
    assert first is not None
    assert again is not None
    assert (first.is_resumed, again.is_resumed) == (False, True)
    assert first.locked.task.id == again.locked.task.id


def test_workers_of_one_person_hold_many() -> None:
    world = make_world(tasks=2)
    one, two = world.claim("ann", worker="a"), world.claim("ann", worker="b")
    assert one is not None
    assert two is not None
    assert one.locked.task.id != two.locked.task.id


def test_priority_comes_before_age() -> None:
    world = make_world(tasks=3)
    last = Task.objects.filter(project=world.project).order_by("-id")[0]
    set_priority(task_id=last.id, actor=world.people["mia"], priority=90)
    assert world.must_claim("ann").task.id == last.id
    assert proved(world)


def test_an_empty_queue_gives_none() -> None:
    world = make_world(tasks=1)
    world.must_claim("ann")
    assert world.claim("bob") is None


def test_the_role_decides_who_claims() -> None:
    world = make_world(tasks=1)
    with pytest.raises(Forbidden):
        world.claim("ann", "review")
    with pytest.raises(Conflict):
        world.claim("ann", "many")
    with pytest.raises(NotFound):
        world.claim("ann", "nowhere")


def test_a_lapsed_claim_goes_to_the_next_and_fences_the_first_off() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    token = held.task.visits.get(status=1).token
    lapse(held.task)
    taken = world.must_claim("bob")
    assert taken.task.id == held.task.id
    late = take_step(
        task_id=held.task.id,
        user=world.people["ann"],
        step=Step(verb="submit", claim_token=token, changes=LabelChanges(upsert=[box()])),
    )
    assert isinstance(late, Fenced)
    assert late.draft is not None
    assert Draft.objects.get().author == world.people["ann"]
    assert world.fresh(held.task).label_set is None
    world.label("bob", held.task)
    world.step("bob", held.task, "submit")
    assert proved(world)


def test_a_stale_save_keeps_a_draft_and_no_revision() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    token = held.task.visits.get(status=1).token
    lapse(held.task)
    result = save_task_labels(
        task_id=held.task.id,
        user=world.people["ann"],
        changes=LabelChanges(upsert=[box()], base_revision=0),
        claim_token=token,
    )
    assert isinstance(result, Fenced)
    assert result.error.status == 409
    assert Draft.objects.count() == 1
    assert world.fresh(held.task).label_set is None


def test_the_sweeper_returns_lapsed_claims_with_their_labels() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    world.label("ann", held.task, boxes=2)
    lapse(held.task)
    assert expire_leases(now=database_now()) == 1
    assert expire_leases(now=database_now()) == 0
    taken = world.must_claim("bob")
    assert world.label_count(taken.task) == 2
    assert "ann" not in str(taken.state.holder)
    assert proved(world)


def test_a_heartbeat_extends_the_lease_and_counts_time() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    before = held.task.visits.get(status=1)
    Visit.objects.filter(id=before.id).update(lease_expires_at=database_now() + timedelta(seconds=5))
    heartbeat(task_id=held.task.id, user=world.people["ann"], claim_token=before.token, active_ms=4_000, idle_ms=500)
    after = held.task.visits.get(status=1)
    assert after.lease_expires_at is not None
    assert after.lease_expires_at > database_now() + timedelta(minutes=10)
    row = ActiveTime.objects.get()
    assert (row.active_ms, row.idle_ms, row.stage, row.round) == (4_000, 500, "annotate", 1)


def test_time_claimed_cannot_exceed_time_passed() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    for _ in range(3):
        heartbeat(task_id=held.task.id, user=world.people["ann"], claim_token=None, active_ms=3_600_000, idle_ms=0)
    assert ActiveTime.objects.get().active_ms < 120_000


def test_a_heartbeat_with_an_old_token_is_refused() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    with pytest.raises(Conflict):
        heartbeat(task_id=held.task.id, user=world.people["ann"], claim_token=999, active_ms=0, idle_ms=0)
    assert not ActiveTime.objects.exists()


def test_release_gives_the_task_to_the_pool() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    release_task(task_id=held.task.id, user=world.people["ann"], is_manager=False, claim_token=None)
    assert world.must_claim("bob").task.id == held.task.id
    assert proved(world)


def test_a_manager_releases_others() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    with pytest.raises(Forbidden):
        release_task(task_id=held.task.id, user=world.people["bob"], is_manager=False, claim_token=None)
    release_task(task_id=held.task.id, user=world.people["mia"], is_manager=True, claim_token=None)
    assert world.must_claim("bob").task.id == held.task.id


def test_a_returned_task_is_reserved_until_its_hours_end() -> None:
    world = make_world(tasks=1)
    task = world.submitted("ann")
    world.must_claim("rex", "review")
    world.step("rex", task, "reject")
    assert world.claim("bob") is None
    Visit.objects.filter(task=task, status=0).update(reserved_until=database_now() - timedelta(seconds=1))
    assert end_reservations(now=database_now()) == 1
    assert world.must_claim("bob").task.id == task.id
    assert proved(world)


def test_an_assigned_task_is_that_persons_alone() -> None:
    world = make_world(tasks=1)
    task = Task.objects.get(project=world.project)
    assign_task(task_id=task.id, actor=world.people["mia"], person=world.people["bob"])
    assert world.claim("ann") is None
    assert world.must_claim("bob").task.id == task.id
    assert proved(world)


def test_an_assignment_wants_the_role() -> None:
    world = make_world(tasks=1)
    task = Task.objects.get(project=world.project)
    with pytest.raises(Invalid):
        assign_task(task_id=task.id, actor=world.people["mia"], person=world.people["rex"])
    assert world.fresh(task).assignee is None


def test_recall_takes_ones_own_last_step_back() -> None:
    world = make_world(tasks=1)
    task = world.submitted("ann")
    with pytest.raises(Forbidden):
        recall_task(task_id=task.id, user=world.people["bob"])
    recall_task(task_id=task.id, user=world.people["ann"])
    assert world.must_claim("ann").task.id == task.id
    world.step("ann", task, "submit")
    world.must_claim("rex", "review")
    with pytest.raises(Conflict):
        recall_task(task_id=task.id, user=world.people["ann"])
    assert proved(world)


def test_skip_returns_the_task_to_the_pool_without_that_person() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    world.step("ann", held.task, "skip", reason="too dark")
    assert world.claim("ann") is None
    assert world.must_claim("bob").task.id == held.task.id
    assert proved(world)


def claim_by_name(world: World, name: str, task: Task) -> bool:
    return bool(claim_named(access=world.access(name), user=world.people[name], stage_id="annotate", task_id=task.id))


def test_a_lost_task_is_claimed_again_by_name() -> None:
    world = make_world(tasks=2)
    held = world.must_claim("ann").task
    lapse(held)
    expire_leases(now=database_now())
    assert claim_by_name(world, "ann", held)
    assert world.fresh(held).assignee == world.people["ann"]
    assert proved(world)


def test_nobody_picks_from_the_pool() -> None:
    world = make_world(tasks=2)
    task = Task.objects.filter(project=world.project).order_by("-id")[0]
    assert not claim_by_name(world, "ann", task)
    with pytest.raises(NotFound):
        claim_by_name(make_world(tasks=1), "ann", task)
    assert world.fresh(task).status == "waiting"
