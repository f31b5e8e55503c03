"""A live project changes its workflow: by If-Match, with a plan first, and its tasks follow."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from apps.flows.models import WorkflowVersion
from apps.jobs.models import Job
from apps.tasks import wiring
from apps.tasks.models import Task
from apps.tasks.queries.integrity import first_difference
from tests.factories.flows import renamed_graph, simple_graph
from tests.factories.people import People
from tests.factories.projects import Lab, make_lab


@pytest.fixture
def lab(people: People) -> Lab:
    return make_lab(people)


def moved_graph() -> dict[str, Any]:
    """The simple graph with another id for its first stage: tasks there need a mapping."""
    graph = deepcopy(simple_graph())
    graph["stages"][0]["id"] = graph["start"] = graph["pathways"][0]["from"] = "label"
    graph["pathways"][2]["to"] = "label"
    return graph


def put(lab: Lab, body: dict[str, Any], query: str = "", actor: str = "mia", **headers: str) -> Any:
    return lab.people.caller(actor).put(f"{lab.path}workflow/{query}", body, **headers)


def tag(lab: Lab) -> str:
    return str(lab.people.caller("mia").get(lab.path + "workflow/")["ETag"])


def unchanged(lab: Lab) -> bool:
    return WorkflowVersion.objects.count() == 1 and lab.fresh().workflow_version == lab.project.workflow_version


def test_the_graph_is_shown_with_its_version(lab: Lab) -> None:
    shown = lab.people.caller("val").get(lab.path + "workflow/").json()
    assert shown == {
        "workflow": str(lab.project.workflow_id),
        "version": str(lab.project.workflow_version_id),
        "number": 1,
        "digest": lab.project.workflow_version.digest,
        "graph": simple_graph(),
    }


def test_publishing_needs_the_version_it_is_based_on(lab: Lab) -> None:
    body = {"graph": renamed_graph("Label")}
    assert put(lab, body).status_code == 428
    assert put(lab, body, If_Match='"other"').status_code == 412
    assert put(lab, body, "?dry_run=true", If_Match='"other"').status_code == 412
    assert unchanged(lab)


@pytest.mark.parametrize("status", [200, 202])
def test_a_published_version_takes_the_tasks_along(
    lab: Lab, run_jobs: Callable[[], list[Job]], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(wiring, "MOVED_AT_ONCE", 3 if status == 200 else 2)
    etag = tag(lab)
    answer = put(lab, {"graph": renamed_graph("Label")}, If_Match=etag)
    assert answer.status_code == status, answer.content
    shown = answer.json()
    assert (shown["number"], shown["graph"]["stages"][0]["title"]) == (2, "Label")
    assert shown["plan"]["stages"]["annotate"] == {"keep": 3, "move": 0, "blocked": 0, "later": 0}
    assert answer["ETag"] == tag(lab) != etag
    if status == 202:
        assert answer["Location"] == f"/api/v1/jobs/{shown['job']}/"
        run_jobs()
    assert set(Task.objects.values_list("workflow_version", flat=True)) == {lab.fresh().workflow_version_id}
    assert first_difference(project_id=lab.project.pk) is None
    assert put(lab, {"graph": simple_graph()}, If_Match=etag).status_code == 412


def test_the_same_graph_is_no_new_version(lab: Lab) -> None:
    answer = put(lab, {"graph": simple_graph()}, If_Match=tag(lab))
    assert (answer.status_code, answer.json()["job"], answer["ETag"]) == (200, None, tag(lab))
    assert unchanged(lab)


def test_a_dry_run_says_what_would_happen_and_does_nothing(lab: Lab) -> None:
    plan = put(lab, {"graph": moved_graph()}, "?dry_run=true").json()
    assert plan["stages"]["annotate"] == {"keep": 0, "move": 0, "blocked": 3, "later": 0}
    assert plan["ok"] is False
    plan = put(lab, {"graph": moved_graph(), "mapping": {"annotate": "label"}}, "?dry_run=true").json()
    assert plan["stages"]["annotate"] == {"keep": 0, "move": 3, "blocked": 0, "later": 0}
    assert (plan["ok"], plan["problems"]) == (True, [])
    assert put(lab, {"graph": moved_graph()}, "?dry_run=perhaps").status_code == 400
    assert put(lab, {"graph": moved_graph()}, "?force=true").status_code == 400
    assert unchanged(lab)


def test_a_removed_stage_that_holds_tasks_needs_a_mapping(lab: Lab) -> None:
    refused = put(lab, {"graph": moved_graph()}, If_Match=tag(lab))
    assert (refused.status_code, refused.json()["code"]) == (409, "blocked")
    assert refused.json()["plan"]["stages"]["annotate"]["blocked"] == 3
    assert unchanged(lab)
    answer = put(lab, {"graph": moved_graph(), "mapping": {"annotate": "label"}}, If_Match=tag(lab))
    assert answer.status_code == 200
    assert set(Task.objects.values_list("stage", flat=True)) == {"label"}
    assert first_difference(project_id=lab.project.pk) is None


def test_a_held_visit_finishes_under_its_version(lab: Lab) -> None:
    ann = lab.people.caller("ann")
    task = ann.post(lab.path + "stages/annotate/claim/", {}).json()
    answer = put(lab, {"graph": renamed_graph("Label")}, If_Match=tag(lab))
    assert answer.json()["plan"]["stages"]["annotate"] == {"keep": 3, "move": 0, "blocked": 0, "later": 1}
    assert Task.objects.get(pk=task["id"]).workflow_version == lab.project.workflow_version
    sent = {"claim_token": task["claim"]["token"], "verified_empty": True}
    assert ann.post(f"/tasks/{task['id']}/submit/", sent).status_code == 200
    assert Task.objects.get(pk=task["id"]).workflow_version == lab.fresh().workflow_version


def test_a_stage_that_changes_type_is_blocked(lab: Lab) -> None:
    graph = simple_graph()
    graph["stages"][0] |= {"type": "agent", "config": {"outcomes": ["submitted"]}}
    refused = put(lab, {"graph": graph, "mapping": {"annotate": "review"}}, If_Match=tag(lab))
    assert (refused.status_code, refused.json()["code"]) == (409, "blocked")
    assert unchanged(lab)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/graph"),
        ({"graph": None}, "/graph"),
        ({"graph": {"stages": []}}, "/graph"),
        ({"graph": simple_graph(), "mapping": []}, "/mapping"),
        ({"graph": simple_graph(), "mapping": {"annotate": 1}}, "/mapping/annotate"),
        ({"graph": simple_graph(), "mapping": {"no/where": "review"}}, "/mapping/no~1where"),
        ({"graph": simple_graph(), "mapping": {"annotate": "nowhere"}}, "/mapping/annotate"),
        ({"graph": simple_graph(), "version": 2}, "/version"),
    ],
)
def test_bad_bodies_are_refused(lab: Lab, body: dict[str, Any], pointer: str) -> None:
    answer = put(lab, body, If_Match=tag(lab))
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert unchanged(lab)


def test_an_archived_project_publishes_nothing(lab: Lab) -> None:
    lab.people.caller("mia").post(lab.path + "archive/")
    answer = put(lab, {"graph": renamed_graph("Label")}, If_Match=tag(lab))
    assert (answer.status_code, answer.json()["code"]) == (409, "project_archived")
    assert unchanged(lab)


def test_other_projects_of_the_workflow_stay_where_they_are(lab: Lab) -> None:
    body = {"name": "Twin", "ontology": str(lab.project.ontology_id), "workflow": str(lab.project.workflow_id)}
    twin = lab.people.caller("mia").post("/projects/", body).json()
    put(lab, {"graph": renamed_graph("Label")}, If_Match=tag(lab))
    shown = lab.people.caller("mia").get(f"/projects/{twin['id']}/workflow/").json()
    assert shown["version"] == twin["workflow_version"] == str(lab.project.workflow_version_id)


def test_a_version_of_the_workflow_itself_moves_no_project(lab: Lab) -> None:
    path = f"/workflows/{lab.project.workflow_id}/"
    mia = lab.people.caller("mia")
    etag = mia.get(path)["ETag"]
    assert mia.patch(path, {"graph": renamed_graph("Label")}, If_Match=etag).json()["version"]["number"] == 2
    assert lab.fresh().workflow_version == lab.project.workflow_version
    adopted = put(lab, {"graph": renamed_graph("Label")}, If_Match=tag(lab))
    assert adopted.json()["number"] == 2
