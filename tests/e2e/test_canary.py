"""Words that would be a program, if any page took them for one, in every field that people fill in."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.desk import claim, opened
from tests.e2e.people import Door
from tests.e2e.site import GRAPH, PEOPLE, Project, Site, email, smear

CANARY = """<img src=x onerror="fire()"><script>fire()</script>"'{{7*7}}"""
# A file's name comes from a disk: no slash, no quote.
FILE = "<img src=x onerror=fire()>.png"
LISTEN = "window.fired = 0; window.fire = () => { window.fired += 1; };"
PATHS = ["", "/tasks", "/workflow", "/people", "/transfer", "/tasks/{task}/history", "/tasks/{task}"]


def named(what: str) -> str:
    return f"{what} {CANARY}"


def ontology() -> dict[str, Any]:
    """The canary as class, attribute, option and classification."""
    question = {"name": named("question"), "type": "radio", "options": [{"value": named("yes")}, {"value": "no"}]}
    return {
        "name": named("ontology"),
        "objects": [{"name": named("class"), "shape": "bounding_box", "attributes": [question]}],
        "classifications": [question],
    }


def graph() -> dict[str, Any]:
    stages = [stage | {"title": named(stage["title"])} for stage in GRAPH["stages"]]
    return GRAPH | {"stages": stages}


@pytest.fixture
def project(site: Site) -> Any:
    mia = site.program("mia")
    made = mia.post("/ontologies/", ontology(), status=201)
    dataset = mia.post("/datasets/", {"name": named("dataset")}, status=201)
    sent = mia.upload(f"/datasets/{dataset['id']}/data-units/", [("files", FILE, smear(77))])
    assert sent.status == 201, sent.body
    workflow = mia.post("/workflows/", {"name": named("workflow"), "graph": graph()}, status=201)
    body = {"name": named("project"), "ontology": made["id"], "workflow": workflow["id"], "datasets": [dataset["id"]]}
    found = mia.post("/projects/", body | {"tasks": "all"}, status=201)
    for person, role in PEOPLE.items():
        entry = {"email": email(person), "roles": [role], "skills": [named("skill")]}
        mia.post(f"/projects/{found['id']}/collaborators/", entry, status=201)
    yield Project(site, found["id"], dataset["id"], made["id"])
    mia.post(f"/projects/{found['id']}/archive/")


def told(project: Project) -> str:
    """A task with a label, an issue with a comment, and a rejection, all in the canary's words; its id."""
    label = {
        "id": "5b9c0d1e-0000-4000-8000-0000000000aa",
        "class": named("class"),
        "shape": "bounding_box",
        "geometry": {"x": 20, "y": 20, "width": 50, "height": 40},
        "attributes": {named("question"): named("yes")},
    }
    ann, rex = project.site.program("ann"), project.site.program("rex")
    task = str(project.claim("ann")["id"])
    ann.post(f"/tasks/{task}/submit/", {"labels": {"upsert": [label], "base_revision": 0}})
    project.claim("rex", "review")
    issue = rex.post(f"/tasks/{task}/issues/", {"x": 30, "y": 30, "text": named("issue")}, status=201)
    rex.post(f"/tasks/{task}/issues/{issue['id']}/comments/", {"text": named("comment @ann")}, status=201)
    rejected = [{"label": label["id"], "kind": "badly_located", "reason": named("reason")}]
    rex.post(f"/tasks/{task}/reject/", {"comment": named("verdict"), "labels": rejected})
    return task


def test_words_stay_words(door: Door, project: Project) -> None:
    task = told(project)
    ann, mia, admin = door("ann"), door("mia"), door("admin")
    for person in (ann, mia, admin):
        person.context.add_init_script(LISTEN)
    claim(ann, project, named("Annotate"))
    desk = opened(ann, image=FILE)
    expect(ann.page.get_by_role("region", name="Returned to you")).to_contain_text(named("reason"))
    ann.page.get_by_role("region", name="Issues").get_by_role("button", name="1. issue").click()
    expect(ann.page.get_by_text(named("comment @ann"))).to_be_visible()
    desk.labels.first.click()
    assert ann.page.evaluate("window.fired") == 0
    ann.go("/inbox")
    assert ann.page.evaluate("window.fired") == 0
    for path in PATHS:
        mia.go(f"/projects/{project.id}{path.format(task=task)}")
        assert mia.page.evaluate("window.fired") == 0, path
    for path in (f"/ontologies/{project.ontology}", f"/datasets/{project.dataset}", "/ontologies", "/projects"):
        mia.go(path)
        assert mia.page.evaluate("window.fired") == 0, path
    for path in ("projects/project", "tasks/task", "datasets/dataunit", "tasks/issue"):
        admin.page.goto(f"{admin.site.url}/admin/{path}/")
        assert admin.page.evaluate("window.fired") == 0, path
