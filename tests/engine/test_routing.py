from __future__ import annotations

from typing import Any

import pytest

from tests.engine.kit import Task, router_json
from workflows import commands as cmd
from workflows.conditions import parse
from workflows.events import Routed, Waited
from workflows.machine import decide, needs


def routed(when: dict[str, Any], **facts: Any) -> str:
    data = router_json(branches=[{"outcome": "left", "when": when}], otherwise="right", timeout_minutes=5)
    task = Task(data)
    task.submit("ann", **facts)
    return task.state.stage


def fact(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"fact": name, "op": op, "value": value}


@pytest.mark.parametrize(
    ("when", "facts", "stage"),
    [
        (fact("label_count", ">=", 3), {"label_count": 3}, "left"),
        (fact("label_count", ">=", 3), {"label_count": 2}, "right"),
        (fact("rework_count", "==", 0), {}, "left"),
        (fact("annotator", "==", "ann"), {}, "left"),
        (fact("annotator", "in", ["ANN@demo.test"]), {"emails": {"ann": "ann@demo.test"}}, "left"),
        (fact("annotator", "!=", "bob"), {}, "left"),
        (fact("has_class:c1", "==", True), {"classes": {"c1": 2}}, "left"),
        (fact("has_class:RBC", "==", True), {"classes": {"c1": 2}, "class_names": {"c1": "RBC"}}, "left"),
        (fact("has_class:c1", "==", False), {"classes": {"c1": 0}}, "left"),
        (fact("metadata.site", "==", "north"), {"metadata": {"site": "north"}}, "left"),
        (fact("metadata.site", "==", "north"), {}, "right"),
        (fact("metadata.site", "==", None), {}, "left"),
        (fact("metadata.site", "not_in", ["a", "b"]), {"metadata": {"site": "c"}}, "left"),
        (fact("metadata.depth", "<", 3), {"metadata": {"depth": 2.5}}, "left"),
        (fact("metadata.depth", "<", 3), {"metadata": {"depth": "2.5"}}, "right"),
        (fact("metadata.depth", "==", 1), {"metadata": {"depth": True}}, "right"),
        (fact("metadata.depth", "<", 3), {"metadata": {"depth": [1]}}, "right"),
        ({"not": fact("label_count", ">", 0)}, {"label_count": 1}, "right"),
        ({"all": [fact("label_count", ">", 0), fact("label_count", "<", 9)]}, {"label_count": 5}, "left"),
        ({"any": [fact("label_count", ">", 9), fact("rework_count", "<", 1)]}, {"label_count": 5}, "left"),
        (fact("mistakenness", ">=", 0.7), {"computed": {"mistakenness": 0.7}}, "left"),
        ({"any": [fact("mistakenness", ">=", 0.7), fact("label_count", ">", 0)]}, {"label_count": 1}, "left"),
        ({"all": [fact("mistakenness", ">=", 0.7), fact("label_count", ">", 1)]}, {"label_count": 1}, "right"),
        (fact("mistakenness", ">=", 0.7), {}, "gate"),
        ({"not": {"all": [fact("mistakenness", ">=", 0.7), fact("label_count", ">", 1)]}}, {"label_count": 2}, "gate"),
    ],
)
def test_conditions(when: dict[str, Any], facts: dict[str, Any], stage: str) -> None:
    assert routed(when, **facts) == stage
    assert parse(when).to_json() == when or "ANN@demo.test" in str(when)


def scored() -> Task:
    branches = [{"outcome": "left", "when": fact("mistakenness", ">=", 0.7)}]
    task = Task(router_json(branches=branches, otherwise="right", timeout_minutes=5, on_timeout="right"))
    task.submit("ann")
    return task


def test_a_router_waits_for_its_fact() -> None:
    task = scored()
    assert task.place == ("gate", "routing")
    assert task.state.waiting_fact == "mistakenness"
    assert task.events[-1] == Waited(4, "", "gate", "mistakenness", 1)
    assert task.refused(cmd.Claim("rex")).code == "not_waiting"


def test_a_fact_releases_the_task_and_is_evidence() -> None:
    task = scored()
    task.do(cmd.ProvideFact("mistakenness", 0.8, 1))
    assert task.place == ("left", "waiting")
    event = task.events[-1]
    assert isinstance(event, Routed)
    assert (event.design, event.probability, event.evidence) == ("condition", 1.0, (("mistakenness", 0.8),))


def test_a_late_fact_never_releases_a_reworked_task() -> None:
    task = scored()
    task.do(cmd.Recall("ann"))
    task.submit("ann")
    assert task.state.label_revision == 2
    assert task.refused(cmd.ProvideFact("mistakenness", 0.8, 1)).code == "stale_fact"
    task.do(cmd.ProvideFact("mistakenness", 0.8, 2))


def test_a_correction_while_routing_asks_for_the_fact_again() -> None:
    task = scored()
    events = task.do(cmd.Correct("mia", 2))
    assert [event.action for event in events] == ["corrected", "waiting"]
    assert task.refused(cmd.ProvideFact("mistakenness", 0.8, 1)).code == "stale_fact"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (cmd.ProvideFact("hardness", 1, 1), "not_awaited"),
        (cmd.ProvideFact("label_count", 1, 1), "not_awaited"),
        (cmd.ProvideFact("mistakenness", float("nan"), 1), "bad_fact"),
        (cmd.ProvideFact("mistakenness", "high", 1), "bad_fact"),
        (cmd.FactTimeout("left"), "stale_timer"),
        (cmd.FactTimeout("gate", since=2), "stale_timer"),
        (cmd.AgentTimeout("gate"), "not_offered"),
    ],
)
def test_what_a_waiting_router_refuses(command: cmd.Command, code: str) -> None:
    assert scored().refused(command).code == code


def test_facts_are_refused_where_none_is_awaited() -> None:
    task = scored()
    task.do(cmd.FactTimeout("gate", since=task.state.since))
    assert task.refused(cmd.ProvideFact("mistakenness", 0.8, 1)).code == "not_routing"
    assert task.refused(cmd.FactTimeout("gate")).code == "not_routing"


def test_a_timeout_takes_its_branch_and_says_so() -> None:
    task = scored()
    (event,) = task.do(cmd.FactTimeout("gate", since=task.state.since))
    assert isinstance(event, Routed)
    assert (event.outcome, event.reason) == ("right", "timeout")


def test_two_facts_are_awaited_one_after_the_other() -> None:
    when = {"all": [fact("mistakenness", ">", 0.5), fact("hardness", ">", 0.5)]}
    task = Task(router_json(branches=[{"outcome": "left", "when": when}], otherwise="right", timeout_minutes=5))
    task.submit("ann")
    task.do(cmd.ProvideFact("mistakenness", 0.9, 1))
    assert task.state.waiting_fact == "hardness"
    task.do(cmd.ProvideFact("hardness", 0.9, 1))
    assert task.state.stage == "left"


def test_branches_are_tried_in_order() -> None:
    branches = [
        {"outcome": "right", "when": fact("label_count", ">", 5)},
        {"outcome": "left", "when": fact("label_count", ">", 1)},
    ]
    task = Task(router_json(branches=branches, otherwise="right"))
    task.submit("ann", label_count=9)
    assert task.state.stage == "right"


def test_a_collaborator_router_knows_ids_and_addresses() -> None:
    data = router_json(by_collaborator={"ann": "left", "Bob@demo.test": "left"}, otherwise="right")
    for person, stage in (("ann", "left"), ("b1", "left"), ("eve", "right")):
        task = Task(data)
        events = task.submit(person, emails={"b1": "bob@demo.test", "eve": "eve@demo.test"})
        assert task.state.stage == stage
        assert events[-1].design == "collaborator"  # type: ignore[union-attr]


def test_needs_names_what_a_command_can_touch() -> None:
    task = Task(router_json(percentages={"left": 50, "right": 50}))
    assert needs(task.graph, task.state, cmd.Claim("ann")).routers == ()
    task.claim("ann")
    assert needs(task.graph, task.state, cmd.Submit("ann")).routers == ("gate",)
    assert needs(task.graph, None, cmd.Create("mia", "v1")).routers == ()
    when = fact("annotator", "==", "ann")
    other = Task(router_json(branches=[{"outcome": "left", "when": when}], otherwise="right"))
    other.claim("ann")
    assert needs(other.graph, other.state, cmd.Submit("ann")).facts == {"annotator"}
    assert needs(other.graph, other.state, cmd.Submit("ann")).emails


def test_counters_are_asked_for_before_anything_is_decided() -> None:
    task = Task(router_json(percentages={"left": 50, "right": 50}))
    task.claim("ann")
    answer = decide(task.graph, task.state, cmd.Submit("ann"))
    assert answer.routers == ("gate",)  # type: ignore[union-attr]
