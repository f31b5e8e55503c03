"""A program outside: it knows the contract's pages and the demo's people, and nothing of the server's insides."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.accounts.models import Membership, Organization, User
from tests.factories.jobs import run_all_jobs

PASSWORD = "lapidary"
ROLES = {"ann": ["annotator"], "bob": ["annotator"], "rex": ["reviewer"], "eve": ["expert"]}

ONTOLOGY: dict[str, Any] = {
    "name": "Blood cells",
    "objects": [
        {
            "name": "RBC",
            "shape": "bounding_box",
            "color": "#c92a2a",
            "skill": None,
            "attributes": [
                {
                    "name": "overlap",
                    "type": "radio",
                    "required": False,
                    "options": [
                        {"value": "none"},
                        {"value": "partial", "attributes": [{"name": "with", "type": "text"}]},
                    ],
                },
                {"name": "flags", "type": "checklist", "options": [{"value": "cut"}, {"value": "blurred"}]},
            ],
        },
        {"name": "Platelets", "shape": "bounding_box"},
        {"name": "rot", "shape": "rotatable_bounding_box"},
        {"name": "poly", "shape": "polygon"},
        {"name": "line", "shape": "polyline"},
        {"name": "point", "shape": "keypoint"},
        {"name": "mask", "shape": "bitmask"},
        {
            "name": "hand",
            "shape": "skeleton",
            "template": {"points": ["wrist", "thumb", "index"], "edges": [[0, 1], [0, 2]]},
        },
    ],
    "classifications": [
        {"name": "focus", "type": "radio", "required": False, "options": [{"value": "sharp"}, {"value": "blurred"}]}
    ],
}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    json: Any
    headers: Mapping[str, str]
    text: str


class Caller:
    """Somebody with an API key, or without one."""

    def __init__(self, key: str = "") -> None:
        self.http = Client()
        self.key = key

    @classmethod
    def signed_in(cls, email: str) -> Caller:
        body = {"email": email, "password": PASSWORD, "name": "checker"}
        made = cls().post("/auth/api-keys/", body)
        assert made.status == 201, made
        return cls(made.json["key"])

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """``headers`` in Python's spelling: ``if_match="…"``. A body of files is sent as a form."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            sent["authorization"] = f"Bearer {self.key}"
        url = path if path.startswith(("/api/", "http")) else f"/api/v1{path}"
        if isinstance(body, Form):
            got = self.http.post(url, body.parts, headers=sent)
        else:
            text = "" if body is None else json.dumps(body)
            got = self.http.generic(method, url, text, content_type="application/json", headers=sent)
        shown = got.content.decode() if "json" in got.get("Content-Type", "") else ""
        return Answer(got.status_code, json.loads(shown) if shown else None, got.headers, shown)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, {} if body is None else body, **headers)

    def save(self, task: str, *labels: dict[str, Any], delete: Sequence[str] = ()) -> Answer:
        """A save of labels on what is there now."""
        path = f"/tasks/{task}/labels/"
        body = {"upsert": list(labels), "delete": list(delete)}
        return self.call("PATCH", path, body, if_match=self.get(path).headers["ETag"])

    def step(self, task: str, verb: str, **body: Any) -> Answer:
        return self.post(f"/tasks/{task}/{verb}/", body)


@dataclass(frozen=True)
class Form:
    """Multipart parts by name."""

    parts: dict[str, Any]


@dataclass
class Site:
    """The demo's people with their keys, and what a manager makes over the API."""

    people: dict[str, Caller] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Caller:
        if name not in self.people:
            raise AttributeError(name)
        return self.people[name]

    def dataset(self, units: int = 3, *, size: tuple[int, int] = (320, 240)) -> str:
        made = self.mia.post("/datasets/", {"name": "Smears"})
        assert made.status == 201
        files = [picture(f"img-{number}.png", size) for number in range(units)]
        if files:
            assert self.mia.post(f"/datasets/{made.json['id']}/data-units/", Form({"files": files})).status == 201
        return str(made.json["id"])

    def project(
        self,
        graph: dict[str, Any] | None = None,
        *,
        units: int = 3,
        ontology: dict[str, Any] | None = None,
        roles: Mapping[str, list[str]] = ROLES,
        dataset: str = "",
    ) -> Project:
        made = self.mia.post("/ontologies/", ontology or ONTOLOGY)
        workflow = self.mia.post("/workflows/", {"name": "Flow", "graph": graph or SIMPLE})
        assert (made.status, workflow.status) == (201, 201), (made, workflow)
        body = {"name": "Cells", "ontology": made.json["id"], "workflow": workflow.json["id"], "tasks": "all"}
        body["datasets"] = [dataset or self.dataset(units)]
        project = self.mia.post("/projects/", body)
        assert project.status == 201, project
        for name, given in roles.items():
            person = {"email": f"{name}@demo.test", "roles": given, "skills": []}
            assert self.mia.post(f"/projects/{project.json['id']}/collaborators/", person).status == 201
        return Project(self, str(project.json["id"]), made.json, body["datasets"][0])

    def job(self, location: str, by: str = "mia") -> Any:
        """The job after it ran."""
        run_all_jobs()
        return self.people[by].get(location).json


@dataclass(frozen=True)
class Project:
    """A project and its people, as the contract names them."""

    site: Site
    id: str
    ontology: dict[str, Any]
    dataset: str

    @property
    def path(self) -> str:
        return f"/projects/{self.id}"

    def claim(self, person: str, stage: str = "annotate", **body: Any) -> Answer:
        return self.site.people[person].post(f"{self.path}/stages/{stage}/claim/", body)

    def task(self, person: str, stage: str = "annotate") -> str:
        """The id of a task that the person now holds."""
        claimed = self.claim(person, stage)
        assert claimed.status == 200, claimed
        return str(claimed.json["id"])

    def submitted(self, person: str = "ann", *labels: dict[str, Any], stage: str = "annotate") -> Answer:
        """The answer to the submission of a task that the person claimed."""
        sent = {"upsert": list(labels), "base_revision": 0}
        done = self.site.people[person].step(self.task(person, stage), "submit", labels=sent, verified_empty=True)
        assert done.status == 200, done
        return done

    def tasks(self, query: str = "", by: str = "mia") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.site.people[by].get(f"{self.path}/tasks/?limit=500{query}").json["results"]
        return found

    def stages(self) -> dict[str, Any]:
        return {row["id"]: row for row in self.site.mia.get(f"{self.path}/stages/").json["stages"]}

    def selections(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.site.mia.get(f"{self.path}/selections/?limit=500").json["results"]
        return found


def make_site() -> Site:
    """ann bob rex eve are members, mia a manager, admin the owner, as in the demo."""
    organization = Organization.objects.create(name="Demo")
    site = Site()
    for name in ("ann", "bob", "rex", "eve", "mia", "admin"):
        user = User.objects.create_user(f"{name}@demo.test", PASSWORD, name=name.capitalize())
        role = {"mia": "manager", "admin": "owner"}.get(name, "member")
        Membership.objects.create(organization=organization, user=user, role=role)
        site.people[name] = Caller.signed_in(user.email)
    return site


def picture(name: str, size: tuple[int, int] = (320, 240), form: str = "PNG", **options: Any) -> SimpleUploadedFile:
    """An image unlike any other, in a file of that name."""
    pixels = np.frombuffer(uuid4().bytes * (size[0] * size[1] // 16 + 1), np.uint8)[: size[0] * size[1]]
    data = io.BytesIO()
    Image.fromarray(pixels.reshape(size[1], size[0])).save(data, form, **options)
    return SimpleUploadedFile(name, data.getvalue(), "image/png")


def box(x: float = 10, name: str = "RBC", **more: Any) -> dict[str, Any]:
    geometry = {"x": x, "y": 20, "width": 30, "height": 40}
    label = {"id": str(uuid4()), "class": name, "shape": "bounding_box", "geometry": geometry, "attributes": {}}
    return {**label, **more}


def stage(key: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"id": key, "type": kind, "title": key.title(), "config": config}


def way(start: str, outcome: str, end: str) -> dict[str, Any]:
    return {"from": start, "outcome": outcome, "to": end}


def reviewed(*, skipped: str = "", escalated: bool = True, **config: Any) -> dict[str, Any]:
    """annotate → review → done, with an expert to escalate to; ``config`` is the review's."""
    ways = [
        way("annotate", "submitted", "review"),
        way("review", "approved", "done"),
        way("review", "rejected", "annotate"),
        way("expert", "approved", "done"),
        way("expert", "rejected", "annotate"),
    ]
    ways += [way("review", "escalated", "expert")] if escalated else []
    ways += [way("annotate", "skipped", skipped)] if skipped else []
    stages = [stage("annotate", "annotate"), stage("review", "review", **config), stage("expert", "expert_review")]
    return {"stages": [*stages, stage("done", "complete")], "pathways": ways, "start": "annotate"}


def routed(**config: Any) -> dict[str, Any]:
    """annotate → router with the outcomes x and y → a review each → done."""
    stages = [stage("annotate", "annotate"), stage("router", "router", **config), stage("x", "review")]
    ways = [way("annotate", "submitted", "router")]
    for name in ("x", "y"):
        ways += [way("router", name, name), way(name, "approved", "done"), way(name, "rejected", "annotate")]
    return {"stages": [*stages, stage("y", "review"), stage("done", "complete")], "pathways": ways, "start": "annotate"}


SIMPLE = reviewed()


def refused(answer: Answer, status: int, pointer: str = "", code: str = "") -> Answer:
    """Holds a refusal to the form that every problem has."""
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    problem = answer.json
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert problem["status"] == status
    errors = problem.get("errors", [])
    assert all({"pointer", "code", "detail"} <= set(error) for error in errors)
    if pointer:
        assert pointer in [error["pointer"] for error in errors], problem
    if code:
        assert problem["code"] == code
    return answer
