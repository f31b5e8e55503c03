"""What nobody may learn beyond their part: evidence, blind judging, others' projects, keys narrowed to one project."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import ApiKey, Membership, Organization
from apps.common.ids import new_id
from apps.jobs.operations import enqueue
from apps.projects.models import Collaborator
from apps.tasks.models import Task
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, graph, make_world

pytestmark = pytest.mark.django_db
BLIND = {"show_evidence": "after my verdict"}


def caller(world: World, name: str, **narrowed: Any) -> Caller:
    return Caller(make_key(world.people[name], **narrowed))


def rows(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_an_annotator_reads_no_choice_in_the_history() -> None:
    world = make_world(workflow=graph(review={"sample": 0.5}))
    task = world.submitted("ann")
    path = f"/tasks/{task.id}/history/"
    whole = {row["action"] for row in rows(caller(world, "mia").get(path))}
    assert {"routed", "selection"} <= whole
    seen = rows(caller(world, "ann").get(path))
    assert {row["action"] for row in seen} == {"created", "claimed", "submitted"}
    shown = caller(world, "ann").get(f"/tasks/{task.id}/").json()
    assert not {"route_reason", "metrics"} & shown.keys()


def test_why_somebody_escalated_is_no_news_for_the_annotator() -> None:
    world = make_world()
    task = world.submitted("ann")
    world.must_claim("rex", "review")
    world.step("rex", task, "escalate", reason="the model says 0.9")
    told = {row["action"]: row["reason"] for row in rows(caller(world, "ann").get(f"/tasks/{task.id}/history/"))}
    assert told["escalated"] is None
    told = {row["action"]: row["reason"] for row in rows(caller(world, "eve").get(f"/tasks/{task.id}/history/"))}
    assert told["escalated"] == "the model says 0.9"


def test_a_blind_judge_sees_no_earlier_word() -> None:
    """Neither in the claim's answer, nor among their own tasks, nor in history and verdicts."""
    world = make_world(workflow=graph(expert=BLIND))
    task = world.submitted("ann")
    world.must_claim("rex", "review")
    eve, rex = caller(world, "eve"), caller(world, "rex")
    label = str(world.first_label(task))
    word = {"label": label, "verdict": "rejected", "kind": "wrong_class", "comment": "surely a WBC"}
    assert rex.post(f"/tasks/{task.id}/reviews/", word).status_code == 201
    world.step("rex", task, "escalate", reason="hard to say")
    claimed = eve.post(f"/projects/{world.project.id}/stages/expert/claim/", {})
    assert claimed.status_code == 200
    answers = [
        claimed,
        eve.get(f"/tasks/{task.id}/"),
        eve.get("/my/tasks/?status=open"),
        eve.get(f"/tasks/{task.id}/history/"),
        eve.get(f"/tasks/{task.id}/reviews/"),
    ]
    for answer in answers:
        assert b"surely a WBC" not in answer.content
        assert b"hard to say" not in answer.content
    assert not {"route_reason", "metrics"} & claimed.json().keys()


def test_a_judge_lists_and_reads_only_where_the_stage_names_them() -> None:
    world = make_world(workflow=graph(review={"collaborators": ["somebody@else.test"]}))
    task = world.submitted("ann")
    rex = caller(world, "rex")
    assert rows(rex.get(f"/projects/{world.project.id}/tasks/")) == []
    assert rex.get(f"/tasks/{task.id}/").status_code == 404


def test_lists_hold_exactly_what_may_be_read() -> None:
    """Once each, in order and over pages, for every role."""
    world = make_world(tasks=6)
    world.submitted("ann")
    world.submitted("bob")
    world.must_claim("ann")
    Collaborator.objects.filter(project=world.project, user=world.people["rex"]).update(roles=["reviewer", "annotator"])
    world.must_claim("rex", "review")
    tasks = list(Task.objects.filter(project=world.project).order_by("id"))
    for name in ("ann", "bob", "rex", "eve", "mia", "val", "bot"):
        speaker = caller(world, name)
        for ordering in ("id", "-id", "-priority", "updated_at", "-updated_at"):
            listed: list[str] = []
            path: str | None = f"/projects/{world.project.id}/tasks/?limit=2&ordering={ordering}"
            while path:
                page = speaker.get(path.removeprefix("http://testserver/api/v1")).json()
                listed += [row["id"] for row in page["results"]]
                path = page["next"]
            readable = [str(task.id) for task in tasks if speaker.get(f"/tasks/{task.id}/").status_code == 200]
            assert sorted(listed) == readable, (name, ordering)


def test_the_inbox_forgets_projects_that_one_has_left() -> None:
    world, other = make_world(), make_world()
    task = world.submitted("ann")
    world.must_claim("rex", "review")
    world.step("rex", task, "reject", reason="look at cell 4")
    ann = world.people["ann"]
    assert [row["text"] for row in rows(caller(world, "ann").get("/my/inbox/"))] == ["look at cell 4"]
    elsewhere = caller(world, "ann", project_id=other.project.id)
    assert rows(elsewhere.get("/my/inbox/")) == []
    assert rows(elsewhere.get("/my/tasks/")) == rows(elsewhere.get("/my/tasks/?status=open")) == []
    Collaborator.objects.filter(user=ann).delete()
    assert rows(caller(world, "ann").get("/my/inbox/")) == []


def test_jobs_of_a_project_are_its_own_people_s() -> None:
    """Their results hold signed addresses of exports, so a manager without a part in the project sees none."""
    world = make_world()
    Membership.objects.filter(user=world.people["bob"]).update(role="manager")
    Collaborator.objects.filter(user=world.people["bob"]).delete()

    def job(project: UUID | None, name: str = "mia") -> str:
        who = world.people[name]
        made = enqueue(kind="x", organization_id=world.organization.id, params={}, created_by=who, project_id=project)
        return str(made.id)

    inside, outside, vals = job(world.project.id), job(None), job(world.project.id, "val")
    assert {row["id"] for row in rows(caller(world, "bob").get("/jobs/"))} == {outside}
    assert caller(world, "bob").get(f"/jobs/{inside}/").status_code == 404
    assert {row["id"] for row in rows(caller(world, "val").get("/jobs/"))} == {vals}
    Collaborator.objects.filter(user=world.people["val"]).delete()
    assert rows(caller(world, "val").get("/jobs/")) == []
    Membership.objects.filter(user=world.people["bob"]).update(role="admin")
    assert {row["id"] for row in rows(caller(world, "bob").get("/jobs/"))} == {inside, outside, vals}


def test_a_key_of_one_project_reaches_nothing_else() -> None:
    world, other = make_world(), make_world()
    mia = world.people["mia"]
    Membership.objects.create(organization=other.organization, user=mia, role="owner")
    Membership.objects.filter(user=mia, organization=world.organization).update(role="owner")
    mia.is_superuser = True
    mia.save(update_fields=["is_superuser"])
    make_key(mia, name="whole")
    whole = ApiKey.objects.get(name="whole")
    narrow = caller(world, "mia", project_id=world.project.id)
    task, foreign = (Task.objects.filter(project=w.project).first() for w in (world, other))
    assert task is not None
    assert foreign is not None
    assert narrow.get(f"/tasks/{task.id}/").status_code == 200
    for path in (f"/tasks/{foreign.id}/", f"/projects/{other.project.id}/", f"/organizations/{other.organization.id}/",
                 f"/organizations/{world.organization.id}/members/", f"/datasets/{other.dataset.id}/"):  # fmt: skip
        assert narrow.get(path).status_code == 404, path
    assert rows(narrow.get("/organizations/")) == []
    assert {row["id"] for row in rows(narrow.get("/projects/"))} == {str(world.project.id)}
    assert narrow.delete(f"/auth/api-keys/{whole.pk}/").status_code == 404
    assert narrow.post("/organizations/", {"name": "Mine"}).status_code == 403
    assert narrow.patch("/me/", {"name": "Other"}).status_code == 403
    assert narrow.post("/auth/api-keys/", {"name": "wider"}).status_code in (400, 403)
    assert not Organization.objects.filter(name="Mine").exists()
    assert ApiKey.objects.get(pk=whole.pk).revoked_at is None
    ids = {"tasks": [str(foreign.id), str(new_id())], "action": "priority", "priority": 99}
    answer = narrow.post(f"/projects/{world.project.id}/tasks/bulk/", ids).json()
    strip = [{k: v for k, v in row.items() if k != "id"} for row in answer["results"]]
    assert strip[0] == strip[1]
    assert Task.objects.get(id=foreign.id).priority == 0


def test_one_s_own_tasks_cost_the_same_however_many() -> None:
    world = make_world(tasks=12)
    ann = caller(world, "ann")
    counts = []
    for number in (2, 8):
        for _ in range(number):
            world.submitted("ann")
        with CaptureQueriesContext(connection) as seen:
            rows(ann.get("/my/tasks/"))
        counts.append(len(seen))
    assert counts[0] >= counts[1]
