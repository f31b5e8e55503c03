"""Many clients, real server processes, one queue: no task twice, none lost, nobody starved."""

from __future__ import annotations

import os
from collections import Counter
from functools import partial

import pytest

from apps.tasks.models import TaskEvent
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.clients import Program
from tests.factories.crowds import add_many_tasks, add_people, keys_of
from tests.factories.servers import Installation
from tests.factories.tasks import World, make_world
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def take_all(program: Program, project: str) -> list[str]:
    """Claims and submits until nothing is left; the tasks in the order they came."""
    taken: list[str] = []
    claim = f"/projects/{project}/stages/annotate/claim/"
    while True:
        answer = program.ask("POST", claim, {})
        if answer.status == 204:
            program.drop()
            return taken
        assert answer.status == 200, answer.body
        task = answer.json()
        assert task["resumed"] is False
        sent = {"claim_token": task["claim"]["token"], "verified_empty": True}
        done = program.post(f"/tasks/{task['id']}/submit/", sent)
        assert done["stage"] == "review"
        taken.append(task["id"])


def check(world: World, taken: list[list[str]], tasks: int) -> None:
    """Exactly what the clients say happened, and a fair share for each."""
    everything = [task for one in taken for task in one]
    assert max(Counter(everything).values()) == 1
    assert len(everything) == tasks
    actions = Counter(TaskEvent.objects.filter(task__project=world.project).values_list("action", flat=True))
    assert (actions["claimed"], actions["submitted"]) == (tasks, tasks)
    assert first_difference(project_id=world.project.id) is None
    assert broken_invariants(project_id=world.project.id) == []
    mean = tasks / len(taken)
    assert min(len(one) for one in taken) >= mean / 2, sorted(len(one) for one in taken)


def test_a_queue_is_handed_out_once_and_fairly(installation: Installation) -> None:
    """32 clients on two servers with PostgreSQL, 8 on one with SQLite. LAPIDARY_RACE_TASKS asks for other sizes."""
    clients, servers, tasks = (32, 2, 2_000) if installation.is_postgresql else (8, 1, 800)
    tasks = int(os.environ.get("LAPIDARY_RACE_TASKS") or tasks)
    world = make_world(tasks=0)
    add_many_tasks(world, tasks)
    keys = keys_of(add_people(world, clients))
    urls = [installation.web(threads=16).url for _ in range(servers)]
    project = str(world.project.id)
    programs = [Program([urls[n % servers]], key) for n, key in enumerate(keys)]
    taken = at_once([partial(take_all, program, project) for program in programs])
    check(world, taken, tasks)
