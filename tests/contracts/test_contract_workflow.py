"""API.md, "Workflow": what may be published, and which way tasks then go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contracts.outside import SIMPLE, Site, box, make_site, refused, reviewed, routed, stage, way

pytestmark = pytest.mark.django_db
PAIR = [stage("a", "annotate"), stage("d", "complete")]
REVIEW = [stage("annotate", "annotate"), stage("v", "review"), stage("done", "complete")]


@pytest.fixture
def site() -> Site:
    return make_site()


def graph(stages: list[Any], *ways: dict[str, Any], start: str = "a") -> dict[str, Any]:
    return {"stages": stages, "pathways": list(ways), "start": start}


def fact(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"fact": name, "op": op, "value": value}


def branch(when: Any) -> dict[str, Any]:
    return routed(branches=[{"outcome": "x", "when": when}], otherwise="y")


UNSOUND: dict[str, Any] = {
    "nothing": None,
    "empty": {},
    "no stages": {"stages": [], "pathways": [], "start": "a"},
    "unknown type": graph([stage("a", "magic")]),
    "unwired outcome": graph(PAIR),
    "unknown target": graph(PAIR, way("a", "submitted", "z")),
    "unknown start": graph(PAIR, way("a", "submitted", "d"), start="z"),
    "unknown outcome": graph(PAIR, way("a", "submitted", "d"), way("a", "eaten", "d")),
    "wired twice": graph(PAIR, way("a", "submitted", "d"), way("a", "submitted", "a")),
    "consensus": graph(
        [*PAIR, stage("c", "consensus", copies=3)],
        way("a", "submitted", "c"),
        way("c", "agreed", "d"),
        way("c", "disagreed", "a"),
    ),
    "router loop": graph(
        [*PAIR, stage("r", "router", branches=[], otherwise="x")], way("a", "submitted", "r"), way("r", "x", "r")
    ),
    "unknown fact": branch(fact("luck", ">", 1)),
    "fact of nobody": branch(fact("mistakenness", ">", 0.5)),
    "unknown op": branch(fact("label_count", "~", 1)),
    "no value": branch({"fact": "label_count", "op": ">"}),
    "wrong value": branch(fact("label_count", ">", "x")),
    "90 in 100": routed(percentages={"x": 30, "y": 60}),
    "no router": routed(),
    "sample": reviewed(sample=2),
    "class sample": reviewed(class_sample={"RBC": 3}),
    "show": reviewed(show="some"),
    "return to": reviewed(return_to="sender"),
    "strict": reviewed(strict="yes"),
    "unknown config": reviewed(luck=1),
    "no outcomes": graph([stage("a", "agent"), PAIR[1]], way("a", "ok", "d")),
}  # fmt: skip


def test_the_sound_graph_has_no_errors(site: Site) -> None:
    good = [SIMPLE, routed(percentages={"x": 30, "y": 70}), reviewed(sample=0.5, class_sample={"RBC": 1}, show="all")]
    good += [routed(by_collaborator={"ann@demo.test": "x"}, otherwise="y"), reviewed(strict=True, return_to="pool")]
    good += [row["graph"] for row in site.mia.get("/workflows/templates/").json["results"]]
    for each in good:
        answer = site.mia.post("/workflows/validate/", {"graph": each})
        assert (answer.status, answer.json["errors"]) == (200, []), each


@pytest.mark.parametrize("name", UNSOUND)
def test_unsound_graphs_are_said_and_not_published(site: Site, name: str) -> None:
    answer = site.mia.post("/workflows/validate/", {"graph": UNSOUND[name]})
    assert answer.status == 200
    assert answer.json["errors"]
    assert all(set(error) == {"code", "stage", "detail"} for error in answer.json["errors"])
    refused(site.mia.post("/workflows/", {"name": "x", "graph": UNSOUND[name]}), 400)


def test_percentages_never_drift_by_more_than_one(site: Site) -> None:
    project = site.project(routed(percentages={"x": 30, "y": 70}), units=20)
    went = {"x": 0, "y": 0}
    for number in range(1, 21):
        went[project.submitted("ann").json["stage"]] += 1
        assert abs(went["x"] - 0.3 * number) <= 1
    assert went == {"x": 6, "y": 14}
    rows = project.selections()
    wanted = {"unit", "frame", "design", "probability", "chosen", "score", "scorer_version", "visit", "at"}
    assert len(rows) >= 20
    assert wanted <= set(rows[0])
    task = project.task("rex", "x")
    site.rex.step(task, "reject", comment="again")
    assert project.task("ann") == task
    assert site.ann.step(task, "submit", verified_empty=True).json["stage"] == "x"


CONDITIONS: list[tuple[Any, bool]] = [
    (fact("label_count", ">=", 1), True),
    (fact("label_count", "==", 2), False),
    (fact("rework_count", "<", 1), True),
    (fact("annotator", "==", "ann@demo.test"), True),
    (fact("annotator", "in", ["bob@demo.test"]), False),
    (fact("has_class:RBC", "==", True), True),
    (fact("has_class:Platelets", "==", True), False),
    (fact("metadata.site", "==", "A"), True),
    (fact("metadata.n", ">", 4), False),
    (fact("metadata.other", "==", 1), False),
    ({"all": [fact("label_count", ">=", 1), {"not": fact("metadata.n", ">", 4)}]}, True),
    ({"any": [fact("label_count", ">", 5), fact("metadata.site", "==", "B")]}, False),
]


@pytest.mark.parametrize(("when", "met"), CONDITIONS)
def test_routers_read_every_plain_fact(site: Site, when: Any, met: bool) -> None:
    project = site.project(branch(when), units=1)
    unit = project.tasks()[0]["data_unit"]["id"]
    metadata = {"metadata": {"site": "A", "n": 4}}
    assert site.mia.call("PATCH", f"/data-units/{unit}/", metadata).json["metadata"] == metadata["metadata"]
    assert project.submitted("ann", box()).json["stage"] == ("x" if met else "y")


def test_routers_know_the_person(site: Site) -> None:
    project = site.project(routed(by_collaborator={"ann@demo.test": "x"}, otherwise="y"), units=2)
    assert project.submitted("ann").json["stage"] == "x"
    assert project.submitted("bob").json["stage"] == "y"


def test_who_is_not_drawn_leaves_approved_and_says_so(site: Site) -> None:
    project = site.project(reviewed(sample=0, class_sample={"Platelets": 1.0}), units=2)
    passed = project.submitted("ann", box()).json
    assert passed["status"] == "complete"
    last = site.mia.get(f"/tasks/{passed['id']}/history/").json["results"][-1]
    assert (last["action"], last["outcome"]) == ("selection", "approved")
    assert "selection" not in site.ann.get(f"/tasks/{passed['id']}/history/").text
    drawn = box(name="Platelets")
    assert project.submitted("ann", box(90), drawn).json["stage"] == "review"
    assert project.claim("rex", "review").json["drawn_labels"] == [drawn["id"]]
    assert {row["chosen"] for row in project.selections()} == {True, False}


def test_programs_proceed(site: Site) -> None:
    stages = [stage("annotate", "annotate"), stage("model", "agent", outcomes=["ok", "bad"]), *REVIEW[1:]]
    ways = [way("annotate", "submitted", "model"), way("model", "ok", "v"), way("model", "bad", "annotate")]
    ways += [way("v", "approved", "done"), way("v", "rejected", "annotate")]
    roles = {"ann": ["annotator"], "bob": ["agent"], "rex": ["reviewer"]}
    project = site.project(graph(stages, *ways, start="annotate"), units=2, roles=roles)
    project.submitted("ann")
    project.submitted("ann")
    refused(project.claim("rex", "model"), 403)
    first = project.claim("bob", "model", worker="w1").json
    second = project.claim("bob", "model", worker="w2").json
    assert first["id"] != second["id"]
    assert "metrics" in first
    sent = {"upsert": [box()], "delete": [], "base_revision": 0}
    done = site.bob.step(first["id"], "proceed", outcome="ok", claim_token=first["claim"]["token"], labels=sent)
    assert done.json["stage"] == "v"
    assert site.mia.get(f"/tasks/{first['id']}/labels/").json["labels"][0]["origin"]["kind"] == "agent"
    assert "allowed" in refused(site.bob.step(second["id"], "proceed", outcome="eaten"), 409).json
    assert site.bob.step(second["id"], "proceed", outcome="bad").json["stage"] == "annotate"
