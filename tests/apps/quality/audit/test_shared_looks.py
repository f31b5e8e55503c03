"""A look that several experts share, one skill after the other or a fix and its second look, is one look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.projects.models import Collaborator
from apps.quality.models import (
    AuditDraw,
    AuditWave,
    Observation,
    QualitySettings,
    Repeat,
    RouteMove,
    RouteRun,
    ScoreRun,
)
from apps.quality.operations.observing import observe
from apps.quality.operations.repeats import repeat
from apps.quality.operations.routing_outcomes import settle_moves
from apps.quality.operations.sending import send_chosen, settle_sent
from apps.quality.queries.series import series_of
from apps.quality.queries.waves import found_so_far
from apps.tasks.models import Task, Visit
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from apps.tasks.operations.manage import send_to_stage
from apps.tasks.operations.selections import Chosen, record_selections
from apps.tasks.operations.verdicts import Word, give_verdict
from tests.factories.labels import box
from tests.factories.quality_audit import audited_graph, caller, labels_of, later, path, second_expert
from tests.factories.quality_routing import SKILLED, ask, score_task
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db
TASKS = 4


def skilled_world(**expert: Any) -> World:
    """Finished tasks with a red and a white cell each; eve judges red ones, eli white ones."""
    world = make_world(tasks=TASKS, workflow=audited_graph(**expert), ontology=SKILLED)
    eli = second_expert(world)
    for person, skill in ((world.people["eve"], "red"), (eli, "white")):
        Collaborator.objects.filter(project=world.project, user=person).update(skills=[skill])
    for _ in range(TASKS):
        task = world.must_claim("ann").task
        upsert = [box(x=x, width=10, height=10) | {"class": name} for x, name in ((10, "RBC"), (40, "WBC"))]
        changes = LabelChanges(upsert=upsert)
        save_task_labels(task_id=task.id, user=world.people["ann"], changes=changes, claim_token=None)
        world.step("ann", task, "submit")
    return world


def drawn(world: World) -> AuditDraw:
    """A wave over all tasks that chose one of them, with a chance of one half; it is with the experts."""
    QualitySettings.objects.create(project=world.project, repeat_rate=0.0)
    now, tasks = database_now(), list(Task.objects.filter(project=world.project).order_by("id"))
    wave = AuditWave.objects.create(
        project=world.project, number=1, frame=TASKS, drawn=1, state="drawn", plan={}, at=now
    )
    rows = [
        Chosen(
            task.id, chosen=task is tasks[0], probability=0.5, label_revision=1, draw=0.1 if task is tasks[0] else 0.9
        )
        for task in tasks
    ]
    record_selections(project_id=world.project.id, stage="expert", design="audit", wave=1, units=rows, now=now)
    draw = AuditDraw.objects.create(project=world.project, wave=wave, task=tasks[0])
    assert send_chosen(now) == 1
    draw.refresh_from_db()
    return draw


def say(world: World, name: str, task: Task, of: str, verdict: str = "approved") -> None:
    """``name`` has a word on the one label of that class; a wrong one they call Platelets."""
    names = {item["id"]: item["name"] for item in world.ontology.definition["objects"]}
    (label,) = [label for label in labels_of(task) if names[label.class_id] == of]
    if verdict == "approved":
        give_verdict(task_id=task.id, user=world.people[name], word=Word(label.label_id, "approved"))
    else:
        upsert = [box(id=str(label.label_id), geometry=label.geometry) | {"class": "Platelets"}]
        changes = LabelChanges(upsert=upsert)
        save_task_labels(task_id=task.id, user=world.people[name], changes=changes, claim_token=None)


def certificate(world: World) -> dict[str, Any]:
    found: dict[str, Any] = caller(world, "mia").get(path(world, "quality/certificate/")).json()
    return found


def looked_at(world: World) -> dict[str, tuple[int, int]]:
    """By class, as it was drawn, the labels that random looks judged, and how many of them were wrong."""
    names = {item["id"]: item["name"] for item in world.ontology.definition["objects"]}
    return {names[key]: (found.looks, found.wrong) for key, found in found_so_far(world.project)[0].items()}


def test_an_audit_that_needs_two_skills_is_one_look_at_its_end() -> None:
    world = skilled_world()
    draw = drawn(world)
    task = world.must_claim("eve", "expert").task
    say(world, "eve", task, "RBC", "fixed")
    world.step("eve", task, "approve")
    second = world.visit(task)
    assert second is not None
    assert (second.needs_skill, second.blind, second.route_reason) == ("white", True, None)
    assert settle_sent() == 0
    draw.refresh_from_db()
    assert (draw.state, draw.visit == second.id) == ("sent", False)
    assert certificate(world)["n_reviewed"] == 0, "half a look is none yet"

    world.must_claim("eli", "expert")
    say(world, "eli", task, "WBC")
    world.step("eli", task, "approve")
    assert settle_sent() == 1
    draw.refresh_from_db()
    assert draw.state == "done"
    assert send_chosen(database_now()) == 0
    said = certificate(world)
    assert (said["n_labels"], said["n_reviewed"], said["n_audited"]) == (2 * TASKS, 2, 2)
    assert looked_at(world) == {"RBC": (1, 1), "WBC": (1, 0)}


def test_both_halves_of_an_audit_came_by_chance_and_the_task_is_judged_once() -> None:
    world = skilled_world()
    drawn(world)
    task = world.must_claim("eve", "expert").task
    say(world, "eve", task, "RBC", "fixed")
    world.step("eve", task, "approve")
    observe(later())
    world.must_claim("eli", "expert")
    say(world, "eli", task, "WBC")
    world.step("eli", task, "approve")
    observe(later())
    labels = Observation.objects.filter(task=task, subject_type="label")
    assert sorted(labels.values_list("is_error", "probability", "at_random")) == [(False, 0.5, True), (True, 0.5, True)]
    whole = Observation.objects.get(task=task, subject_type="task")
    assert (whole.is_error, whole.probability, whole.at_random) == (True, 0.5, True)


def test_a_fix_and_its_second_look_are_one_look_that_found_an_error() -> None:
    world = skilled_world(after_fix="second_expert")
    Collaborator.objects.filter(project=world.project, user__in=[world.people["eve"], world.people["eli"]]).update(
        skills=["red", "white"]
    )
    draw = drawn(world)
    task = world.must_claim("eve", "expert").task
    say(world, "eve", task, "RBC", "fixed")
    say(world, "eve", task, "WBC")
    world.step("eve", task, "approve")
    assert settle_sent() == 0
    world.must_claim("eli", "expert")
    for name in ("Platelets", "WBC"):
        say(world, "eli", task, name)
    world.step("eli", task, "approve")
    assert settle_sent() == 1
    draw.refresh_from_db()
    assert draw.state == "done"
    said = certificate(world)
    assert (said["n_reviewed"], said["n_audited"]) == (2, 2)
    assert looked_at(world) == {"RBC": (1, 1), "WBC": (1, 0)}


def test_an_audit_that_goes_back_to_its_annotator_was_looked_at() -> None:
    world = skilled_world(after_fix="return")
    Collaborator.objects.filter(project=world.project, user=world.people["eve"]).update(skills=["red", "white"])
    draw = drawn(world)
    task = world.must_claim("eve", "expert").task
    say(world, "eve", task, "RBC", "fixed")
    say(world, "eve", task, "WBC")
    world.step("eve", task, "approve")
    assert world.fresh(task).stage == "annotate"
    assert settle_sent() == 1
    draw.refresh_from_db()
    assert draw.state == "done"
    assert looked_at(world) == {"RBC": (1, 1), "WBC": (1, 0)}


def test_half_a_look_that_was_moved_away_is_sent_again() -> None:
    world = skilled_world()
    draw = drawn(world)
    task = world.must_claim("eve", "expert").task
    say(world, "eve", task, "RBC")
    world.step("eve", task, "approve")
    body = {"action": "move", "tasks": [str(task.id)], "stage": "done"}
    assert caller(world, "mia").post(path(world, "tasks/bulk/"), body).status_code == 200
    assert settle_sent() == 1
    draw.refresh_from_db()
    assert (draw.state, draw.visit) == ("chosen", None)
    assert send_chosen(database_now()) == 1


def test_a_routed_task_tells_every_judge_why_and_counts_once() -> None:
    world = skilled_world()
    task = Task.objects.filter(project=world.project).order_by("id")[0]
    now = timezone.now()
    ScoreRun.objects.create(id=new_id(), project=world.project, scorer_version="1", started_at=now, finished_at=now)
    score_task(world, task, 0.9)
    assert ask(world, threshold=0.5).json()["selected"] == 1
    world.must_claim("eve", "expert")
    say(world, "eve", task, "RBC", "fixed")
    world.step("eve", task, "approve")
    first, second = Visit.objects.filter(task=task, stage="expert").order_by("number")
    assert first.route_reason is not None
    assert second.route_reason == first.route_reason
    assert not second.blind
    observe(later())
    assert settle_moves(timezone.now() + timedelta(minutes=1)) == 0, "the other half is still to come"
    world.must_claim("eli", "expert")
    say(world, "eli", task, "WBC", "fixed")
    world.step("eli", task, "approve")
    observe(later())
    assert settle_moves(timezone.now() + timedelta(minutes=1)) == 1
    assert RouteMove.objects.get().state == "done"
    run = RouteRun.objects.get()
    assert (run.reviewed, run.wrong, run.errors) == (1, 1, 2)


def test_a_shared_look_is_not_repeated_and_an_expert_with_every_skill_comes_first() -> None:
    world = skilled_world()
    QualitySettings.objects.create(project=world.project, repeat_rate=1.0)
    shared, alone = Task.objects.filter(project=world.project).order_by("id")[:2]
    send_to_stage(task_id=shared.id, actor=world.people["mia"], stage="expert")
    for name, of in (("eve", "RBC"), ("eli", "WBC")):
        world.must_claim(name, "expert")
        say(world, name, shared, of)
        world.step(name, shared, "approve")
    repeat(later(minutes=1))
    assert not Repeat.objects.exists()
    assert {visit: len(one.visits) for visit, one in series_of([shared.id, alone.id]).items()} == dict.fromkeys(
        Visit.objects.filter(task=shared, stage="expert").values_list("id", flat=True), 2
    )

    both = second_expert(world, "ada")
    Collaborator.objects.filter(project=world.project, user__in=[both, world.people["eve"]]).update(
        skills=["red", "white"]
    )
    third = second_expert(world, "zoe")
    Collaborator.objects.filter(project=world.project, user=third).update(skills=["red"])
    send_to_stage(task_id=alone.id, actor=world.people["mia"], stage="expert")
    world.must_claim("eve", "expert")
    for of in ("RBC", "WBC"):
        say(world, "eve", alone, of)
    world.step("eve", alone, "approve")
    for minutes in (2, 3):
        repeat(later(minutes=minutes))
    assert Repeat.objects.get().second_id == both.id
    world.must_claim("ada", "expert")
    for of in ("RBC", "WBC"):
        say(world, "ada", alone, of)
    world.step("ada", alone, "approve")
    repeat(later(minutes=4))
    row = Repeat.objects.get()
    assert (row.state, row.labels, row.agreed) == ("done", 2, 2)


def test_a_second_expert_without_every_skill_is_compared_on_their_own_words() -> None:
    world = skilled_world()
    QualitySettings.objects.create(project=world.project, repeat_rate=1.0)
    Collaborator.objects.filter(project=world.project, user=world.people["eve"]).update(skills=["red", "white"])
    zoe = second_expert(world, "zoe")
    Collaborator.objects.filter(project=world.project, user=zoe).update(skills=["red"])
    task = Task.objects.filter(project=world.project).order_by("id")[0]
    send_to_stage(task_id=task.id, actor=world.people["mia"], stage="expert")
    world.must_claim("eve", "expert")
    for of in ("RBC", "WBC"):
        say(world, "eve", task, of)
    world.step("eve", task, "approve")
    for minutes in (1, 2):
        repeat(later(minutes=minutes))
    assert Repeat.objects.get().second_id == zoe.id
    world.must_claim("zoe", "expert")
    say(world, "zoe", task, "RBC")
    world.step("zoe", task, "approve")
    repeat(later(minutes=3))
    row = Repeat.objects.get()
    assert (row.state, row.labels, row.agreed) == ("done", 1, 1)
    visit = world.visit(task)
    assert visit is not None
    assert (visit.needs_skill, visit.blind) == ("white", True)
