"""A task's way through the workflow, driven by operations."""

from __future__ import annotations

import pytest

from apps.common.errors import Conflict, Forbidden
from apps.tasks.models import Participation, Selection, TaskEvent, Verdict, Visit, VisitStatus
from apps.tasks.operations.steps import RejectedLabel
from apps.tasks.operations.verdicts import Word, give_verdict
from apps.tasks.queries.counts import stage_table
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db


def counts(world: World) -> dict[str, tuple[int, int]]:
    table = stage_table(world.project)
    return {row["id"]: (row["waiting"], row["claimed"]) for row in table["stages"]} | {
        "complete": (table["complete"], 0)
    }


def test_new_data_units_wait_at_the_start() -> None:
    world = make_world(tasks=3)
    assert counts(world)["annotate"] == (3, 0)
    assert Visit.objects.filter(project=world.project, status=VisitStatus.WAITING).count() == 3
    assert TaskEvent.objects.filter(task__project=world.project, action="created").count() == 3


def test_the_whole_way() -> None:
    world = make_world(tasks=1)
    task = world.submitted("ann", boxes=2)
    assert (task.stage, task.status, task.round) == ("review", "waiting", 1)
    held = world.must_claim("rex", "review")
    label = world.first_label(held.task)
    done = world.step(
        "rex", task, "reject", reason="border", rejected=[RejectedLabel(label=label, kind="badly_located")]
    )
    assert done.task.stage == "annotate"
    assert world.claim("bob") is None
    again = world.must_claim("ann")
    assert again.task.id == task.id
    assert again.state.round == 2
    world.label("ann", task, boxes=1)
    world.step("ann", task, "submit")
    world.must_claim("rex", "review")
    finished = world.step("rex", task, "approve")
    assert (finished.task.stage, finished.task.status) == ("done", "complete")
    assert counts(world)["complete"] == (1, 0)
    assert Verdict.objects.filter(task=task, implicit=True).count() == 3
    assert set(Participation.objects.filter(task=task).values_list("user__name", flat=True)) == {"Ann", "Rex"}
    assert Selection.objects.filter(task=task, design="condition", outcome="few").count() == 2
    assert first_difference() is None
    assert broken_invariants() == []


def test_nobody_reviews_their_own_work() -> None:
    world = make_world(tasks=1)
    collaborator = world.project.collaborators.get(user=world.people["ann"])
    collaborator.roles = ["annotator", "reviewer"]
    collaborator.save()
    world.submitted("ann")
    assert world.claim("ann", "review") is None
    assert world.claim("rex", "review") is not None


def test_an_approval_over_a_rejected_label_is_refused() -> None:
    world = make_world(tasks=1)
    task = world.submitted("ann", boxes=1)
    world.must_claim("rex", "review")
    label = world.first_label(task)
    give_verdict(task_id=task.id, user=world.people["rex"], word=Word(label=label, verdict="rejected"))
    with pytest.raises(Conflict) as refused:
        world.step("rex", task, "approve")
    assert refused.value.extra["labels"] == [str(label)]
    assert world.fresh(task).stage == "review"
    assert not Verdict.objects.filter(task=task, implicit=True).exists()


def test_only_the_holder_submits() -> None:
    world = make_world(tasks=1)
    held = world.must_claim("ann")
    with pytest.raises(Forbidden):
        world.step("bob", held.task, "submit", verified_empty=True)
    assert world.fresh(held.task).sequence == 2
