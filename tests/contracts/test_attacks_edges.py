"""Forged cursors and filters, headers on every answer, faults without a word too many, secrets that stay secret."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.test import Client

from apps.accounts import queries
from apps.accounts.models import Membership
from apps.common.ids import new_id
from apps.jobs.models import Job
from apps.projects.models import Collaborator
from apps.tasks.models import Task
from apps.tasks.operations import departure
from apps.tasks.operations.manage import assign_task
from apps.tasks.queries.integrity import broken_invariants
from tests.contracts.matrix import Rule, World, all_rules, prepare_all
from tests.factories.jobs import run_one
from tests.factories.people import PASSWORD, Caller, make_key, make_people
from tests.factories.tasks import make_world

pytestmark = pytest.mark.django_db
FORGED = [
    *[["id", value] for value in ("x", 1, -5, 1.5, {"u": "0" * 32}, {"t": "2026-01-01T00:00:00+00:00"}, "\x00")],
    *[[name, 1, {"u": "0" * 32}] for name in ("-priority", "updated_at", "-updated_at", "name", "-acted_at")],
    *[[name, "a", "b"] for name in ("-priority", "updated_at", "name", "-acted_at")],
    ["name", "\x00", {"u": "0" * 32}],
    *[[name, value] for name in ("-id", "sequence") for value in ("x", 7, {"u": "0" * 32}, {"t": "9999-12-31"})],
    [], {}, "x", ["id", ["a"]], ["id", {"u": 5}], ["id", {"t": "never"}],
]  # fmt: skip
QUERIES = [
    "ordering=created_by__password", "ordering=-assignee__password", "assignee__password__startswith=p",
    "stage__regex=.*",
    "limit=0", "limit=1001", "limit=-1", "limit=1e3", "cursor=%00", "ordering=id;drop", "metadata__=x", "filter={}",
    "ordering=pk", "user__api_keys__digest=a", "limit=٣",
]  # fmt: skip


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield prepare_all(make_people())
        transaction.set_rollback(True)


RULES = {rule.route: rule for rule in all_rules()}
# The templates are one constant answer, not a list with pages.
LISTS = sorted(route for route, rule in RULES.items() if rule.method == "GET" and not rule.public)
LISTS.remove("GET workflows/templates/")


def url_of(rule: Rule, world: World) -> str:
    return rule.url({**world.ids, **(rule.args(world) if rule.args else {})})


@pytest.mark.parametrize("route", LISTS)
def test_forged_cursors_and_filters_are_refused(route: str, world: World) -> None:
    """Whatever a cursor holds: never a 5xx; and no name reaches a column that the list does not offer."""
    path = url_of(RULES[route], world)
    mia = world.people.caller("mia")
    for forged in FORGED:
        text = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode()
        ordering = f"&ordering={forged[0]}" if isinstance(forged, list) and forged and forged[0] != "id" else ""
        answer = mia.get(f"{path}?cursor={text}{ordering}")
        assert answer.status_code < 500, (forged, answer.content)
    for query in QUERIES:
        answer = mia.get(f"{path}?{query}")
        assert answer.status_code < 500, (query, answer.content)
        if "results" in (answer.json() if answer.status_code == 200 and "json" in answer["Content-Type"] else {}):
            assert query.startswith("cursor="), query


def test_every_answer_has_the_security_headers(world: World) -> None:
    """Refusals, pages and media too, for who is signed in and who is not."""
    paths = ["/api/v1" + url_of(rule, world) for rule in RULES.values()]
    paths += ["/", "/login", "/admin/login/", "/media/x.png", "/healthz", "/api/v1/nothing/", "/static/none.js", "/%00"]
    for path in paths:
        answer: Any = Client(raise_request_exception=False).get(path)
        assert answer["X-Content-Type-Options"] == "nosniff", path
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy or ("frame-ancestors 'none'" in policy and "object-src 'none'" in policy)
        assert "unsafe-eval" not in policy or path.startswith("/admin/"), path
        assert "script-src 'self' 'unsafe-inline'" not in policy, path
        assert answer["Referrer-Policy"] in ("same-origin", "no-referrer"), path
        assert answer["X-Frame-Options"] == "DENY", path


@pytest.mark.parametrize("fault", [RuntimeError("canary"), OperationalError("canary in the statement")])
def test_a_fault_says_nothing_about_itself(
    fault: Exception, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise fault

    monkeypatch.setattr("apps.accounts.api.auth.queries.me", broken)
    key = make_key(world.people.mia)
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"})
    answer: Any = client.get("/api/v1/me/")
    assert answer.status_code == (503 if isinstance(fault, OperationalError) else 500)
    assert b"canary" not in answer.content
    assert b"Traceback" not in answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert key not in caplog.text


def test_secrets_are_in_no_log_and_no_other_answer(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ann = world.people.ann
    body = {"email": ann.email, "password": PASSWORD, "name": "canary"}
    key = Caller().post("/auth/api-keys/", body).json()["key"]
    speaker = Caller(key)
    answers = [speaker.get(path) for path in ("/auth/api-keys/", "/me/", "/my/tasks/", "/jobs/")]
    answers.append(Caller().post("/auth/api-keys/", {**body, "password": PASSWORD + "x"}))
    answers.append(Caller(key[:-1]).get("/me/"))
    answers.append(Caller().post("/auth/session/", {"email": ann.email, "password": PASSWORD}))
    invited = world.people.caller("mia").post(
        f"/organizations/{world.people.organization.pk}/invitations/", {"email": "new@people.test", "role": "member"}
    )
    token = invited.json()["url"].rsplit("/", 1)[-1]
    answers.append(world.people.caller("mia").get(f"/organizations/{world.people.organization.pk}/invitations/"))
    for answer in answers:
        for secret in (key, PASSWORD, token):
            assert secret not in answer.content.decode()
    for secret in (key, PASSWORD, token):
        assert secret not in caplog.text
    assert repr(queries.find_key("0" * 64)) == "None"


def test_an_answer_is_not_given_again_to_who_has_lost_the_right(world: World) -> None:
    lab, mia = make_world(), Caller()
    boss = lab.people["mia"]
    Membership.objects.filter(user=boss).update(role="manager")
    mia = Caller(make_key(boss))
    task = lab.must_claim("ann").task
    routes: list[tuple[str, dict[str, Any]]] = [
        (f"/projects/{lab.project.id}/collaborators/", {"email": lab.people["bob"].email, "roles": ["reviewer"]}),
        (f"/projects/{lab.project.id}/tasks/bulk/", {"action": "unassign", "tasks": []}),
        (f"/tasks/{task.id}/priority/", {"priority": 7}),
        ("/datasets/", {"name": "More"}),
    ]
    for path, body in routes:
        assert mia.post(path, body, Idempotency_Key="k").status_code in (200, 201), path
        assert mia.post(path, body, Idempotency_Key="k")["Idempotency-Replayed"] == "true"
    Collaborator.objects.filter(user=boss).update(roles=["annotator"])
    Membership.objects.filter(user=boss).update(role="member")
    for path, body in routes:
        assert mia.post(path, body, Idempotency_Key="k").status_code == 403, path
    Collaborator.objects.filter(user=boss).delete()
    for path, body in routes[:3]:
        assert mia.post(path, body, Idempotency_Key="k").status_code == 404, path


def test_a_step_is_recalled_only_in_the_role_that_made_it(world: World) -> None:
    lab = make_world()
    task = lab.submitted("ann")
    Collaborator.objects.filter(user=lab.people["ann"]).update(roles=["viewer"])
    ann = Caller(make_key(lab.people["ann"]))
    assert ann.post(f"/tasks/{task.id}/recall/", {}).json()["code"] == "role_missing"
    assert lab.fresh(task).stage == "review"


def test_nobody_s_object_is_like_a_stranger_s(world: World) -> None:
    """In bodies, too: the assignee, the dataset, the tasks of a bulk, a task to be claimed by name."""
    lab, other = make_world(), make_world()
    mia, ann = (Caller(make_key(lab.people[name])) for name in ("mia", "ann"))
    task, foreign = lab.must_claim("bob").task, other.submitted("ann")
    pairs: list[tuple[Caller, str, Any, Any]] = [
        (mia, f"/tasks/{task.id}/assign/", {"user": str(other.people["ann"].pk)}, {"user": str(new_id())}),
        (mia, f"/tasks/{task.id}/assign/", {"user": other.people["ann"].email}, {"user": "nobody@x.test"}),
        (mia, f"/projects/{lab.project.id}/datasets/", {"dataset": str(other.dataset.pk)}, {"dataset": str(new_id())}),
        (ann, f"/projects/{lab.project.id}/stages/annotate/claim/", {"task": str(foreign.id)}, {"task": str(new_id())}),
    ]
    for speaker, path, strangers, nobodys in pairs:
        first, second = speaker.post(path, strangers), speaker.post(path, nobodys)
        assert (first.status_code, first.content) == (second.status_code, second.content), path
        assert first.status_code in (400, 404), path
    for name in ("stage=review", f"assignee={other.people['ann'].pk}", f"data_unit={foreign.data_unit_id}"):
        assert mia.get(f"/projects/{lab.project.id}/tasks/?{name}").json()["results"] == []


def test_somebody_with_any_number_of_tasks_leaves_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departure, "AT_ONCE", 2)
    lab = make_world(tasks=6)
    held = lab.must_claim("ann").task
    for task in Task.objects.filter(project=lab.project, status="waiting"):
        assign_task(task_id=task.id, actor=lab.people["mia"], person=lab.people["ann"])
    mia = Caller(make_key(lab.people["mia"]))
    path = f"/projects/{lab.project.id}/collaborators/{lab.people['ann'].id}/"
    assert mia.delete(path).status_code == 204
    assert lab.fresh(held).status == "waiting"
    assert Task.objects.filter(project=lab.project, assignee=None).count() == 2
    job = Job.objects.get(kind=departure.RELEASE)
    assert run_one(job).result == {"freed": 4}
    assert Task.objects.filter(project=lab.project, assignee=None).count() == 6
    assert broken_invariants(project_id=lab.project.id) == []
