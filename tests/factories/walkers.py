"""People who walk through the product by its API: an organization, their keys, and a project made over REST."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import numpy as np
from django.test import Client
from numpy.typing import NDArray
from PIL import Image

from apps.accounts.models import Membership, Organization, User
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.people import Caller, make_key

ROLES = {"ann": "annotator", "bob": "annotator", "rex": "reviewer", "val": "viewer"}


class Walker(Caller):
    """A person's program that knows what it expects."""

    last: Any = None

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str) -> Any:
        """The answer's JSON; None for an empty one."""
        self.last = self.request(method, path, body, **headers)
        assert self.last.status_code == status, (method, path, self.last.status_code, self.last.content[:2_000])
        return self.last.json() if self.last.content else None

    def see(self, path: str, status: int = 200) -> Any:
        return self.call("GET", path, status=status)

    def tell(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, status=status, **headers)

    def claim(self, project: str, stage: str) -> Any:
        return self.tell(f"/projects/{project}/stages/{stage}/claim/")

    def save(self, task: str, *labels: dict[str, Any]) -> Any:
        """Upserts at the revision that is there."""
        self.see(f"/tasks/{task}/labels/")
        return self.call("PATCH", f"/tasks/{task}/labels/", {"upsert": list(labels)}, If_Match=self.last["ETag"])


def walkers() -> dict[str, Walker]:
    """ann and bob annotate, rex reviews, val views, mia manages; root is the instance's admin."""
    organization = Organization.objects.create(name="Walkers")
    found = {"root": Walker(make_key(User.objects.create_superuser("root@walk.test", "lapidary", name="Root")))}
    for name in (*ROLES, "mia"):
        user = User.objects.create_user(f"{name}@walk.test", "lapidary", name=name.title())
        role = "manager" if name == "mia" else "member"
        Membership.objects.create(organization=organization, user=user, role=role)
        found[name] = Walker(make_key(user))
    return found


def make_project(
    mia: Walker, images: Sequence[NDArray[np.uint8]], ontology: Mapping[str, Any], graph: Mapping[str, Any]
) -> str:
    """Ontology, data, workflow, project and its people, all over REST; answers the project's id."""
    classes = mia.tell("/ontologies/", {"name": "Cells", **ontology}, status=201)
    dataset = mia.tell("/datasets/", {"name": "Smears"}, status=201)
    upload(mia.client, dataset["id"], images)
    workflow = mia.tell("/workflows/", {"name": "Flow", "graph": graph}, status=201)
    body = {"name": "Cells", "ontology": classes["id"], "workflow": workflow["id"], "datasets": [dataset["id"]]}
    project = mia.tell("/projects/", body | {"tasks": "all"}, status=201)
    for name, role in ROLES.items():
        person = {"email": f"{name}@walk.test", "roles": [role], "skills": []}
        mia.tell(f"/projects/{project['id']}/collaborators/", person, status=201)
    return str(project["id"])


def upload(client: Client, dataset: str, images: Sequence[NDArray[np.uint8]]) -> None:
    files = []
    for number, pixels in enumerate(images):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        file.seek(0)
        file.name = f"smear-{number}.png"
        files.append(file)
    answer = client.post(f"/api/v1/datasets/{dataset}/data-units/", {"files": files})
    assert answer.status_code == 201, answer.content
    assert len(answer.json()["created"]) == len(images)


def flow(*stages: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """Stages (id, type, config) one after the other, with a way back from reviews; the last leads to the end."""
    ways = {"annotate": "submitted", "review": "approved", "agent": "done"}
    ids = [one for one, _, _ in stages] + ["end"]
    pathways = [
        {"from": one, "outcome": ways[kind], "to": ids[number + 1]} for number, (one, kind, _) in enumerate(stages)
    ]
    pathways += [{"from": one, "outcome": "rejected", "to": "annotate"} for one, kind, _ in stages if kind == "review"]
    rows = [
        *({"id": one, "type": kind, "title": one.title(), "config": config} for one, kind, config in stages),
        {"id": "end", "type": "complete", "title": "End", "config": {}},
    ]
    return {"stages": rows, "pathways": pathways, "start": ids[0]}


def label(kind: str, shape: str, geometry: Any, **more: Any) -> dict[str, Any]:
    """A label as a client sends it."""
    return {"id": str(uuid4()), "class": kind, "shape": shape, "geometry": geometry, "attributes": {}, **more}


def sound() -> bool:
    """Whether the kept state and the events agree everywhere."""
    return first_difference() is None and broken_invariants() == []
