"""The main job over REST, by several people: upload → label → submit → review rejects → fix → approve → complete."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from PIL import Image

from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.tasks import CELLS, graph

pytestmark = pytest.mark.django_db(transaction=True)


def picture(number: int) -> io.BytesIO:
    """A small photograph-like PNG, different for every number."""
    data = io.BytesIO()
    Image.effect_noise((320, 240), 20 + number).convert("RGB").save(data, "PNG")
    data.seek(0)
    data.name = f"smear-{number}.png"
    return data


class Person:
    """A program that acts for one person."""

    def __init__(self, email: str) -> None:
        self.http = Client()
        answer = self.http.post(
            "/api/v1/auth/api-keys/",
            json.dumps({"email": email, "password": "lapidary", "name": "walk"}),
            content_type="application/json",
        )
        assert answer.status_code == 201, answer.content
        self.headers = {"authorization": f"Bearer {answer.json()['key']}"}

    def call(
        self, method: str, path: str, body: Any = None, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> Any:
        answer = self.http.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={**self.headers, **(headers or {})},
        )
        assert answer.status_code == status, (method, path, answer.status_code, answer.content[:2000])
        self.last = answer
        return answer.json() if answer.content else None

    def get(self, path: str, status: int = 200) -> Any:
        return self.call("GET", path, status=status)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("POST", path, body if body is not None else {}, **options)


@pytest.fixture
def people() -> dict[str, Person]:
    """ann and bob annotate, rex reviews, eve is an expert, mia manages; all in one organization."""
    from apps.accounts.models import Membership, Organization, User

    organization = Organization.objects.create(name="Walkers")
    found = {}
    for name in ("ann", "bob", "rex", "eve", "mia"):
        user = User.objects.create_user(f"{name}@walk.test", "lapidary", name=name.title())
        role = "manager" if name == "mia" else "member"
        Membership.objects.create(organization=organization, user=user, role=role)
        found[name] = Person(user.email)
    return found


def make_project(mia: Person, units: int = 2) -> str:
    """Ontology, data, workflow, project and its people, all over REST; answers the project's id."""
    ontology = mia.post("/ontologies/", {"name": "Cells", **CELLS}, status=201)
    dataset = mia.post("/datasets/", {"name": "Smears"}, status=201)
    files = [picture(number) for number in range(units)]
    upload = mia.http.post(f"/api/v1/datasets/{dataset['id']}/data-units/", {"files": files}, headers=mia.headers)
    assert upload.status_code == 201, upload.content
    assert len(upload.json()["created"]) == units
    workflow = mia.post("/workflows/", {"name": "Review", "graph": graph()}, status=201)
    body = {"name": "Cells", "ontology": ontology["id"], "workflow": workflow["id"], "datasets": [dataset["id"]]}
    project = mia.post("/projects/", body | {"tasks": "all"}, status=201)
    roles = {"ann": "annotator", "bob": "annotator", "rex": "reviewer", "eve": "expert"}
    for name, role in roles.items():
        path = f"/projects/{project['id']}/collaborators/"
        mia.post(path, {"email": f"{name}@walk.test", "roles": [role], "skills": []}, status=201)
    return str(project["id"])


def cell(x: float = 10) -> dict[str, Any]:
    geometry = {"x": x, "y": 20, "width": 30, "height": 40}
    return {"id": str(uuid4()), "class": "RBC", "shape": "bounding_box", "geometry": geometry, "attributes": {}}


def label_and_submit(ann: Person, project: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """ann's first round: the task and its two cells. A save without If-Match or with an old one is refused."""
    task = ann.post(f"/projects/{project}/stages/annotate/claim/")
    token = task["claim"]["token"]
    assert task["data_unit"]["width"] == 320
    assert "route_reason" not in task
    assert ann.get(f"/tasks/{task['id']}/labels/") == {"revision": 0, "labels": []}
    etag = ann.last["ETag"]
    first, second = cell(10), cell(100)
    save = {"upsert": [first, second], "claim_token": token}
    ann.call("PATCH", f"/tasks/{task['id']}/labels/", save, status=428)
    saved = ann.call("PATCH", f"/tasks/{task['id']}/labels/", save, headers={"If-Match": etag})
    assert saved["revision"] == 1
    ann.call("PATCH", f"/tasks/{task['id']}/labels/", save, status=412, headers={"If-Match": etag})
    done = ann.post(f"/tasks/{task['id']}/submit/", {"claim_token": token})
    assert (done["stage"], done["status"]) == ("review", "waiting")
    return task, first, second


def reject(rex: Person, project: str, task: dict[str, Any], first: dict[str, Any], second: dict[str, Any]) -> None:
    """rex approves one label and rejects the task for the other."""
    assert rex.post(f"/projects/{project}/stages/review/claim/")["id"] == task["id"]
    rex.post(f"/tasks/{task['id']}/reviews/", {"label": second["id"], "verdict": "approved"}, status=201)
    named = [{"label": first["id"], "kind": "badly_located", "reason": "cut"}]
    rex.post(f"/tasks/{task['id']}/reject/", {"comment": "The border is off.", "labels": named})


def test_the_main_job(people: dict[str, Person]) -> None:
    ann, bob, rex, mia = (people[name] for name in ("ann", "bob", "rex", "mia"))
    project = make_project(mia)
    stages = {row["id"]: row for row in mia.get(f"/projects/{project}/stages/")["stages"]}
    assert stages["annotate"]["waiting"] == 2
    task, first, second = label_and_submit(ann, project)
    reject(rex, project, task, first, second)

    assert bob.post(f"/projects/{project}/stages/annotate/claim/")["id"] != task["id"]
    assert [entry["kind"] for entry in ann.get("/my/inbox/")["results"]] == ["returned"]
    again = ann.post(f"/projects/{project}/stages/annotate/claim/")
    assert (again["id"], again["round"]) == (task["id"], 2)
    verdicts = {(item["label"], item["verdict"]) for item in ann.get(f"/tasks/{task['id']}/reviews/")["results"]}
    assert verdicts == {(first["id"], "rejected"), (second["id"], "approved")}
    fixed = first | {"geometry": {"x": 12, "y": 22, "width": 28, "height": 38}}
    ann.post(f"/tasks/{task['id']}/submit/", {"labels": {"upsert": [fixed], "base_revision": 1}})
    rex.post(f"/projects/{project}/stages/review/claim/")
    diff = rex.get(f"/tasks/{task['id']}/labels/diff/?from=1&to=2")["changes"]
    assert [change["id"] for change in diff] == [first["id"]]
    assert rex.post(f"/tasks/{task['id']}/approve/")["status"] == "complete"

    history = mia.get(f"/tasks/{task['id']}/history/")["results"]
    assert [row["action"] for row in history][:3] == ["created", "claimed", "submitted"]
    assert [row["sequence"] for row in history] == list(range(1, len(history) + 1))
    assert mia.get(f"/projects/{project}/stages/")["complete"] == 1
    assert ann.get("/my/tasks/")["results"][0]["id"] == task["id"]
    assert first_difference() is None
    assert broken_invariants() == []


def test_a_retry_has_one_effect(people: dict[str, Person]) -> None:
    ann, mia = people["ann"], people["mia"]
    project = make_project(mia)
    key = {"Idempotency-Key": "claim-1"}
    first = ann.post(f"/projects/{project}/stages/annotate/claim/", headers=key)
    again = ann.post(f"/projects/{project}/stages/annotate/claim/", headers=key)
    assert first == again
    done = ann.post(f"/tasks/{first['id']}/submit/", {"verified_empty": True}, headers={"Idempotency-Key": "submit-1"})
    repeated = ann.post(
        f"/tasks/{first['id']}/submit/", {"verified_empty": True}, headers={"Idempotency-Key": "submit-1"}
    )
    assert done == repeated
    ann.post(f"/tasks/{first['id']}/submit/", {}, status=409, headers={"Idempotency-Key": "submit-1"})
    assert mia.get(f"/projects/{project}/stages/")["stages"][2]["waiting"] == 1


def test_a_stale_token_keeps_the_labels_as_a_draft(people: dict[str, Person]) -> None:
    ann, mia = people["ann"], people["mia"]
    project = make_project(mia)
    task = ann.post(f"/projects/{project}/stages/annotate/claim/")
    mia.post(f"/tasks/{task['id']}/release/")
    late = {"claim_token": task["claim"]["token"], "labels": {"upsert": [cell()], "base_revision": 0}}
    problem = ann.post(f"/tasks/{task['id']}/submit/", late, status=409, headers={"Idempotency-Key": "late"})
    assert problem["code"] == "stale_claim"
    drafts = ann.get(f"/tasks/{task['id']}/drafts/")["results"]
    assert len(drafts) == 1
    assert mia.get(f"/tasks/{task['id']}/labels/")["revision"] == 0


def test_an_annotator_reads_only_their_own(people: dict[str, Person]) -> None:
    ann, bob, mia = people["ann"], people["bob"], people["mia"]
    project = make_project(mia)
    task = ann.post(f"/projects/{project}/stages/annotate/claim/")
    bob.get(f"/tasks/{task['id']}/", status=404)
    bob.get(f"/projects/{project}/selections/", status=403)
    assert bob.get(f"/projects/{project}/tasks/")["results"] == []
    assert [row["id"] for row in ann.get(f"/projects/{project}/tasks/")["results"]] == [task["id"]]
    assert len(mia.get(f"/projects/{project}/tasks/")["results"]) == 2
