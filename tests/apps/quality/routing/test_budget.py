"""Budgets: what seconds buy, whose they are, and what comes first."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.common.ids import new_id
from apps.projects.models import Collaborator
from apps.quality.models import AuditDraw, AuditWave, Observation, QualitySettings, RouteRun, SubjectType
from apps.quality.queries.routing_work import prices_of
from apps.tasks.models import Selection
from apps.tasks.queries.skills import skills_of_tasks
from tests.factories.quality_routing import (
    SKILLED,
    ask,
    class_id,
    ids,
    labelled,
    routed_world,
    score_labels,
    score_task,
)
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db


def seconds_for(world: World, number: int) -> float:
    """What the best ``number`` tasks take."""
    return float(ask(world, top=number, dry_run=True).json()["seconds"])


def test_a_budget_buys_the_best_and_is_not_exceeded() -> None:
    world, tasks = routed_world([0.9, 0.3, 0.8, 0.2])
    budget = seconds_for(world, 2)
    said = ask(world, budget=budget + 0.01).json()
    assert said["seconds"] <= budget + 0.01
    assert ids(said["tasks"]) == [tasks[0].id, tasks[2].id]
    assert said["budget"] == {"seconds": budget + 0.01, "audits": 0.0, "spent_today": 0.0, "left": budget + 0.01}
    assert said["threshold"] == 0.8
    assert Selection.objects.filter(design="route:budget").count() == 4


def test_nothing_fits_into_no_seconds() -> None:
    world, _ = routed_world([0.9])
    said = ask(world, budget=0).json()
    assert (said["selected"], said["of"]) == (0, 1)
    assert world.claim("eve", "expert") is None


def test_costs_decide_what_is_worth_a_look() -> None:
    world, tasks = routed_world([0.6, 0.6])
    score_labels(world, tasks[0], [0.6])
    score_labels(world, tasks[1], [0.5], kind="missing", detail={"kinds": {"missing": 0.5}})
    budget = seconds_for(world, 2) * 0.6
    assert ids(ask(world, budget=budget, dry_run=True).json()["tasks"]) == [tasks[0].id]
    QualitySettings.objects.create(project=world.project, costs={"missing": 10})
    assert ids(ask(world, budget=budget, dry_run=True).json()["tasks"]) == [tasks[1].id]


def test_what_costs_nothing_is_not_looked_at() -> None:
    world, tasks = routed_world([0.6])
    score_labels(world, tasks[0], [0.6])
    QualitySettings.objects.create(project=world.project, class_costs={class_id(world, "RBC"): 0})
    assert ask(world, budget=10_000, dry_run=True).json()["selected"] == 0


def test_audits_come_out_of_the_budget_first() -> None:
    world, tasks = routed_world([0.9, 0.8])
    wave = AuditWave.objects.create(project=world.project, number=1, at=timezone.now())
    AuditDraw.objects.create(project=world.project, wave=wave, task=tasks[0])
    budget = ask(world, budget=60, dry_run=True).json()["budget"]
    assert budget["audits"] > 0
    assert budget["left"] == pytest.approx(60 - budget["audits"])


def test_a_day_is_spent_once() -> None:
    world, _ = routed_world([0.9, 0.8])
    day = seconds_for(world, 1) + 0.5
    first = ask(world, budget={"seconds": day, "per_day": True}).json()
    second = ask(world, budget={"seconds": day, "per_day": True}).json()
    assert (first["selected"], second["selected"]) == (1, 0)
    assert second["budget"]["spent_today"] == pytest.approx(first["seconds"])
    assert RouteRun.objects.count() == 2


def test_a_persons_budget_is_worked_by_that_person() -> None:
    world, tasks = routed_world([0.9])
    eve = world.people["eve"]
    assert ask(world, budget={"seconds": 600, "person": eve.email}).json()["selected"] == 1
    visit = world.visit(tasks[0])
    assert visit is not None
    assert visit.reserved_for_id == eve.id


def test_whoever_took_part_does_not_judge() -> None:
    world, _ = routed_world([0.9])
    Collaborator.objects.filter(project=world.project, user=world.people["ann"]).update(roles=["annotator", "expert"])
    said = ask(world, budget={"seconds": 600, "person": str(world.people["ann"].id)}).json()
    assert (said["of"], said["selected"]) == (0, 0)


def test_measured_seconds_and_sensitivity_set_the_price() -> None:
    world, tasks = routed_world([0.9])
    before = prices_of(world.project, "expert")
    for _ in range(30):
        Observation.objects.create(
            project=world.project,
            task=tasks[0],
            source=new_id(),
            subject=new_id(),
            subject_type=SubjectType.LABEL,
            is_error=False,
            instrument="expert",
            elapsed_ms=9_000,
            at=timezone.now(),
        )
    after = prices_of(world.project, "expert")
    assert before.look == 2.0
    assert 6.0 < after.look < 9.0


def test_a_budget_of_a_skill_goes_by_what_the_visit_will_ask_for() -> None:
    world = make_world(tasks=1, ontology=SKILLED)
    task = labelled(world, "WBC", "RBC", "Platelets")
    score_task(world, task, 0.9)
    score_labels(world, task, [0.8, 0.1, 0.9])
    assert skills_of_tasks([task.id]) == {task.id: ["red", "white"]}
    for skill in ("red", "white"):
        assert ask(world, budget={"seconds": 600, "skill": skill}, dry_run=True).json()["selected"] == 1
    assert ask(world, threshold=0.5).json()["selected"] == 1
    visit = world.visit(task)
    assert visit is not None
    assert visit.needs_skill == "red"


def test_a_budget_of_a_skill_takes_tasks_that_need_it() -> None:
    world = make_world(tasks=2, ontology=SKILLED)
    red, white = labelled(world, "RBC"), labelled(world, "WBC")
    for task in (red, white):
        score_task(world, task, 0.9)
        score_labels(world, task, [0.9])
    said = ask(world, budget={"seconds": 600, "skill": "white"}).json()
    assert (ids(said["tasks"]), said["of"]) == ([white.id], 1)
    visit = world.visit(white)
    assert visit is not None
    assert visit.needs_skill == "white"
