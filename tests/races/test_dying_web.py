"""Web processes killed in mid-request and answers that never arrive: nothing is lost, nothing happens twice."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from apps.labels.models import Label, LabelSet
from apps.tasks.models import TaskEvent
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.clients import Program
from tests.factories.crowds import add_many_tasks, add_people, keys_of
from tests.factories.labels import box
from tests.factories.servers import Installation, Web
from tests.factories.tasks import World, make_world
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 8
TASKS = 64
KILL_EVERY = 50


class Killer:
    """Kills one web process with SIGKILL at every ``KILL_EVERY``-th request, while others are under way."""

    def __init__(self, web: Web) -> None:
        self.web, self.kills, self._sent = web, 0, 0
        self._guard = threading.Lock()

    def tick(self) -> None:
        with self._guard:
            self._sent += 1
            workers = self.web.workers
            if self._sent % KILL_EVERY or not workers:
                return
            with suppress(ProcessLookupError):
                os.kill(workers[0], signal.SIGKILL)
                self.kills += 1


def label_all(program: Program, project: str, killer: Killer) -> dict[str, int]:
    """Claims, saves a box, submits, each safe to retry; the tasks with the revision that was answered."""
    done: dict[str, int] = {}

    def once(method: str, path: str, body: Any, **headers: str) -> Any:
        killer.tick()
        answer = program.ask(method, path, body, Idempotency_Key=str(uuid4()), **headers)
        assert answer.status in (200, 204), (method, path, answer.status, answer.body)
        return answer.json() if answer.body else None

    while task := once("POST", f"/projects/{project}/stages/annotate/claim/", {}):
        token, path = task["claim"]["token"], f"/tasks/{task['id']}"
        labels = {"upsert": [box()], "claim_token": token}
        saved = once("PATCH", f"{path}/labels/", labels, If_Match='"main-0"')
        once("POST", f"{path}/submit/", {"claim_token": token})
        assert task["id"] not in done
        done[task["id"]] = saved["revision"]
    program.drop()
    return done


def prove(world: World, done: list[dict[str, int]], tasks: int) -> None:
    """What the clients were told is what happened, once."""
    told = Counter(task for one in done for task in one)
    assert (len(told), set(told.values())) == (tasks, {1})
    assert all(revision == 1 for one in done for revision in one.values())
    actions = Counter(TaskEvent.objects.filter(task__project=world.project).values_list("action", flat=True))
    assert (actions["claimed"], actions["submitted"]) == (tasks, tasks)
    assert set(LabelSet.objects.filter(project=world.project).values_list("revision", "label_count")) == {(1, 1)}
    assert Label.objects.filter(label_set__project=world.project).count() == tasks
    assert first_difference(project_id=world.project.id) is None
    assert broken_invariants(project_id=world.project.id) == []


def test_web_processes_killed_in_mid_request(installation: Installation) -> None:
    world = make_world(tasks=0)
    add_many_tasks(world, TASKS)
    processes = 3 if installation.is_postgresql else 1
    web = installation.web(processes=processes)
    killer = Killer(web)
    programs = [Program([web.url], key) for key in keys_of(add_people(world, CLIENTS))]
    project = str(world.project.id)
    done = at_once([partial(label_all, program, project, killer) for program in programs])
    assert killer.kills > 2
    assert sum(program.lost for program in programs) > 0, "no request was under way when a process died"
    prove(world, done, TASKS)


class Hasty(Program):
    """Hangs up on every third request before its answer comes, then asks again with the same key."""

    sent = hung_up = 0

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> None:
        super().send(method, path, body, **headers)
        self.sent += 1
        if self.sent % 3 == 0:
            self.hung_up += 1
            raise ConnectionResetError


class Nobody(Killer):
    """Kills nothing."""

    def tick(self) -> None:
        return


def test_answers_that_are_never_read(installation: Installation) -> None:
    """The twin of a request in flight waits for it, and gets the same answer."""
    world = make_world(tasks=0)
    tasks = TASKS // 2
    add_many_tasks(world, tasks)
    web = installation.web()
    programs = [Hasty([web.url], key) for key in keys_of(add_people(world, CLIENTS))]
    project, nobody = str(world.project.id), Nobody(web)
    done = at_once([partial(label_all, program, project, nobody) for program in programs])
    assert sum(program.hung_up for program in programs) >= tasks
    prove(world, done, tasks)
