"""The validate route answers whatever it is sent; the templates are sound."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.flows import simple_graph
from tests.factories.people import People

DEEP: Any = {"fact": "label_count", "op": ">=", "value": 1}
for _ in range(40):
    DEEP = {"not": DEEP}

HOSTILE: list[Any] = [
    None,
    True,
    0,
    "graph",
    [],
    {},
    {"stages": {}},
    {"stages": [None, [], 1, "x", {"id": {}}, {"id": "a", "type": []}], "pathways": [None, {}, []], "start": {}},
    {"stages": [{"id": "a", "type": "router", "config": {"percentages": {"x": "30", "y": 1e308}}}], "start": "a"},
    {"stages": [{"id": "a", "type": "router", "config": {"branches": [{"outcome": 1, "when": DEEP}]}}], "start": "a"},
    {"stages": [{"id": f"s{i}", "type": "annotate"} for i in range(5_000)], "pathways": [], "start": "s0"},
    simple_graph() | {"schema_version": 99},
    simple_graph() | {"schema_version": "1"},
    simple_graph() | {"start": "nowhere"},
    simple_graph(sample=10**400),
    simple_graph(collaborators=[{}]),
    simple_graph(skills="haematology"),
]


@pytest.mark.parametrize("graph", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_graphs_get_an_answer(people: People, graph: Any) -> None:
    answer = people.caller("ann").post("/workflows/validate/", {"graph": graph})
    assert answer.status_code == 200, answer.content
    assert answer.json()["errors"]
    assert all(set(problem) == {"code", "stage", "detail"} for problem in answer.json()["errors"])
    refused = people.caller("mia").post("/workflows/", {"name": "x", "graph": graph})
    assert (refused.status_code, refused.json()["code"]) in {(400, "bad_graph"), (400, "invalid")}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_graphs_with_anything_put_anywhere_get_an_answer(people: People, data: st.DataObject) -> None:
    anything = st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        # Surrogates and NUL are refused with the body, before anything is judged.
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "type", "config", "to"]), inner, max_size=3)
        ),
        max_leaves=6,
    )
    graph = simple_graph()
    places: list[tuple[Any, Any]] = [(graph, key) for key in graph]
    places += [(graph["stages"], index) for index in range(3)] + [(graph["pathways"], index) for index in range(3)]
    places += [(item, key) for item in [*graph["stages"], *graph["pathways"]] for key in item]
    for holder, key in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
        holder[key] = data.draw(anything)
    answer = people.caller("ann").post("/workflows/validate/", {"graph": graph})
    assert answer.status_code == 200
    made = people.caller("mia").post("/workflows/", {"name": "x", "graph": graph})
    assert made.status_code == (400 if answer.json()["errors"] else 201), made.content


def test_a_sound_graph_has_no_errors(people: People) -> None:
    answer = people.caller("val").post("/workflows/validate/", {"graph": simple_graph()})
    assert answer.json() == {"errors": [], "warnings": []}


def test_consensus_is_refused_until_it_is_there(people: People) -> None:
    graph = simple_graph()
    graph["stages"][1] |= {"type": "consensus", "config": {"copies": 2}}
    answer = people.caller("mia").post("/workflows/validate/", {"graph": graph}).json()
    assert "not_publishable" in {problem["code"] for problem in answer["errors"]}


def test_a_body_without_a_graph_is_refused(people: People) -> None:
    answer = people.caller("ann").post("/workflows/validate/", {})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/graph")


def test_every_template_can_be_published(people: People) -> None:
    mia = people.caller("mia")
    templates = mia.get("/workflows/templates/").json()["results"]
    assert len(templates) >= 4
    for template in templates:
        assert mia.post("/workflows/validate/", {"graph": template["graph"]}).json()["errors"] == []
        made = mia.post("/workflows/", {"name": template["name"], "graph": template["graph"]})
        assert made.status_code == 201, made.content
