"""API.md, "Who may do what": every row that projects and workflows answer, tried by everybody, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.flows import simple_graph
from tests.factories.labels import make_unit
from tests.factories.people import Caller, People, make_key
from tests.factories.projects import Lab, make_dataset_of, make_lab

# By the person's name: ada and manny have a role in the project alone, mina manages the organization without a part
# in this project, otto owns another organization.
WORKERS = {"ann", "rex", "eve", "bot"}
VIEWERS = {"val"}
PROJECT_MANAGERS = {"mia", "ada", "manny", "adele", "oskar"}
COLLABORATORS = WORKERS | VIEWERS | PROJECT_MANAGERS
ORGANIZATION_MANAGERS = {"mia", "mina", "adele", "oskar"}
EVERYBODY = COLLABORATORS | {"mina", "member", "olga", "otto", "admin"}


@pytest.fixture
def lab(people: People) -> Lab:
    lab = make_lab(people, units=8)
    lab.add("ada", "admin")
    lab.add("manny", "manager")
    lab.add("bot", "agent")
    lab.add("mina", role="manager")
    lab.add("member")
    return lab


def try_all(lab: Lab, call: Callable[[Caller], Any], names: set[str] = EVERYBODY) -> dict[str, int]:
    """The status that each person's call gets."""
    return {name: call(lab.people.caller(name)).status_code for name in sorted(names)}


def check(found: dict[str, int], allowed: set[str], visible: set[str]) -> None:
    """2xx or a refusal of the request itself for those allowed, 403 for who sees the thing, 404 for all others."""
    for name, status in found.items():
        if name in allowed:
            assert status not in (401, 403, 404), (name, status)
        else:
            assert status == (403 if name in visible else 404), (name, status)


READS: list[tuple[str, set[str]]] = [
    ("", COLLABORATORS),
    ("stages/", COLLABORATORS),
    ("datasets/", PROJECT_MANAGERS | VIEWERS),
    ("collaborators/", PROJECT_MANAGERS | VIEWERS),
    ("workflow/", PROJECT_MANAGERS | VIEWERS),
]


@pytest.mark.parametrize(("path", "allowed"), READS)
def test_who_reads(lab: Lab, path: str, allowed: set[str]) -> None:
    check(try_all(lab, lambda caller: caller.get(lab.path + path)), allowed, COLLABORATORS)


WRITES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"name": "New"}),
    ("POST", "archive/", None),
    ("POST", "unarchive/", None),
    ("POST", "collaborators/", {"email": "nobody@people.test", "roles": ["viewer"]}),
    ("PUT", "workflow/", {"graph": simple_graph()}),
    ("PUT", "workflow/?dry_run=true", {"graph": simple_graph()}),
    ("POST", "tasks/bulk/", {"action": "archive", "tasks": []}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_who_manages(lab: Lab, method: str, path: str, body: Any) -> None:
    found = try_all(lab, lambda caller: caller.request(method, lab.path + path, body))
    check(found, PROJECT_MANAGERS, COLLABORATORS)


def test_who_changes_people(lab: Lab) -> None:
    for name in sorted(EVERYBODY - PROJECT_MANAGERS):
        caller = lab.people.caller(name)
        answers = [
            caller.patch(lab.person_path("bob"), {"roles": ["viewer"]}),
            caller.delete(lab.person_path("bob")),
        ]
        assert {answer.status_code for answer in answers} == {403 if name in COLLABORATORS else 404}
    assert lab.collaborators()["bob"] == ["annotator"]


def test_who_attaches_data(lab: Lab) -> None:
    attached = {"dataset": str(lab.dataset.pk)}
    check(try_all(lab, lambda caller: caller.post(lab.path + "datasets/", attached)), PROJECT_MANAGERS, COLLABORATORS)
    other = make_dataset_of(lab.people, 1)
    sees_it = PROJECT_MANAGERS & ORGANIZATION_MANAGERS
    found = try_all(lab, lambda caller: caller.post(lab.path + "datasets/", {"dataset": str(other.pk)}), {*sees_it})
    assert set(found.values()) == {200, 201}
    hidden = {"dataset": str(make_dataset_of(lab.people, 1).pk)}
    assert lab.people.caller("manny").post(lab.path + "datasets/", hidden).status_code == 404


def test_who_claims_where(lab: Lab) -> None:
    claims = {
        name: lab.people.caller(name).post(lab.path + "stages/annotate/claim/", {}).status_code for name in EVERYBODY
    }
    assert {name for name, status in claims.items() if status == 200} == {"ann"}
    refused = EVERYBODY - {"ann"}
    assert all(claims[name] in ((204, 403) if name in COLLABORATORS else (404,)) for name in refused), claims


PARTS: list[tuple[str, set[str], set[str]]] = [
    # What the parts of a project show, and who may change them: they belong to the organization.
    ("/ontologies/{ontology}/", COLLABORATORS | ORGANIZATION_MANAGERS, ORGANIZATION_MANAGERS),
    ("/workflows/{workflow}/", PROJECT_MANAGERS | VIEWERS | ORGANIZATION_MANAGERS, ORGANIZATION_MANAGERS),
    ("/datasets/{dataset}/", PROJECT_MANAGERS | VIEWERS | ORGANIZATION_MANAGERS, ORGANIZATION_MANAGERS),
]


@pytest.mark.parametrize(("path", "readers", "writers"), PARTS)
def test_who_reads_and_changes_the_parts(lab: Lab, path: str, readers: set[str], writers: set[str]) -> None:
    url = path.format(ontology=lab.project.ontology_id, workflow=lab.project.workflow_id, dataset=lab.dataset.pk)
    check(try_all(lab, lambda caller: caller.get(url)), readers, set())
    check(try_all(lab, lambda caller: caller.patch(url, {"name": "New"})), writers, readers)
    listed = url.rsplit("/", 2)[0] + "/"
    shown = {name for name in EVERYBODY if lab.people.caller(name).get(listed).json()["results"]}
    assert shown == readers


def test_annotators_list_no_data(lab: Lab) -> None:
    unit = make_unit(lab.dataset)
    for name in sorted(WORKERS):
        caller = lab.people.caller(name)
        assert caller.get("/datasets/").json()["results"] == []
        assert caller.get(f"/data-units/{unit.pk}/").status_code == 404
        assert caller.get(f"/datasets/{lab.dataset.pk}/data-units/").status_code == 404
        assert caller.get(lab.path).json()["datasets"] == []


def test_who_makes_what(lab: Lab) -> None:
    body = {"name": "x", "ontology": str(lab.project.ontology_id), "workflow": str(lab.project.workflow_id)}
    home = {"organization": str(lab.people.organization.pk)}
    for path, sent in [("/projects/", body | home), ("/workflows/", {"name": "x", "graph": simple_graph()} | home)]:
        found = try_all(lab, lambda caller: caller.post(path, sent))  # noqa: B023 - called at once
        check(found, ORGANIZATION_MANAGERS, EVERYBODY - {"olga", "otto", "admin"})


def test_everybody_lists_their_own_projects(lab: Lab) -> None:
    mine = {name: lab.people.caller(name).get("/projects/").json()["results"] for name in EVERYBODY}
    assert {name for name, rows in mine.items() if rows} == COLLABORATORS
    roles = {name: rows[0]["my_roles"] for name, rows in mine.items() if rows}
    assert roles["ann"] == ["annotator"]
    assert roles["oskar"] == roles["mia"] == roles["ada"] == ["admin"]
    me = {name: lab.people.caller(name).get("/me/").json()["projects"] for name in EVERYBODY}
    assert {name: rows[0]["roles"] for name, rows in me.items() if rows} == roles


def test_a_key_for_one_project_reaches_that_one_alone(lab: Lab) -> None:
    other = make_lab(lab.people)
    for name in ("ann", "manny", "oskar"):
        caller = Caller(make_key(lab.people.users[name], project_id=lab.project.pk))
        assert [row["id"] for row in caller.get("/projects/").json()["results"]] == [str(lab.project.pk)]
        assert caller.get(lab.path).status_code == 200
        assert caller.get(other.path).status_code == 404
        assert caller.get(f"/ontologies/{lab.project.ontology_id}/").status_code == 200
        assert caller.get(f"/ontologies/{other.project.ontology_id}/").status_code == 404
        assert caller.get(f"/datasets/{lab.dataset.pk}/").status_code == (404 if name == "ann" else 200)
        assert caller.patch(lab.path, {"name": "New"}).status_code == (403 if name == "ann" else 200)
        assert caller.post("/workflows/", {"name": "x", "graph": simple_graph()}).status_code == 400


def test_a_key_does_no_more_than_its_scopes(lab: Lab) -> None:
    reader = Caller(make_key(lab.people.mia, scopes=["read"]))
    assert reader.get(lab.path).status_code == 200
    assert reader.patch(lab.path, {"name": "New"}).status_code == 403
    manager = Caller(make_key(lab.people.mia, scopes=["manage"]))
    assert manager.get(lab.path).status_code == 403
    assert manager.patch(lab.path, {"name": "New"}).status_code == 200


def test_projects_are_paged_newest_first(lab: Lab) -> None:
    ids = [str(lab.project.pk), *(str(make_lab(lab.people, units=0).project.pk) for _ in range(4))]
    caller, path, seen = lab.people.caller("ann"), "/projects/?limit=2", []
    while path:
        answer = caller.get(path).json()
        seen += [row["id"] for row in answer["results"]]
        path = (answer["next"] or "").removeprefix("http://testserver/api/v1")
    assert seen == ids[::-1]
    for query in ("limit=0", "cursor=x", "ordering=name", "archived=1", "x=1"):
        assert caller.get(f"/projects/?{query}").status_code == 400


def test_who_leaves_the_organization_sees_nothing_of_it(lab: Lab) -> None:
    lab.people.ann.memberships.all().delete()
    assert lab.people.caller("ann").get(lab.path).status_code == 404
    assert lab.people.caller("ann").get("/projects/").json()["results"] == []
