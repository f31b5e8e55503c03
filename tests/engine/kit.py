"""Graphs and a task to drive through them, for every test here."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

from workflows import codec, machine
from workflows import commands as cmd
from workflows.events import AnyEvent
from workflows.facts import COMPUTED_FACTS, NO_FACTS, Facts
from workflows.graph import Graph
from workflows.results import Accepted, Refused
from workflows.state import State

ENGINE = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
"""The same examples on every run and machine; budgets are set where it is used."""


def stage(name: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "title": name.title(), "config": config}


def paths(*ways: str) -> list[dict[str, str]]:
    """Pathways from texts such as `annotate submitted review`."""
    split = [way.split(" ") for way in ways]
    return [{"from": source, "outcome": outcome, "to": target} for source, outcome, target in split]


def make(*parts: Any, start: str = "annotate") -> dict[str, Any]:
    """A graph's JSON from stages (objects) and pathways (texts)."""
    stages = [part for part in parts if isinstance(part, dict)]
    return {"stages": stages, "pathways": paths(*(p for p in parts if isinstance(p, str))), "start": start}


def compiled(data: dict[str, Any]) -> Graph:
    return codec.graph_from_json(data, providers=COMPUTED_FACTS)


def review_json(**review: Any) -> dict[str, Any]:
    """annotate → review → done, rejected back, escalated to an expert."""
    return make(
        stage("annotate", "annotate"),
        stage("review", "review", **review),
        stage("expert", "expert_review"),
        stage("done", "complete"),
        "annotate submitted review",
        "review approved done",
        "review rejected annotate",
        "review escalated expert",
        "expert approved done",
        "expert rejected annotate",
    )


def router_json(**config: Any) -> dict[str, Any]:
    """annotate → gate → (left | right) → done; both are reviews."""
    return make(
        stage("annotate", "annotate"),
        stage("gate", "router", **config),
        stage("left", "review"),
        stage("right", "review"),
        stage("done", "complete"),
        "annotate submitted gate",
        "gate left left",
        "gate right right",
        "left approved done",
        "left rejected annotate",
        "right approved done",
        "right rejected annotate",
    )


class Task:
    """One task under a graph. `do` expects acceptance and checks the fold; `refused` expects the contrary."""

    def __init__(self, data: dict[str, Any] | Graph, **facts: Any) -> None:
        self.graph = data if isinstance(data, Graph) else compiled(data)
        self.events: list[AnyEvent] = []
        self.state: State = None  # type: ignore[assignment]
        self.do(cmd.Create("mia", "v1"), **facts)

    def do(self, command: cmd.Command, **facts: Any) -> tuple[AnyEvent, ...]:
        result = machine.decide(self.graph, self.state, command, Facts(**facts) if facts else NO_FACTS)
        assert isinstance(result, Accepted), result
        self.events += result.events
        self.state = result.state
        assert machine.fold(self.events) == self.state
        assert [event.sequence for event in self.events] == list(range(1, self.state.sequence + 1))
        return result.events

    def refused(self, command: cmd.Command, **facts: Any) -> Refused:
        before = codec.state_to_json(self.state)
        result = machine.decide(self.graph, self.state, command, Facts(**facts) if facts else NO_FACTS)
        assert isinstance(result, Refused), result
        assert codec.state_to_json(self.state) == before
        assert machine.fold(self.events) == self.state
        return result

    def claim(self, person: str, **facts: Any) -> int:
        self.do(cmd.Claim(person), **facts)
        return self.state.token

    def submit(self, person: str = "ann", **facts: Any) -> tuple[AnyEvent, ...]:
        self.claim(person)
        return self.do(cmd.Submit(person, wrote=True, label_revision=self.state.label_revision + 1), **facts)

    def approve(self, person: str = "rex", wrote: bool = False, **facts: Any) -> tuple[AnyEvent, ...]:
        self.claim(person)
        return self.do(cmd.Approve(person, wrote=wrote), **facts)

    def reject(self, person: str = "rex", **facts: Any) -> tuple[AnyEvent, ...]:
        self.claim(person)
        return self.do(cmd.Reject(person, reason="a cell is missing"), **facts)

    @property
    def place(self) -> tuple[str, str]:
        return self.state.stage, self.state.status

    def may(self, person: str, *, manager: bool = False) -> set[str]:
        return set(machine.allowed_actions(self.graph, self.state, person, manager=manager))
