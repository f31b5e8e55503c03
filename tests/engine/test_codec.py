from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.graphs import graphs
from tests.engine.kit import ENGINE, Task, compiled, review_json
from workflows import codec
from workflows import commands as cmd
from workflows import events as ev
from workflows.facts import COMPUTED_FACTS
from workflows.state import LastStep, State

short = st.text(max_size=6)
numbers = st.integers(0, 10**9)
pairs = st.lists(st.tuples(short, numbers), max_size=3, unique_by=lambda pair: pair[0]).map(tuple)
names = st.lists(short, max_size=3).map(tuple)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | short
last_steps = st.builds(LastStep, short, short, short, names, st.booleans(), numbers, numbers)
states = st.builds(
    State,
    numbers,
    short,
    short,
    st.sampled_from(["waiting", "claimed"]),
    visit=numbers,
    holder=short,
    token=numbers,
    authors=names,
    escalators=names,
    skills=names,
    editors=pairs,
    excluded=st.lists(st.tuples(short, short), max_size=3).map(tuple),
    entries=pairs,
    branches=st.lists(st.tuples(short, short), max_size=3, unique_by=lambda pair: pair[0]).map(tuple),
    known=st.lists(st.tuples(short, scalars), max_size=3, unique_by=lambda pair: pair[0]).map(tuple),
    last=st.none() | last_steps,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "int": numbers,
    "str": short,
    "bool": st.booleans(),
    "float": st.floats(0, 1),
    "float | None": st.none() | st.floats(0, 1),
    "Value": scalars,
    "str | int | float | bool": st.integers(),
    "tuple[tuple[str, Value], ...]": st.lists(st.tuples(short, scalars), max_size=3).map(tuple),
    "tuple[str, ...]": st.lists(short, max_size=3).map(tuple),
    "tuple[LabelDraw, ...]": st.lists(
        st.builds(ev.LabelDraw, short, short, st.floats(0, 1), st.booleans()), max_size=3
    ).map(tuple),
}


def values(kind: type) -> st.SearchStrategy[Any]:
    return st.builds(kind, *(FIELDS[str(item.type)] for item in dataclasses.fields(kind)))


def through_json(data: Any) -> Any:
    return json.loads(json.dumps(data))


@given(states)
@settings(ENGINE, max_examples=60)
def test_states_come_back(state: State) -> None:
    assert codec.state_from_json(through_json(codec.state_to_json(state))) == state


@pytest.mark.parametrize("kind", ev.AnyEvent.__args__, ids=lambda kind: kind.__name__)
def test_every_event_comes_back(kind: type) -> None:
    @given(values(kind))
    @settings(ENGINE, max_examples=8)
    def check(event: ev.AnyEvent) -> None:
        assert codec.event_from_json(through_json(codec.event_to_json(event))) == event
        said = ev.describe(event)
        assert (said.sequence, said.action, said.actor) == (event.sequence, kind.action, event.actor)  # type: ignore[attr-defined]

    check()


@pytest.mark.parametrize("kind", cmd.Command.__args__, ids=lambda kind: kind.__name__)
def test_every_command_comes_back(kind: type) -> None:
    @given(values(kind))
    @settings(ENGINE, max_examples=8)
    def check(command: cmd.Command) -> None:
        assert codec.command_from_json(through_json(codec.command_to_json(command))) == command

    check()


def test_actions_are_distinct_words() -> None:
    actions = [kind.action for kind in ev.AnyEvent.__args__]
    assert all(actions)
    assert len(set(actions)) == len(actions)


@given(graphs())
@settings(ENGINE, max_examples=40)
def test_graphs_come_back_with_their_digest(data: dict[str, Any]) -> None:
    graph = compiled(data)
    again = compiled(through_json(codec.graph_to_json(graph)))
    assert again == graph
    assert again.digest == codec.graph_digest(data)
    assert codec.graph_to_json(again) == codec.graph_to_json(graph)
    assert {path.source: path.target for path in again.pathways}.keys() == {p["from"] for p in data["pathways"]}


def test_the_digest_ignores_spelling_and_nothing_else() -> None:
    data = review_json(sample=1)
    same = {**data, "pathways": data["pathways"][::-1], "schema_version": 1}
    same["stages"] = [{**item, "config": dict(item["config"])} for item in data["stages"]]
    same["stages"][1]["config"] = {"sample": 1.0}
    assert codec.graph_digest(same) == codec.graph_digest(data)
    assert codec.graph_digest(review_json(sample=0.5)) != codec.graph_digest(data)


def test_a_bad_graph_says_everything() -> None:
    with pytest.raises(codec.BadGraphError) as caught:
        codec.graph_from_json(review_json(sample=7, strict="yes"))
    assert [problem.code for problem in caught.value.report.errors] == ["bad_config", "bad_config"]


@pytest.mark.parametrize("data", [{"v": 2}, {"v": True}, {"v": "1"}, {"v": 1}, {"v": 1, "colour": "red"}])
def test_a_state_from_elsewhere_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(codec.BadDataError):
        codec.state_from_json(data)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"v": 9, "action": "claimed"},
        {"v": 1, "action": "danced"},
        {"v": 1, "action": ["claimed"]},
        {"v": 1, "action": "claimed", "sequence": 1},
        {"v": 1, "action": "claimed", "sequence": 1, "actor": "", "stage": "", "more": 1},
        {"v": 1, "action": "routed", "evidence": 3},
    ],
)
def test_an_event_from_elsewhere_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(codec.BadDataError):
        codec.event_from_json(data)


@pytest.mark.parametrize("data", [{}, {"command": "Dance"}, {"command": "Claim"}, {"command": "Claim", "x": 1}])
def test_a_command_from_elsewhere_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(codec.BadDataError):
        codec.command_from_json(data)


@pytest.mark.parametrize("data", [{}, {"schema_version": 2}, {"stages": [], "pathways": [], "start": "x"}])
def test_a_stored_graph_from_elsewhere_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(codec.BadDataError):
        codec.compile_stored(data)


def test_upcasters_are_applied_one_version_at_a_time() -> None:
    steps = {1: lambda data: {**data, "one": 1}, 2: lambda data: {**data, "two": data["one"] + 1}}
    assert codec.upcast({"v": 1}, "v", 3, steps) == {"v": 1, "one": 1, "two": 2}
    assert codec.upcast({"v": 3}, "v", 3, steps) == {"v": 3}


def test_a_tasks_state_is_small() -> None:
    task = Task(review_json())
    task.submit("ann")
    task.reject("rex")
    assert len(json.dumps(codec.state_to_json(task.state))) < 400
    assert set(COMPUTED_FACTS).isdisjoint(codec.state_to_json(task.state))
