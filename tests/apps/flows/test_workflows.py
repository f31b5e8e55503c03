"""Workflows over REST: made, changed by If-Match, versions frozen, lists, archive."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.flows.models import Workflow, WorkflowVersion
from apps.flows.providers import fact_providers, register_fact_provider
from apps.flows.queries import compiled_graph
from tests.factories.flows import make_workflow, renamed_graph, routed_graph, simple_graph
from tests.factories.people import People
from workflows import codec

BODY = {"name": "Review", "graph": simple_graph()}


def made(people: People) -> tuple[Any, str]:
    answer = people.caller("mia").post("/workflows/", BODY)
    assert answer.status_code == 201, answer.content
    return answer, f"/workflows/{answer.json()['id']}/"


def test_a_workflow_is_made_with_its_first_version(people: People) -> None:
    answer, path = made(people)
    shown = answer.json()
    assert (shown["name"], shown["organization"]) == ("Review", str(people.organization.pk))
    assert shown["graph"] == BODY["graph"]
    assert shown["version"]["number"] == 1
    assert shown["version"]["digest"] == codec.graph_digest(simple_graph())
    again = people.caller("mia").get(path)
    assert (again["ETag"], again.json()) == (answer["ETag"], shown)


def test_a_bad_graph_is_refused_by_pointer(people: People) -> None:
    graph = simple_graph()
    graph["stages"][1]["type"] = "guess"
    answer = people.caller("mia").post("/workflows/", {"name": "x", "graph": graph})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_graph")
    assert {"pointer": "/graph/stages/1", "code": "unknown_type"}.items() <= answer.json()["errors"][0].items()
    assert not Workflow.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"graph": simple_graph()},
        {"name": "", "graph": simple_graph()},
        {"name": 5, "graph": simple_graph()},
        {"name": "x", "graph": None},
        {"name": "x", "graph": []},
        {"name": "x", "graph": simple_graph(), "digest": "0"},
        {"name": "x", "graph": simple_graph() | {"schema_version": 99}},
        {"name": "x" * 201, "graph": simple_graph()},
    ],
)
def test_bad_bodies_are_refused(people: People, body: dict[str, Any]) -> None:
    answer = people.caller("mia").post("/workflows/", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"]
    assert not Workflow.objects.exists()


def test_a_change_needs_the_version_it_is_based_on(people: People) -> None:
    answer, path = made(people)
    mia = people.caller("mia")
    change = {"graph": renamed_graph("Label")}
    assert mia.patch(path, change).status_code == 428
    assert mia.patch(path, change, If_Match='"other"').status_code == 412
    assert WorkflowVersion.objects.count() == 1
    changed = mia.patch(path, change, If_Match="W/" + answer["ETag"])
    assert changed.status_code == 200, changed.content
    assert (changed.json()["version"]["number"], changed.json()["graph"]["stages"][0]["title"]) == (2, "Label")
    assert changed["ETag"] != answer["ETag"]
    assert mia.patch(path, {"name": "Later"}, If_Match=answer["ETag"]).status_code == 412
    assert Workflow.objects.get().name == "Review"


def test_name_and_graph_change_together_or_not_at_all(people: People) -> None:
    answer, path = made(people)
    bad = people.caller("mia").patch(path, {"name": "Other", "graph": {}}, If_Match=answer["ETag"])
    assert bad.status_code == 400
    assert Workflow.objects.get().name == "Review"
    renamed = people.caller("mia").patch(path, {"name": "Other"}, If_Match=answer["ETag"])
    assert (renamed.json()["name"], renamed.json()["version"]["number"]) == ("Other", 1)
    assert renamed["ETag"] != answer["ETag"]


def test_the_same_graph_in_another_order_is_no_new_version(people: People) -> None:
    answer, path = made(people)
    graph = simple_graph() | {"pathways": simple_graph()["pathways"][::-1]}
    same = people.caller("mia").patch(path, {"graph": graph}, If_Match=answer["ETag"])
    assert (same.status_code, same["ETag"]) == (200, answer["ETag"])
    assert WorkflowVersion.objects.count() == 1


def test_versions_stay_as_they_were(people: People) -> None:
    answer, path = made(people)
    people.caller("mia").patch(path, {"graph": renamed_graph("Label")}, If_Match=answer["ETag"])
    rows = people.caller("mia").get(path + "versions/").json()["results"]
    assert [row["number"] for row in rows] == [2, 1]
    assert rows[1]["graph"] == simple_graph()
    first = people.caller("mia").get(path + "versions/?ordering=number&limit=1").json()
    assert [row["number"] for row in first["results"]] == [1]
    following = people.caller("mia").get(first["next"].removeprefix("http://testserver/api/v1"))
    assert [row["number"] for row in following.json()["results"]] == [2]


def test_a_page_costs_the_same_however_many_there_are(
    people: People, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    versions = [make_workflow(people.organization) for _ in range(5)]
    mia = people.caller("mia")
    mia.get("/workflows/")
    with django_assert_num_queries(4):
        rows = mia.get("/workflows/").json()["results"]
    assert [row["id"] for row in rows] == [str(version.workflow_id) for version in reversed(versions)]
    assert "graph" not in rows[0]
    assert rows[0]["version"]["number"] == 1


def test_archived_workflows_leave_the_list_and_come_back(people: People) -> None:
    _, path = made(people)
    mia = people.caller("mia")
    assert mia.post(path + "archive/").json()["archived_at"]
    assert mia.post(path + "archive/").status_code == 200
    assert mia.get("/workflows/").json()["results"] == []
    assert len(mia.get("/workflows/?archived=true").json()["results"]) == 1
    assert mia.get(path).status_code == 200
    assert mia.post(path + "restore/").json()["archived_at"] is None
    assert len(mia.get("/workflows/").json()["results"]) == 1
    assert mia.get("/workflows/?archived=perhaps").status_code == 400


def test_a_fact_is_publishable_once_something_provides_it(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.flows.providers._names", set())
    body = {"name": "x", "graph": routed_graph("mistakenness", timeout_minutes=10, on_timeout="low")}
    refused = people.caller("mia").post("/workflows/", body)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "fact_not_provided"
    register_fact_provider("mistakenness")
    assert fact_providers() == {"mistakenness"}
    assert people.caller("mia").post("/workflows/", body).status_code == 201


def test_a_version_is_compiled_once(people: People, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    version = make_workflow(people.organization)
    graph = compiled_graph(version.pk)
    with django_assert_num_queries(0):
        assert compiled_graph(str(version.pk)) is graph
    assert graph.digest == version.digest
