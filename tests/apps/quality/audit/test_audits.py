"""Waves by themselves, hidden audits, and the settings they follow."""

from __future__ import annotations

from typing import Any

import pytest

from apps.labels.models import Label
from apps.quality.models import AuditDraw, AuditWave, QualitySettings, Repeat
from apps.quality.operations.auditing import audit
from apps.quality.operations.repeats import repeat
from apps.tasks.models import Selection, Task, Visit
from apps.tasks.operations.claims import release_task
from apps.tasks.operations.manage import assign_task, send_to_stage
from tests.factories.quality_audit import (
    audited_world,
    caller,
    judge,
    later,
    path,
    second_expert,
    world_class,
)
from tests.factories.tasks import World

pytestmark = pytest.mark.django_db


def looked_after(world: World, **values: Any) -> QualitySettings:
    return QualitySettings.objects.create(project=world.project, **values)


def test_waves_begin_by_themselves_over_what_came_to_rest() -> None:
    world = audited_world(tasks=12, wrong=set(), boxes=1)
    assert audit(later()) == 0
    looked_after(world, target_share=0.2, base_rate=0.3)
    assert audit(later()) == 0, "too few, and not for long"
    tomorrow = later(days=2)
    audit(tomorrow)
    wave = AuditWave.objects.get(project=world.project)
    for _ in range(3):
        audit(tomorrow)
    wave.refresh_from_db()
    assert (wave.number, wave.frame, wave.state) == (1, 12, "drawn")
    rows = Selection.objects.filter(project=world.project, design="audit")
    assert rows.count() == 12
    assert {row.chosen for row in rows if row.draw is not None and row.draw < row.probability} <= {True}
    assert Task.objects.filter(project=world.project, stage="expert").count() == wave.drawn
    for days in (3, 4):
        audit(later(days=days))
    assert AuditWave.objects.filter(project=world.project).count() == 1, "nothing new has come to rest"


def test_a_wave_goes_on_where_it_was_left_and_draws_each_task_once() -> None:
    world = audited_world(tasks=9, wrong=set(), boxes=1)
    looked_after(world, base_rate=0.5)
    tomorrow = later(days=2)
    for _ in range(6):
        audit(tomorrow)
    assert Selection.objects.filter(project=world.project, design="audit").count() == 9
    drawn = AuditDraw.objects.filter(project=world.project)
    assert drawn.count() == drawn.values("task").distinct().count()


def test_a_project_that_switched_it_off_is_left_alone() -> None:
    world = audited_world(tasks=6, wrong=set(), boxes=1)
    looked_after(world, audit_enabled=False)
    audit(later(days=2))
    assert not AuditWave.objects.filter(project=world.project).exists()


def test_labels_that_a_model_made_are_drawn_twice_as_often() -> None:
    world = audited_world(tasks=20, wrong=set(), boxes=1)
    tasks = list(Task.objects.filter(project=world.project).order_by("id"))
    for task in tasks[:10]:
        Label.objects.filter(label_set=task.label_set).update(origin={"kind": "model", "model": "m", "edited": False})
    caller(world, "mia").post(path(world, "quality/audit/"), {"looks": 6})
    chances = dict(Selection.objects.filter(design="audit").values_list("task_id", "probability"))
    assert chances[tasks[0].id] == pytest.approx(2 * chances[tasks[-1].id])
    assert sum(chances.values()) == pytest.approx(6)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value[:1]] if isinstance(value, list) else type(value).__name__


def test_an_audit_looks_like_any_other_task_to_its_expert() -> None:
    world = audited_world(tasks=8, wrong={0}, boxes=2, show_evidence="after my verdict")
    tasks = list(Task.objects.filter(project=world.project).order_by("id"))
    for task in tasks[:4]:
        send_to_stage(
            task_id=task.id, actor=world.people["mia"], stage="expert", reason="score 0.91827364", priority=30
        )
    caller(world, "mia").post(path(world, "quality/audit/"), {"looks": 4})
    audited = AuditDraw.objects.filter(project=world.project, state="sent").values_list("task_id", flat=True)
    assert audited
    assert {*Task.objects.filter(id__in=audited).values_list("priority", flat=True)} == {30}
    eve = caller(world, "eve")
    seen: dict[bool, list[Any]] = {True: [], False: []}
    while (answer := eve.post(path(world, "stages/expert/claim/"), {})).status_code == 200:
        task = answer.json()
        told = [
            eve.get(f"/tasks/{task['id']}/").json(),
            eve.get(f"/tasks/{task['id']}/labels/").json(),
            eve.get(f"/tasks/{task['id']}/reviews/").json(),
            eve.get(f"/tasks/{task['id']}/history/").json(),
        ]
        assert "0.91827364" not in str(told)
        assert not {"metrics", "route_reason", "blind", "selections"} & set(told[0])
        seen[Task.objects.get(id=task["id"]).id in set(audited)].append([shape(part) for part in told[:3]])
        verdict = {"label": None, "verdict": "approved", "mode": "exhaustive"}
        assert eve.post(f"/tasks/{task['id']}/reviews/", verdict).status_code == 201
        assert eve.post(f"/tasks/{task['id']}/approve/", {}).status_code == 200
    assert seen[True][0] == seen[False][0]
    assert eve.get(path(world, "selections/")).status_code == 403
    assert eve.get(path(world, "quality/audit/")).status_code == 403


def test_experts_are_repeated_blind_by_somebody_else_and_their_error_is_measured() -> None:
    world = audited_world(tasks=10, wrong={0, 4}, boxes=4)
    looked_after(world, repeat_rate=0.5)
    second_expert(world)
    mia = caller(world, "mia")
    mia.post(path(world, "quality/audit/"), {"looks": 9})
    while judge(world, "eve"):
        pass
    for minutes in (1, 2):
        repeat(later(minutes=minutes))
    rows = Repeat.objects.filter(project=world.project)
    assert rows.count() == AuditDraw.objects.filter(project=world.project).count()
    chosen = rows.filter(chosen=True)
    assert chosen
    assert {row.state for row in chosen} == {"sent"}
    assert Selection.objects.filter(project=world.project, design="repeat").count() == rows.count()
    visits = Visit.objects.filter(id__in=chosen.values("second_visit"))
    assert {visit.blind for visit in visits} == {True}
    assert {visit.reserved_for_id for visit in visits} == {world.people["eli"].id}
    assert world.claim("eve", "expert") is None
    while judge(world, "eli"):
        pass
    repeat(later(minutes=3))
    done = list(rows.filter(state="done"))
    assert len(done) == len(chosen)
    assert sum(row.labels for row in done) == 4 * len(done) == sum(row.agreed for row in done)
    said = mia.get(path(world, "quality/certificate/")).json()
    assert said["repeats"]["labels"] == 4 * len(done)
    repeat(later(minutes=4))
    assert rows.count() == AuditDraw.objects.filter(project=world.project).count(), "a repeat is not repeated"


def test_nobody_else_means_no_repeat() -> None:
    world = audited_world(tasks=4, wrong=set(), boxes=1)
    looked_after(world, repeat_rate=0.5)
    QualitySettings.objects.update(repeat_rate=1.0)
    caller(world, "mia").post(path(world, "quality/audit/"), {"looks": 4})
    while judge(world, "eve"):
        pass
    for minutes in (1, 2):
        repeat(later(minutes=minutes))
    assert {row.state for row in Repeat.objects.filter(project=world.project)} == {"moot"}
    assert Task.objects.filter(project=world.project, status="complete").count() == 4


def repeated(world: World) -> Repeat:
    """One task whose judgement by eve is with a second expert."""
    looked_after(world, repeat_rate=1.0)
    task = Task.objects.get(project=world.project)
    send_to_stage(task_id=task.id, actor=world.people["mia"], stage="expert")
    assert judge(world, "eve") == task.id
    for minutes in (1, 2):
        repeat(later(minutes=minutes))
    return Repeat.objects.get(state="sent")


def test_a_repeat_that_is_left_alone_goes_to_another_expert() -> None:
    world = audited_world(tasks=1, wrong=set(), boxes=1)
    eli, ida = second_expert(world), second_expert(world, "ida")
    row = repeated(world)
    first, other = ("eli", "ida") if row.second_id == eli.id else ("ida", "eli")
    repeat(later(days=2))
    assert Repeat.objects.get().second_id == row.second_id, "there was time enough"
    repeat(later(days=4))
    row.refresh_from_db()
    assert row.second_id == world.people[other].id
    visit = Visit.objects.get(id=row.second_visit or 0)
    assert (visit.reserved_for_id, visit.blind) == (row.second_id, True)
    assert set(row.figures["asked"]) == {str(eli.id), str(ida.id)}
    repeat(later(days=5))
    assert Repeat.objects.get().second_id == row.second_id, "it has three days of its own"
    assert judge(world, other) == row.task_id
    repeat(later(days=9))
    row.refresh_from_db()
    assert (row.state, row.labels, row.agreed, row.second_id) == ("done", 1, 1, world.people[other].id)
    assert judge(world, first) is None


def test_a_repeat_that_nobody_takes_is_given_up_and_its_task_rests_again() -> None:
    world = audited_world(tasks=1, wrong=set(), boxes=1)
    second_expert(world)
    row = repeated(world)
    repeat(later(days=4))
    row.refresh_from_db()
    task = Task.objects.get(id=row.task_id)
    assert (row.state, task.stage, task.status) == ("moot", "done", "complete")
    assert not Visit.objects.filter(task=task).exclude(status=2).exists()
    repeat(later(days=8))
    assert Repeat.objects.get().state == "moot"


def test_a_repeat_that_is_being_judged_or_was_assigned_by_a_manager_stays() -> None:
    world = audited_world(tasks=1, wrong=set(), boxes=1)
    second_expert(world)
    row = repeated(world)
    held = world.must_claim("eli", "expert").task
    assert held.id == row.task_id
    repeat(later(days=4))
    assert Visit.objects.get(id=row.second_visit or 0).holder_id == world.people["eli"].id
    release_task(task_id=held.id, user=world.people["eli"], is_manager=False, claim_token=None)
    ida = second_expert(world, "ida")
    assign_task(task_id=row.task_id, actor=world.people["mia"], person=ida)
    for days in (8, 9):
        repeat(later(days=days))
    row.refresh_from_db()
    assert row.state == "sent"
    assert Visit.objects.get(id=row.second_visit or 0).reserved_for_id == ida.id
    assert judge(world, "ida") == row.task_id
    repeat(later(days=10))
    assert Repeat.objects.get().second_id == ida.id


def test_settings_are_kept_and_checked() -> None:
    world = audited_world(tasks=1, wrong=set(), boxes=1)
    mia = caller(world, "mia")
    address = path(world, "quality/settings/")
    assert mia.get(address).json()["target_share"] == 0.01
    assert not QualitySettings.objects.filter(project=world.project).exists()
    given = {"target_share": 0.02, "costs": {"missing": 5}, "class_costs": {"WBC": 10}, "stage": "expert"}
    said = mia.patch(address, given).json()
    assert (said["target_share"], said["costs"], said["class_costs"]) == (0.02, {"missing": 5.0}, {"WBC": 10.0})
    assert QualitySettings.objects.get(project=world.project).class_costs == {world_class(world, "WBC"): 10.0}
    for wrong in (
        {"costs": {"ugly": 1}},
        {"costs": {"missing": -1}},
        {"class_costs": {"Horse": 1}},
        {"stage": "annotate"},
        {"target_share": 2},
        {"confidence": "0.9"},
        {"model": "0190f7c2-1111-7abc-8def-123456789abc"},
        {"colour": 1},
    ):
        assert mia.patch(address, wrong).status_code == 400, wrong
    assert mia.get(address).json() == said
    assert caller(world, "eve").get(address).status_code == 403


def test_a_second_wave_may_draw_over_what_the_first_passed_by() -> None:
    world = audited_world(tasks=16, wrong=set(), boxes=1)
    mia = caller(world, "mia")
    mia.post(path(world, "quality/audit/"), {"looks": 4})
    first = AuditDraw.objects.filter(project=world.project).count()
    while judge(world, "eve"):
        pass
    assert mia.post(path(world, "quality/audit/"), {"looks": 4}).status_code == 201
    rows = Selection.objects.filter(project=world.project, design="audit", wave=2)
    assert rows.count() == 16
    assert rows.filter(draw=None, chosen=False).count() == first, "what was looked at would have had the same chance"
    assert AuditWave.objects.get(project=world.project, number=2).frame == 16 - first
    shown = mia.get(path(world, "quality/audit/")).json()
    assert [wave["number"] for wave in shown["waves"]] == [2, 1]
    assert shown["due"] == AuditDraw.objects.filter(project=world.project).count() - first
