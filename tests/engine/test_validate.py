from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.graphs import graphs
from tests.engine.kit import ENGINE, make, review_json, router_json, stage
from workflows.facts import COMPUTED_FACTS
from workflows.templates import TEMPLATES
from workflows.validate import validate


def codes(data: object, **more: Any) -> set[tuple[str, str]]:
    return {(problem.code, problem.stage) for problem in validate(data, **more).errors}


def gate(**config: Any) -> set[tuple[str, str]]:
    return codes(router_json(**config), providers=COMPUTED_FACTS)


def condition(when: object, **config: Any) -> set[tuple[str, str]]:
    data = router_json(branches=[{"outcome": "left", "when": when}], otherwise="right", **config)
    return codes(data)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_templates_are_publishable(template: Any) -> None:
    report = validate(template.graph, providers=COMPUTED_FACTS)
    assert report.ok
    assert report.warnings == ()


def test_the_answer_has_the_contracts_shape() -> None:
    answer = validate({"stages": [], "pathways": [], "start": ""}).to_json()
    assert answer == {
        "errors": [{"code": "bad_graph", "stage": "", "detail": "stages must be a list with at least one stage."}],
        "warnings": [],
    }


def broken(**change: Any) -> dict[str, Any]:
    return {**review_json(), **change}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (None, ("bad_graph", "")),
        ([], ("bad_graph", "")),
        ("x" * 10**6, ("bad_graph", "")),
        (broken(stages={}), ("bad_graph", "")),
        (broken(pathways={}), ("bad_graph", "")),
        (broken(color="red"), ("unknown_key", "")),
        (broken(start="nowhere"), ("bad_start", "")),
        (broken(start=["annotate"]), ("bad_start", "")),
        (broken(stages=[1]), ("bad_stage", "")),
        (broken(pathways=[{"from": "annotate"}]), ("bad_pathway", "")),
        (make(stage("", "annotate")), ("blank_id", "")),
        (make(stage("a/b", "annotate")), ("bad_id", "")),
        (make(stage("a" * 65, "annotate")), ("bad_id", "")),
        (make({"id": ["a"], "type": "annotate"}), ("bad_id", "")),
        (make(stage("a", "annotate"), stage("a", "complete"), start="a"), ("duplicate_id", "a")),
        (make(stage("a", "annotation"), start="a"), ("unknown_type", "a")),
        (make({"id": "a", "type": {}, "config": {}}, start="a"), ("unknown_type", "a")),
        (make({"id": "a", "type": "annotate", "config": []}, start="a"), ("bad_config", "a")),
        (make({"id": "a", "type": "annotate", "config": {}, "x": 1}, start="a"), ("unknown_key", "a")),
        (make({"id": "a", "type": "annotate", "title": "a\0b"}, start="a"), ("bad_title", "a")),
        (make(stage("annotate", "consensus", copies=3)), ("not_publishable", "annotate")),
        (review_json(sample=1.5), ("bad_config", "review")),
        (review_json(sample=math.nan), ("bad_config", "review")),
        (review_json(sample="0.5"), ("bad_config", "review")),
        (review_json(four_eyes=1), ("bad_config", "review")),
        (review_json(return_to="nobody"), ("bad_config", "review")),
        (review_json(class_sample={"RBC": -1}), ("bad_config", "review")),
        (review_json(class_sample={}), ("bad_config", "review")),
        (review_json(collaborators=["ann", "ann"]), ("bad_config", "review")),
        (review_json(collaborators=[{}]), ("bad_config", "review")),
        (review_json(after_fix="accept"), ("unknown_config", "review")),
        (review_json(lease_minutes=10**400), ("bad_config", "review")),
        (review_json(lease_minutes=0), ("bad_config", "review")),
    ],
)
def test_what_is_no_graph(data: object, problem: tuple[str, str]) -> None:
    assert problem in codes(data)


def rewired(*remove: tuple[str, str], add: tuple[tuple[str, str, str], ...] = ()) -> set[tuple[str, str]]:
    data = deepcopy(review_json())
    data["pathways"] = [path for path in data["pathways"] if (path["from"], path["outcome"]) not in remove]
    data["pathways"] += [{"from": source, "outcome": outcome, "to": target} for source, outcome, target in add]
    return codes(data)


def test_wiring() -> None:
    assert rewired() == set()
    assert rewired(("review", "rejected")) == {("unwired", "review")}
    assert rewired(("review", "escalated")) == {("unreachable", "expert")}
    assert rewired(add=(("review", "skipped", "done"),)) == {("unknown_outcome", "review")}
    assert rewired(add=(("done", "approved", "review"),)) == {("unknown_outcome", "done")}
    assert rewired(add=(("gone", "approved", "review"),)) == {("unknown_stage", "")}
    assert rewired(add=(("annotate", "skipped", "gone"),)) == {("unknown_stage", "annotate")}
    assert rewired(add=(("annotate", "submitted", "done"),)) == {("duplicate_pathway", "annotate")}


def test_dead_ends_and_loops() -> None:
    endless = make(stage("annotate", "annotate"), "annotate submitted annotate")
    assert codes(endless) == {("dead_end", "annotate")}
    when = {"fact": "label_count", "op": ">", "value": 1}
    router = {"branches": [{"outcome": "again", "when": when}], "otherwise": "out"}
    data = make(
        stage("annotate", "annotate"),
        stage("r1", "router", **router),
        stage("r2", "review", sample=0.5),
        stage("done", "complete"),
        "annotate submitted r1",
        "r1 again r2",
        "r1 out done",
        "r2 approved r1",
        "r2 rejected annotate",
    )
    assert codes(data) == {("loop", "r1"), ("loop", "r2")}
    data["stages"][2]["config"]["sample"] = 1
    assert codes(data) == set()


def test_routers() -> None:
    assert gate() == {("bad_config", "gate"), ("unknown_outcome", "gate")}
    assert gate(percentages={"left": 30, "right": 70}) == set()
    assert gate(percentages={"left": 30, "right": 71}) == {("percentages", "gate")}
    assert gate(percentages={"left": 33.333, "right": 66.667}) == {("percentages", "gate")}
    assert gate(percentages={"left": math.inf, "right": 1}) == {("bad_config", "gate")}
    assert gate(percentages={"left": 30, "right": 70}, otherwise="left") == {("bad_config", "gate")}
    assert ("bad_config", "gate") in gate(by_collaborator={"ann": "left"}, percentages={"left": 30, "right": 70})
    assert gate(by_collaborator={"ann": "left"}, otherwise="right") == set()
    assert ("bad_config", "gate") in gate(by_collaborator={"ann": "left"})
    assert ("bad_config", "gate") in gate(branches=[{"outcome": "left"}], otherwise="right")
    assert ("bad_config", "gate") in gate(branches="left", otherwise="right")
    assert ("bad_config", "gate") in gate(branches=[{}] * 10**5, otherwise="right")


def nested(depth: int) -> Any:
    when: Any = {"fact": "label_count", "op": ">", "value": 1}
    for _ in range(depth):
        when = {"not": when}
    return when


@pytest.mark.parametrize(
    "when",
    [
        None,
        [],
        {},
        nested(20_000),
        {"all": []},
        {"all": [nested(1)] * 10_000},
        {"any": {}},
        {"fact": "label_count", "op": "~", "value": 1},
        {"fact": "label_count", "op": ">", "value": "1"},
        {"fact": "label_count", "op": ">", "value": math.nan},
        {"fact": "label_count", "op": ">", "value": 10**400},
        {"fact": "label_count", "op": "in", "value": 1},
        {"fact": "annotator", "op": ">", "value": "ann"},
        {"fact": "annotator", "op": "==", "value": 1},
        {"fact": "has_class:RBC", "op": ">", "value": True},
        {"fact": "has_class:RBC", "op": "==", "value": 1},
        {"fact": "metadata.site", "op": "==", "value": {}},
        {"fact": "metadata.site", "op": "<", "value": None},
        {"fact": "metadata.site", "op": "==", "value": "x" * 10**6},
        {"fact": "metadata.site", "op": "==", "value": 1, "else": 2},
    ],
)
def test_bad_conditions(when: object) -> None:
    assert condition(when) == {("bad_condition", "gate")}


@pytest.mark.parametrize(
    "name", ["label_counts", "annotator__api_key", "has_class:", "metadata.", "metadata", "", 3, {}]
)
def test_unknown_facts(name: object) -> None:
    assert condition({"fact": name, "op": "==", "value": 1}) == {("unknown_fact", "gate")}


def test_computed_facts_need_a_provider_and_a_timeout() -> None:
    when = {"fact": "mistakenness", "op": ">=", "value": 0.7}
    assert condition(when) == {("fact_not_provided", "gate"), ("timeout_required", "gate")}
    assert condition(when, timeout_minutes=10, on_timeout="gone") == {
        ("fact_not_provided", "gate"),
        ("on_timeout", "gate"),
    }
    branches = [{"outcome": "left", "when": when}]
    assert gate(branches=branches, otherwise="right", timeout_minutes=10) == set()
    assert gate(branches=branches, otherwise="right", timeout_minutes=10, on_timeout="left") == set()
    assert ("on_timeout", "gate") in gate(branches=branches, otherwise="right", on_timeout="left")


def test_built_in_agents_say_what_they_need() -> None:
    def agent(**config: Any) -> set[tuple[str, str]]:
        data = make(
            stage("bot", "agent", outcomes=["ok"], **config), stage("done", "complete"), "bot ok done", start="bot"
        )
        return codes(data)

    bad = {("bad_config", "bot")}
    assert agent(agent="predict", model="Cells", class_map={"rbc": "RBC"}, outcome="ok", retries=2) == set()
    assert agent(agent="everything", **{"class": "RBC"}) == set()
    assert agent(agent="everything", model="SAM", **{"class": "RBC"}) == set()
    assert agent(agent="predict") == bad
    assert agent(agent="everything", model="SAM") == bad
    assert agent(agent="everything", class_map={"rbc": "RBC"}, **{"class": "RBC"}) == bad
    assert agent(agent="dance") == bad
    assert agent(model="Cells") == bad
    assert agent(agent="predict", model="Cells", outcome="late") == bad
    assert agent(agent="predict", model="Cells", collaborators=["bot@cells.test"]) == bad
    assert agent(agent="predict", model="Cells", class_map={}) == bad


def test_a_stage_may_have_its_tasks_labeled_before_people_come() -> None:
    def annotate(**config: Any) -> set[tuple[str, str]]:
        data = make(stage("a", "annotate", **config), stage("done", "complete"), "a submitted done", start="a")
        return codes(data)

    assert annotate(prelabel="Cells", class_map={"rbc": "RBC"}) == set()
    assert annotate(prelabel="") == {("bad_config", "a")}
    assert annotate(class_map={"rbc": 1}) == {("bad_config", "a")}


def test_agents_name_outcomes_and_time_outs() -> None:
    def agent(**config: Any) -> set[tuple[str, str]]:
        data = make(stage("bot", "agent", **config), stage("done", "complete"), "bot ok done", start="bot")
        return codes(data)

    assert agent(outcomes=["ok"]) == set()
    assert agent(outcomes=["ok"], timeout_minutes=5, on_timeout="ok", retries=2) == set()
    assert ("on_timeout", "bot") in agent(outcomes=["ok"], timeout_minutes=5)
    assert ("on_timeout", "bot") in agent(outcomes=["ok"], timeout_minutes=5, on_timeout="late")
    assert ("bad_config", "bot") in agent()
    assert ("bad_config", "bot") in agent(outcomes=["ok", "ok"])


def test_warnings_are_not_errors() -> None:
    def warned(data: dict[str, Any]) -> set[str]:
        report = validate(data)
        assert report.ok
        return {problem.code for problem in report.warnings}

    assert warned(review_json(class_sample={"RBC": 0.5})) == {"class_sample_without_sample"}
    assert warned(review_json(sample=0)) == {"never_reviewed"}
    assert warned(router_json(percentages={"left": 0, "right": 100})) == {"never_taken"}


def test_a_hostile_graph_is_refused_quickly() -> None:
    stages = [stage(f"s{index}", "annotate") for index in range(10_000)]
    assert codes({"stages": stages, "pathways": [], "start": "s0"}) == {("too_large", "")}
    assert codes(broken(pathways=[{}] * 10_000)) == {("too_large", "")}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["annotate", "s0"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
@settings(ENGINE, max_examples=60)
def test_any_json_gives_a_report(data: object) -> None:
    assert not validate(data).ok


@given(graphs(), json_values, st.data())
@settings(ENGINE, max_examples=100)
def test_a_damaged_graph_gives_a_report(data: dict[str, Any], junk: object, chance: st.DataObject) -> None:
    """One value somewhere in a good graph is replaced by anything."""
    assert validate(data, providers=COMPUTED_FACTS).ok
    node: Any = data
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = chance.draw(st.sampled_from(keys))
        if isinstance(node[key], dict | list) and node[key] and chance.draw(st.booleans()):
            node = node[key]
            continue
        node[key] = junk
        break
    validate(data, providers=COMPUTED_FACTS).to_json()
