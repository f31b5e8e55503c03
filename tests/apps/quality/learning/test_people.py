"""People's figures: counted over twelve weeks, shrunk where they decide, for managers only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.utils import timezone

from apps.common.ids import new_id
from apps.quality.models import GridBatch, Observation
from apps.quality.queries.people import annotators, error_rate, reviewers
from apps.quality.queries.sensitivity import expert_sensitivity, sensitivity_of_grid
from apps.tasks.models import Task
from tests.factories.people import Caller, make_key
from tests.factories.quality_learning import make_scored_world, observe_labels
from tests.factories.tasks import World

pytestmark = pytest.mark.django_db


def made() -> tuple[World, Task]:
    world = make_scored_world(tasks=1)
    return world, Task.objects.get(project=world.project)


def judge(world: World, task: Task, n: int, errors: int, **more: Any) -> list[Observation]:
    values = {"annotator": world.people["ann"], "reviewer": world.people["rex"], **more}
    return observe_labels(world.project, task, wrong=[i < errors for i in range(n)], **values)


def again(rows: Sequence[Observation], wrong: Sequence[bool], **more: Any) -> None:
    """The same labels, judged by somebody else."""
    for row, hit in zip(rows, wrong, strict=True):
        values = {"project": row.project, "task": row.task, "subject": row.subject, "digest": row.digest}
        Observation.objects.create(
            source=new_id(), subject_type="label", is_error=hit, at=timezone.now(), **values, **more
        )


def test_an_annotators_figures() -> None:
    world, task = made()
    class_id = world.ontology.definition["objects"][0]["id"]
    judge(world, task, 40, 10, kind="wrong_class", class_id=class_id)
    judge(world, task, 10, 1, instrument="expert", weeks_ago=2, class_id="other")
    judge(world, task, 30, 30, weeks_ago=13)
    judge(world, task, 4, 3, subject_type="prediction", kind="missing")
    found = annotators(world.project.id, [world.people["ann"].id], timezone.now())[world.people["ann"].id]
    assert (found["labels"], found["rejected"]["share"], found["missed"]) == (50, 11 / 50, 3)
    assert found["rejected"]["low"] < 11 / 50 < found["rejected"]["high"]
    assert found["kinds"]["wrong_class"]["share"] == 10 / 50
    assert (found["agreement_with_experts"]["n"], found["agreement_with_experts"]["share"]) == (10, 0.9)
    assert [(week["labels"], week["rejected"]) for week in found["weeks"]] == [(10, 1), (40, 10)]
    assert [one["class"] for one in found["classes"]] == [class_id, "other"]


def test_an_error_rate_is_shrunk_to_the_project() -> None:
    world, task = made()
    ann, bob = world.people["ann"], world.people["bob"]
    assert error_rate(world.project.id, ann.id) == (0.0, 0)
    judge(world, task, 100, 10)
    judge(world, task, 2, 2, annotator=bob)
    project = 12 / 102
    rate, n = error_rate(world.project.id, ann.id)
    assert n == 100
    assert rate == pytest.approx((10 + 20 * project) / 120)
    rate, n = error_rate(world.project.id, bob.id)
    assert n == 2
    assert rate == pytest.approx((2 + 20 * project) / 22)
    rate, n = error_rate(world.project.id, world.people["eve"].id)
    assert n == 0
    assert rate == pytest.approx(project)


def test_labels_routed_for_looking_wrong_count_for_less() -> None:
    world, task = made()
    judge(world, task, 20, 20, probability=1.0)
    judge(world, task, 20, 0, probability=0.05)
    rate, n = error_rate(world.project.id, world.people["ann"].id)
    assert n == 40
    assert rate == pytest.approx(20 / 420)


def test_a_reviewer_is_overturned_by_a_later_expert_on_the_same_content() -> None:
    world, task = made()
    rows = judge(world, task, 6, 0, digest="a", elapsed_ms=2100)
    rex, eve = world.people["rex"], world.people["eve"]
    again(rows[:3], [True, False, False], reviewer=eve, instrument="expert")
    again(rows[3:5], [True, False], reviewer=eve, instrument="repeat")
    changed = judge(world, task, 1, 0, digest="b")
    Observation.objects.create(
        project=world.project,
        task=task,
        source=new_id(),
        subject=changed[0].subject,
        subject_type="label",
        digest="c",
        is_error=True,
        reviewer=eve,
        instrument="expert",
        at=timezone.now(),
    )
    found = reviewers(world.project.id, [rex.id, eve.id], timezone.now())
    assert found[rex.id]["verdicts"] == 7
    assert (found[rex.id]["overturned"]["n"], found[rex.id]["overturned"]["share"]) == (5, 2 / 5)
    assert (found[rex.id]["repeat_agreement"]["n"], found[rex.id]["repeat_agreement"]["share"]) == (2, 0.5)
    assert found[rex.id]["seconds_per_verdict"] == 2.25
    assert (found[eve.id]["repeat_agreement"]["n"], found[eve.id]["overturned"]["n"]) == (2, 0)
    assert found[eve.id]["seconds_per_verdict"] is None


def test_sensitivity_is_of_the_errors_the_other_found() -> None:
    world, task = made()
    rex, eve = world.people["rex"], world.people["eve"]
    rows = judge(world, task, 10, 6, digest="a", instrument="expert")
    again(rows, [True] * 3 + [False] * 6 + [True], reviewer=eve, instrument="repeat")
    found = expert_sensitivity(world.project.id)
    assert (found[eve.id][1], found[rex.id][1]) == (6, 4)
    assert found[eve.id][0] == pytest.approx((3 + 8) / (6 + 10))
    assert found[rex.id][0] == pytest.approx((3 + 8) / (4 + 10))


def test_hidden_tiles_measure_people_and_the_grid() -> None:
    world, _ = made()
    assert sensitivity_of_grid(world.project.id) == 0.8
    ids = [str(new_id()) for _ in range(12)]
    GridBatch.objects.create(
        project=world.project,
        reviewer=world.people["eve"],
        order="mistakenness",
        items=[{"label": one, "hidden": i < 10} for i, one in enumerate(ids)],
        marks=[{"label": one} for one in ids[2:]],
        state="committed",
        opened_at=timezone.now(),
        committed_at=timezone.now(),
    )
    assert sensitivity_of_grid(world.project.id) == pytest.approx(16 / 20)
    mean, n = expert_sensitivity(world.project.id)[world.people["eve"].id]
    assert n == 10
    assert mean == pytest.approx(0.8)


def test_managers_read_people_page_by_page() -> None:
    world, task = made()
    class_id = world.ontology.definition["objects"][0]["id"]
    judge(world, task, 10, 4, kind="spurious", class_id=class_id)
    mia = Caller(make_key(world.people["mia"]))
    path = f"/projects/{world.project.id}/quality/people/"
    found: dict[str, Any] = {}
    answer = mia.get(path + "?limit=3")
    while True:
        assert answer.status_code == 200
        body = answer.json()
        found |= {row["name"]: row for row in body["results"]}
        assert len(body["results"]) <= 3
        if body["next"] is None:
            break
        answer = mia.get("/" + body["next"].split("/api/v1/")[1])
    assert set(found) == {"Ann", "Bob", "Rex", "Eve", "Mia", "Val", "Bot"}
    assert found["Ann"]["annotator"]["classes"][0]["class"] == "RBC"
    assert found["Ann"]["reviewer"] is None
    assert found["Rex"]["reviewer"]["verdicts"] == 10
    assert mia.get(path + "?limit=201").status_code == 400
    assert mia.get(path + "?name=ann").status_code == 400


@pytest.mark.parametrize("what", ["people", "calibration"])
def test_nobody_but_managers_reads_them(what: str) -> None:
    world, _ = made()
    for name in ("ann", "rex", "eve", "val"):
        answer = Caller(make_key(world.people[name])).get(f"/projects/{world.project.id}/quality/{what}/")
        assert answer.status_code == 403
    other = make_scored_world(tasks=0)
    assert Caller(make_key(other.people["mia"])).get(f"/projects/{world.project.id}/quality/{what}/").status_code == 404
