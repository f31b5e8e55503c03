"""Lapidary as ``make run`` starts it, on a free port with a home of its own, and programs that speak to it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from PIL import Image, ImageDraw

from tests.factories.clients import Program
from tests.factories.servers import ROOT, end, free_port, wait_for

PASSWORD = "lapidary"
WIDTH, HEIGHT = 320, 240
PEOPLE = {"ann": "annotator", "bob": "annotator", "rex": "reviewer", "eve": "expert"}

ONTOLOGY: dict[str, Any] = {
    "objects": [
        {
            "name": "RBC",
            "shape": "bounding_box",
            "color": "#c92a2a",
            "attributes": [
                {
                    "name": "overlap",
                    "type": "radio",
                    "options": [
                        {"value": "none"},
                        {"value": "partial", "attributes": [{"name": "with", "type": "text"}]},
                    ],
                }
            ],
        },
        {
            "name": "WBC",
            "shape": "bounding_box",
            "color": "#1864ab",
            "attributes": [
                {
                    "name": "kind",
                    "type": "radio",
                    "required": True,
                    "options": [{"value": "lymphocyte"}, {"value": "monocyte"}],
                }
            ],
        },
        {"name": "nucleus", "shape": "polygon", "color": "#5f3dc4"},
        {"name": "spot", "shape": "keypoint", "color": "#e67700"},
    ],
    "classifications": [
        {"name": "focus", "type": "radio", "required": True, "options": [{"value": "sharp"}, {"value": "blurred"}]}
    ],
}
GRAPH: dict[str, Any] = {
    "stages": [
        {"id": "annotate", "type": "annotate", "title": "Annotate", "config": {}},
        {
            "id": "many",
            "type": "router",
            "title": "Many?",
            "config": {
                "branches": [{"outcome": "many", "when": {"fact": "label_count", "op": ">=", "value": 10}}],
                "otherwise": "few",
            },
        },
        {"id": "review", "type": "review", "title": "Review", "config": {}},
        {"id": "expert", "type": "expert_review", "title": "Expert", "config": {}},
        {"id": "done", "type": "complete", "title": "Done", "config": {}},
    ],
    "pathways": [
        {"from": "annotate", "outcome": "submitted", "to": "many"},
        {"from": "many", "outcome": "many", "to": "expert"},
        {"from": "many", "outcome": "few", "to": "review"},
        {"from": "review", "outcome": "approved", "to": "done"},
        {"from": "review", "outcome": "rejected", "to": "annotate"},
        {"from": "review", "outcome": "escalated", "to": "expert"},
        {"from": "expert", "outcome": "approved", "to": "done"},
        {"from": "expert", "outcome": "rejected", "to": "annotate"},
    ],
    "start": "annotate",
}


def smear(number: int) -> bytes:
    """A PNG of a few discs on a light ground, different for every number."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "#f3ece6")
    pen = ImageDraw.Draw(image)
    for disc in range(9):
        x, y = (disc * 97 + number * 41) % (WIDTH - 50), (disc * 53 + number * 67) % (HEIGHT - 50)
        pen.ellipse((x, y, x + 42, y + 42), fill=f"#{180 + (disc * 7) % 50:02x}6f7a", outline="#7a3b46", width=2)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@dataclass
class Site:
    """A running server with the demo in it."""

    url: str
    _programs: dict[str, Program] = field(default_factory=dict)

    def program(self, name: str) -> Program:
        """REST as one of the demo's people."""
        if name not in self._programs:
            asked = json.dumps({"email": email(name), "password": PASSWORD, "name": "walk"}).encode()
            request = urllib.request.Request(  # noqa: S310 - the address is our own
                f"{self.url}/api/v1/auth/api-keys/", asked, {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                key = json.loads(answer.read())["key"]
            # Stories pause at screens for longer than the server keeps a connection.
            self._programs[name] = Program([self.url], key, headers={"Connection": "close"})
        return self._programs[name]

    def photographs(self) -> str:
        """The id of the demo's project."""
        projects = self.program("mia").get("/projects/")["results"]
        return str(next(project["id"] for project in projects if project["name"] == "Photographs"))

    def close(self) -> None:
        for program in self._programs.values():
            program.drop()


def email(name: str) -> str:
    return f"{name}@demo.test"


@dataclass
class Project:
    """A project of one story; its name says whose."""

    site: Site
    id: str
    dataset: str
    ontology: str

    @property
    def name(self) -> str:
        return str(self.site.program("mia").get(f"/projects/{self.id}/")["name"])

    def claim(self, person: str, stage: str = "annotate") -> Any:
        return self.site.program(person).post(f"/projects/{self.id}/stages/{stage}/claim/")

    def submitted(self, *labels: dict[str, Any], person: str = "ann") -> str:
        """A task that ``person`` labeled and submitted over REST; its id."""
        task = self.claim(person)
        answers = focus() if not any(label["class"] == "focus" for label in labels) else []
        body = {"labels": {"upsert": [*labels, *answers], "base_revision": 0}}
        self.site.program(person).post(f"/tasks/{task['id']}/submit/", body)
        return str(task["id"])

    def labels(self, task: str, *, of: str | None = None) -> list[dict[str, Any]]:
        """The saved labels, as the manager reads them; of one class when ``of`` names it."""
        found = self.site.program("mia").get(f"/tasks/{task}/labels/")["labels"]
        return [label for label in found if of is None or label["class"] == of]


class MakeProject(Protocol):
    def __call__(self, name: str, *, units: int = 2, ontology: dict[str, Any] | None = None) -> Project: ...


def box(x: float, y: float, width: float = 50, height: float = 40, *, of: str = "RBC") -> dict[str, Any]:
    geometry = {"x": x, "y": y, "width": width, "height": height}
    return {"id": str(uuid4()), "class": of, "shape": "bounding_box", "geometry": geometry, "attributes": {}}


def focus() -> list[dict[str, Any]]:
    """The answer that every image of the stories needs."""
    answer = {"id": str(uuid4()), "class": "focus", "shape": "classification", "geometry": None}
    return [answer | {"attributes": {"focus": "sharp"}}]


@contextmanager
def project(site: Site, name: str, *, units: int = 2, ontology: dict[str, Any] | None = None) -> Iterator[Project]:
    """A project of mia's with the demo's people in it; archived at the end, so that the next story begins in quiet."""
    mia = site.program("mia")
    made = mia.post("/ontologies/", {"name": name, **(ontology or ONTOLOGY)}, status=201)
    dataset = mia.post("/datasets/", {"name": name}, status=201)
    files = [("files", f"smear-{number}.png", smear(number)) for number in range(units)]
    assert mia.upload(f"/datasets/{dataset['id']}/data-units/", files).status == 201
    workflow = mia.post("/workflows/", {"name": name, "graph": GRAPH}, status=201)
    body = {"name": name, "ontology": made["id"], "workflow": workflow["id"], "datasets": [dataset["id"]]}
    found = mia.post("/projects/", body | {"tasks": "all"}, status=201)
    for person, role in PEOPLE.items():
        entry = {"email": email(person), "roles": [role], "skills": []}
        mia.post(f"/projects/{found['id']}/collaborators/", entry, status=201)
    yield Project(site, found["id"], dataset["id"], made["id"])
    mia.post(f"/projects/{found['id']}/archive/")


@contextmanager
def running(home: Path) -> Iterator[Site]:
    """Starts everything and waits until it is ready."""
    if not (ROOT / "frontend" / "dist" / "index.html").is_file():
        raise AssertionError("The pages are not built: run `make front` first.")
    url = f"http://127.0.0.1:{(port := free_port())}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LAPIDARY_", "DJANGO_"))}
    log = home / "server.log"
    with log.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "apps.server.supervisor"],
            cwd=ROOT,
            env=kept | {"LAPIDARY_HOME": str(home / "data"), "HOST": "127.0.0.1", "PORT": str(port)},
            stdout=words,
            stderr=words,
            start_new_session=True,
        )

    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310 - the address is our own
                return True
        except (urllib.error.URLError, OSError):
            return False

    try:
        wait_for(ready, "the server's start", seconds=120)
        site = Site(url)
        yield site
        site.close()
    finally:
        end(process)
