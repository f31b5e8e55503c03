"""Two routings at once: no task is sent twice, and every unit is written down by both."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from apps.quality.models import RouteMove, RouteRun
from apps.tasks.models import Selection, TaskEvent
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.quality_routing import caller, route_path, routed_world
from tests.factories.tasks import World
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

TASKS, CALLERS = 12, 4


def routing(world: World, body: dict[str, Any]) -> Any:
    client = caller(world)
    sent = {"metric": "mistakenness", "to_stage": "expert", **body}
    return lambda: client.post(route_path(world), sent)


def test_routings_at_once_never_send_a_task_twice() -> None:
    world, _ = routed_world([0.9] * TASKS)
    answers = at_once([routing(world, {"threshold": 0.5}), *(routing(world, {"top": 8}) for _ in range(CALLERS - 1))])
    assert {answer.status_code for answer in answers} == {200}
    moves = Counter(TaskEvent.objects.filter(action="moved").values_list("task_id", flat=True))
    assert max(moves.values()) == 1
    assert len(moves) == RouteMove.objects.count() == sum(answer.json()["selected"] for answer in answers)
    chosen = Counter(
        Selection.objects.filter(design__startswith="route", chosen=True).values_list("task_id", flat=True)
    )
    assert chosen == moves
    waves = sorted(RouteRun.objects.values_list("wave", flat=True))
    assert waves == list(range(1, CALLERS + 1))
    assert first_difference(project_id=world.project.id) is None
    assert broken_invariants(project_id=world.project.id) == []


def test_a_claim_at_the_same_moment_keeps_its_task() -> None:
    world, tasks = routed_world([0.9] * TASKS)
    rex = caller(world, "rex")
    claim = f"/projects/{world.project.id}/stages/review/claim/"

    def take() -> Any:
        return rex.post(claim, {})

    claimed, routed = at_once([take, routing(world, {"threshold": 0.5})])
    assert routed.status_code == 200, routed.content
    assert claimed.status_code in (200, 204)
    sent = {row["task"] for row in routed.json()["tasks"]}
    if claimed.status_code == 200:
        assert claimed.json()["id"] not in sent
        assert len(sent) == len(tasks) - 1
    else:
        assert len(sent) == len(tasks)
    assert broken_invariants(project_id=world.project.id) == []
