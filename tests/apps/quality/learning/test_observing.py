"""Verdicts as observations: which words count, beside what was known before them."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from apps.common.ids import new_id
from apps.quality.models import AuditDraw, AuditWave, Look, Observation, Repeat, SubjectType
from apps.quality.operations.observing import observe
from apps.tasks.models import Selection, Task, Verdict, Visit
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from apps.tasks.operations.manage import send_to_stage
from apps.tasks.operations.selections import Chosen, record_selections
from apps.tasks.operations.steps import RejectedLabel
from apps.tasks.operations.verdicts import Word, give_verdict, take_back_verdict
from tests.factories.labels import box
from tests.factories.quality_learning import make_scored_world, put, score_label, score_missing
from tests.factories.tasks import World, graph, make_world

pytestmark = pytest.mark.django_db


def in_review(world: World, boxes: int = 3) -> tuple[Task, list[UUID]]:
    """A task that rex holds in review, each of its labels scored."""
    task = world.submitted(boxes=boxes)
    world.must_claim("rex", "review")
    labels = label_ids(world, task)
    for i, label in enumerate(labels):
        score_label(task, label, odds=float(i))
    return task, labels


def label_ids(world: World, task: Task) -> list[UUID]:
    label_set = world.fresh(task).label_set
    assert label_set is not None
    return list(label_set.labels.order_by("id").values_list("label_id", flat=True))


def say(world: World, task: Task, label: UUID | None, verdict: str, who: str = "rex", **more: Any) -> Verdict:
    return give_verdict(task_id=task.id, user=world.people[who], word=Word(label, verdict, **more))


def edit(world: World, task: Task, who: str = "rex", **changes: Any) -> None:
    values = {"upsert": [], "delete": [], **changes}
    saved = save_task_labels(task_id=task.id, user=world.people[who], changes=LabelChanges(**values), claim_token=None)
    assert isinstance(saved, tuple)


def seen(subject_type: str = SubjectType.LABEL) -> dict[UUID, Observation]:
    return {row.subject: row for row in Observation.objects.filter(subject_type=subject_type)}


def test_an_explicit_verdict_is_observed_beside_what_was_known() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    say(world, task, labels[0], "rejected", kind="wrong_class", elapsed_ms=1500)
    say(world, task, labels[1], "approved")
    assert observe(timezone.now()) == 2
    rows = seen()
    assert set(rows) == set(labels[:2])
    wrong, right = rows[labels[0]], rows[labels[1]]
    assert (wrong.is_error, wrong.kind, wrong.elapsed_ms, wrong.odds) == (True, "wrong_class", 1500, 0.0)
    assert (right.is_error, right.odds, right.vector, right.p_error) == (False, 1.0, [1.0, 2.0], 0.1)
    assert (wrong.annotator, wrong.reviewer, wrong.instrument) == (world.people["ann"], world.people["rex"], "review")
    assert (wrong.probability, wrong.at_random) == (1.0, False)


def test_observing_again_changes_nothing() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    say(world, task, labels[0], "rejected")
    observe(timezone.now())
    before = list(Observation.objects.values())
    assert observe(timezone.now()) == 0
    assert list(Observation.objects.values()) == before


def test_an_approval_of_the_task_says_nothing_of_its_labels() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    say(world, task, labels[0], "approved")
    world.step("rex", task, "approve")
    observe(timezone.now())
    assert set(seen()) == {labels[0]}
    assert not seen(SubjectType.TASK)


def test_what_an_exhaustive_look_approved_with_the_task_was_looked_at() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    put(task, task.id, SubjectType.TASK, 0.4, detail={"vector": [-0.4, 0.3, 0.5, 0.0]})
    absent = score_missing(world, task, {"x": 300, "y": 300, "width": 20, "height": 20})
    say(world, task, None, "approved", mode="exhaustive")
    observe(timezone.now())
    assert not Observation.objects.exists()
    world.step("rex", task, "approve")
    observe(timezone.now())
    rows = seen()
    assert set(rows) == set(labels)
    assert not any(row.is_error for row in rows.values())
    assert [rows[label].odds for label in labels] == [0.0, 1.0, 2.0]
    assert all(row.exhaustive and row.reviewer == world.people["rex"] for row in rows.values())
    missing = seen(SubjectType.PREDICTION)[absent.id]
    assert not missing.is_error
    assert missing.odds == pytest.approx(math.log(0.3 / 0.7))
    whole = seen(SubjectType.TASK)[task.id]
    assert (whole.is_error, whole.odds, whole.vector) == (False, -0.4, [-0.4, 0.3, 0.5, 0.0])


def test_an_edit_is_an_error_and_keeps_the_score_from_before_it() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    edit(world, task, upsert=[box(id=str(labels[0]), x=200, width=10, height=10)], delete=[str(labels[1])])
    assert observe(timezone.now()) == 2
    moved = score_label(task, labels[0], odds=9.0)
    moved.refresh_from_db()
    say(world, task, labels[0], "approved")
    observe(timezone.now())
    rows = seen()
    assert (rows[labels[0]].is_error, rows[labels[0]].kind, rows[labels[0]].odds) == (True, "badly_located", 0.0)
    assert (rows[labels[1]].is_error, rows[labels[1]].kind, rows[labels[1]].odds) == (True, "spurious", 1.0)
    assert rows[labels[1]].annotator == world.people["ann"]


def test_a_score_of_a_later_state_is_not_what_was_known() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    edit(world, task, upsert=[box(id=str(labels[0]), x=200, width=10, height=10)])
    score_label(task, labels[0], odds=9.0)
    observe(timezone.now())
    row = seen()[labels[0]]
    assert (row.is_error, row.odds, row.p_error) == (True, None, None)


def test_moved_and_moved_back_is_no_error() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    edit(world, task, upsert=[box(id=str(labels[0]), x=200, width=10, height=10)])
    observe(timezone.now())
    assert seen()[labels[0]].is_error
    edit(world, task, upsert=[box(id=str(labels[0]), x=10, width=10, height=10)])
    observe(timezone.now())
    assert not seen()


def test_a_verdict_taken_back_or_replaced_is_no_longer_observed() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    gone = say(world, task, labels[0], "rejected")
    say(world, task, labels[1], "rejected", kind="spurious")
    observe(timezone.now())
    take_back_verdict(task_id=task.id, user=world.people["rex"], verdict_id=gone.id)
    score_label(task, labels[1], odds=7.0)
    say(world, task, labels[1], "approved")
    world.step("rex", task, "approve")
    observe(timezone.now())
    rows = seen()
    assert set(rows) == {labels[1]}
    assert (rows[labels[1]].is_error, rows[labels[1]].kind, rows[labels[1]].odds) == (False, "", 1.0)


def test_an_object_that_was_missing_is_that_of_the_prediction() -> None:
    world = make_scored_world()
    task, _ = in_review(world)
    place = {"x": 300, "y": 300, "width": 20, "height": 20}
    found = score_missing(world, task, place)
    other = score_missing(world, task, {"x": 400, "y": 10, "width": 20, "height": 20})
    say(world, task, None, "rejected", class_ref="WBC", geometry={"x": 302, "y": 300, "width": 20, "height": 20})
    lone = say(world, task, None, "rejected", class_ref="WBC", geometry={"x": 10, "y": 400, "width": 20, "height": 20})
    observe(timezone.now())
    rows = seen(SubjectType.PREDICTION)
    assert set(rows) == {found.id, lone.id}
    assert (rows[found.id].is_error, rows[found.id].kind) == (True, "missing")
    assert rows[found.id].odds == pytest.approx(math.log(0.3 / 0.7))
    assert rows[lone.id].odds is None
    assert {row.annotator for row in rows.values()} == {world.people["ann"]}
    assert other.id not in rows


def test_what_a_reviewer_added_and_deleted_again_is_nobodys_error() -> None:
    world = make_scored_world()
    task, _ = in_review(world)
    added = box(x=300, y=300, width=20, height=20)
    edit(world, task, upsert=[added])
    edit(world, task, delete=[added["id"]])
    observe(timezone.now())
    assert not Observation.objects.exists()


def test_a_rejection_that_names_labels_is_explicit() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    world.step("rex", task, "reject", reason="Look again.", rejected=[RejectedLabel(labels[2], "duplicate")])
    observe(timezone.now())
    assert {label: (row.is_error, row.kind) for label, row in seen().items()} == {labels[2]: (True, "duplicate")}


def test_a_project_without_scores_or_audits_teaches_nothing() -> None:
    world = make_world()
    task = world.submitted(boxes=1)
    world.must_claim("rex", "review")
    say(world, task, label_ids(world, task)[0], "rejected")
    assert observe(timezone.now()) == 0
    assert not Observation.objects.exists()
    assert not Look.objects.exists()


def test_a_strict_look_is_a_verdict_on_the_task() -> None:
    world = make_scored_world(workflow=graph(review={"strict": True, "allow_edit": True}))
    task, labels = in_review(world, boxes=2)
    put(task, task.id, SubjectType.TASK, 0.7, detail={"vector": [0.8, 0.5, 0.9, 0.1]})
    say(world, task, labels[0], "approved")
    edit(world, task, delete=[str(labels[1])])
    observe(timezone.now())
    assert not seen(SubjectType.TASK)
    put(task, task.id, SubjectType.TASK, 0.1, detail={"vector": [-2.0, 0.1, 0.1, 0.0]})
    world.step("rex", task, "approve")
    observe(timezone.now())
    whole = seen(SubjectType.TASK)[task.id]
    assert (whole.is_error, whole.p_error, whole.vector) == (True, 0.7, [0.8, 0.5, 0.9, 0.1])


def chosen(world: World, task: Task, design: str, chance: float) -> None:
    """A selection, and for an audit its draw: the task is sent to eve, blind where she must not know."""
    record_selections(
        project_id=world.project.id,
        stage="expert",
        design=design,
        wave=1,
        units=[Chosen(task.id, True, chance, score=0.3, draw=0.1)],
        now=timezone.now(),
    )
    send_to_stage(task_id=task.id, actor=None, stage="expert", blind=not design.startswith("route"))
    visit = world.visit(task)
    assert visit is not None
    if design == "audit":
        values = {"at": timezone.now(), "plan": {}}
        wave, _ = AuditWave.objects.get_or_create(project=world.project, number=1, defaults=values)
        AuditDraw.objects.create(project=world.project, wave=wave, task=task, visit=visit.id, state="sent")
    elif design == "repeat":
        Repeat.objects.create(
            project=world.project,
            task=task,
            first_visit=0,
            second_visit=visit.id,
            chosen=True,
            state="sent",
            at=timezone.now(),
        )


def test_what_was_drawn_at_random_is_told_from_what_was_routed() -> None:
    world = make_scored_world(tasks=3, workflow=graph(review={"sample": 0.000001}))
    tasks = {design: world.submitted(boxes=1) for design in ("audit", "route:budget", "repeat")}
    for design, chance in (("audit", 0.25), ("route:budget", 1.0), ("repeat", 0.07)):
        task = tasks[design]
        chosen(world, task, design, chance)
        world.must_claim("eve", "expert")
        say(world, task, label_ids(world, task)[0], "approved", who="eve")
        world.step("eve", task, "approve")
    observe(timezone.now())
    rows = {row.task_id: row for row in Observation.objects.filter(subject_type=SubjectType.LABEL)}
    audit, routed, repeat = (rows[task.id] for task in tasks.values())
    assert (audit.at_random, audit.probability, audit.instrument) == (True, 0.25, "expert")
    assert (routed.at_random, routed.probability, routed.instrument) == (False, 1.0, "expert")
    assert (repeat.at_random, repeat.probability, repeat.instrument) == (False, 0.07, "repeat")
    whole = seen(SubjectType.TASK)
    assert set(whole) == {audit.task_id, repeat.task_id}
    assert whole[audit.task_id].p_error == 0.3


def test_a_draw_for_a_later_repeat_is_no_chance_of_the_visit_in_between() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    visit = world.visit(task)
    assert visit is not None
    Selection.objects.create(
        project=world.project,
        task=task,
        stage="expert",
        frame="expert:task",
        design="repeat",
        probability=0.07,
        chosen=True,
        at=visit.opened_at,
    )
    say(world, task, labels[0], "approved")
    observe(timezone.now())
    row = seen()[labels[0]]
    assert (row.probability, row.at_random, row.instrument) == (1.0, False, "review")


def test_a_review_by_sample_is_at_random() -> None:
    world = make_scored_world(tasks=30, workflow=graph(review={"sample": 0.5}))
    while (claimed := world.claim("ann")) is not None:
        world.label("ann", claimed.locked.task)
        world.step("ann", claimed.locked.task, "submit")
    task = world.must_claim("rex", "review").task
    say(world, task, label_ids(world, task)[0], "approved")
    observe(timezone.now())
    row = Observation.objects.get()
    assert (row.at_random, row.probability) == (True, 0.5)


def test_an_audit_approved_without_a_word_is_a_verdict_on_the_task_alone() -> None:
    world = make_scored_world(tasks=1, workflow=graph(review={"sample": 0.000001}))
    task = world.submitted(boxes=2)
    chosen(world, task, "audit", 0.5)
    world.must_claim("eve", "expert")
    world.step("eve", task, "approve")
    observe(timezone.now())
    assert not seen()
    assert {subject: row.is_error for subject, row in seen(SubjectType.TASK).items()} == {task.id: False}


def test_a_verdict_that_committed_late_is_still_found() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    early = new_id()
    say(world, task, labels[0], "approved")
    observe(timezone.now())
    visit = Visit.objects.get(task=task, stage="review")
    other = world.submitted(boxes=1)
    late = Visit.objects.get(task=other, stage="review")
    Verdict.objects.create(
        id=early,
        task=other,
        visit=late,
        reviewer=world.people["rex"],
        label=label_ids(world, other)[0],
        label_revision=1,
        verdict="rejected",
        created_at=timezone.now(),
    )
    assert visit.id != late.id
    assert observe(timezone.now()) == 1
    assert Observation.objects.filter(task=other, is_error=True).exists()


def test_a_look_is_forgotten_once_it_is_settled() -> None:
    world = make_scored_world()
    task, labels = in_review(world)
    say(world, task, labels[0], "approved")
    world.step("rex", task, "approve")
    now = timezone.now()
    observe(now)
    assert Look.objects.get().settled_at == now
    observe(now + timedelta(hours=1))
    assert not Look.objects.exists()
    assert len(seen()) == 1
