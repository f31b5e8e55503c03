"""A fault before or after any write or commit, by its number: the retry ends well and nothing is half done (F5, F6)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.labels.models import Label, LabelSet, Revision
from apps.tasks.models import TaskEvent
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.labels import box
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
EVERY = int(os.environ.get("LAPIDARY_FAULTS_EVERY") or 9)
WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")


class Fault(OperationalError):
    """The connection broke."""


class Faults:
    """Counts writes and commits, and raises at one of them: before it, or after it has been done."""

    def __init__(self, at: int = 0, *, late: bool = False) -> None:
        self.at, self.late, self.count = at, late, 0

    def around(self, call: Callable[[], Any]) -> Any:
        self.count += 1
        hit = self.count == self.at
        if hit and not self.late:
            raise Fault("before")
        done = call()
        if hit:
            raise Fault("after")
        return done

    def write(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip("( ").upper().startswith(WRITES):
            return execute(sql, params, many, context)
        return self.around(lambda: execute(sql, params, many, context))

    @contextmanager
    def there(self) -> Iterator[None]:
        commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]
        with (
            connection.execute_wrapper(self.write),
            patch.object(BaseDatabaseWrapper, "_commit", lambda self_: self.around(lambda: commit(self_))),
        ):
            yield


class Walk:
    """A short walk over the API, each step with its own Idempotency-Key and sent again until it is answered."""

    def __init__(self, world: World) -> None:
        self.world, self.faults = world, 0
        self.ann, self.rex = (Caller(make_key(world.people[name])) for name in ("ann", "rex"))
        for caller in (self.ann, self.rex):
            caller.client.raise_request_exception = False
            caller.get("/me/")

    def send(self, caller: Caller, method: str, path: str, body: Any, **headers: str) -> Any:
        for _ in range(3):
            answer = caller.request(method, path, body, **headers, Idempotency_Key=f"{method} {path}")
            if answer.status_code < 500:
                assert answer.status_code in (200, 201, 204), (path, answer.content)
                return answer
            assert answer.status_code == 503, answer.content
            assert answer["Retry-After"]
            self.faults += 1
        raise AssertionError(f"{path} is never answered")

    def __call__(self) -> str:
        queue = f"/projects/{self.world.project.id}/stages"
        task = self.send(self.ann, "POST", f"{queue}/annotate/claim/", {}).json()
        path, token = f"/tasks/{task['id']}", {"claim_token": task["claim"]["token"]}
        saved = {"upsert": [box()], **token}
        tag = self.ann.get(f"{path}/labels/")["ETag"]
        self.send(self.ann, "PATCH", f"{path}/labels/", saved, If_Match=tag)
        late = {"upsert": [box(x=200)], "base_revision": 1}
        self.send(self.ann, "POST", f"{path}/submit/", {**token, "labels": late})
        held = self.send(self.rex, "POST", f"{queue}/review/claim/", {}).json()
        again = {"claim_token": held["claim"]["token"], "comment": "smaller"}
        self.send(self.rex, "POST", f"{path}/reject/", again)
        return str(task["id"])


def check(world: World, task: str, faults: int, expected: int) -> None:
    assert faults == expected
    actions = list(TaskEvent.objects.filter(task_id=task).order_by("sequence").values_list("action", flat=True))
    assert actions == ["created", "claimed", "submitted", "routed", "claimed", "rejected"]
    assert TaskEvent.objects.filter(task__project=world.project, action="claimed").count() == 2
    labels = LabelSet.objects.get(project=world.project)
    assert (labels.revision, labels.label_count) == (2, 2)
    assert Revision.objects.filter(label_set=labels).count() == Label.objects.filter(label_set=labels).count() == 2
    assert first_difference(project_id=world.project.id) is None
    assert broken_invariants(project_id=world.project.id) == []


def test_no_fault_leaves_anything_half_done() -> None:
    """Every ``LAPIDARY_FAULTS_EVERY``-th write or commit of the walk fails once, before and after it is done."""
    world = make_world(tasks=1)
    walk, counted = Walk(world), Faults()
    with counted.there():
        task = walk()
    check(world, task, walk.faults, 0)
    assert counted.count > 10
    for number in range(1, counted.count + 1, EVERY):
        for late in (False, True):
            world = make_world(tasks=1)
            walk = Walk(world)
            with Faults(number, late=late).there():
                task = walk()
            check(world, task, walk.faults, 1)
