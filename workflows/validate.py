"""What is wrong with a graph, as values. Any JSON value at all gives a report, never an exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.conditions import is_finite, shorten
from workflows.configs import outcomes_of
from workflows.graph import REVIEW_TYPES, ROUTER, TERMINAL_TYPES
from workflows.shape import Findings, Problem, check_shape

MAX_PROBLEMS = 100

__all__ = ["Problem", "Report", "validate"]


@dataclass(frozen=True, slots=True)
class Report:
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether the graph may be published."""
        return not self.errors

    def to_json(self) -> dict[str, list[dict[str, str]]]:
        """The answer of `POST /workflows/validate/`."""
        return {
            "errors": [_problem(problem) for problem in self.errors],
            "warnings": [_problem(problem) for problem in self.warnings],
        }


def _problem(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "stage": problem.stage, "detail": problem.detail}


def validate(data: object, *, providers: Iterable[str] = ()) -> Report:
    """Everything wrong with the graph JSON `data`. `providers`: the computed facts that something here provides."""
    found = Findings(providers=frozenset(providers))
    check_shape(found, data)
    if found.stages and isinstance(data, dict):
        _wiring(found)
        if not found.errors:
            _travel(found, data["start"])
    return Report(tuple(found.errors[:MAX_PROBLEMS]), tuple(found.warnings[:MAX_PROBLEMS]))


def _wiring(found: Findings) -> None:
    for name, stage in found.stages.items():
        if not stage["type"]:
            continue
        required, _ = outcomes_of(stage["type"], stage["config"])
        for outcome in required:
            if outcome not in found.targets[name]:
                found.error("unwired", name, f"The outcome {shorten(outcome)} leads nowhere.")


def _travel(found: Findings, start: str) -> None:
    """Problems of the whole: what cannot be reached, cannot end, or would go round without resting."""
    reached = _closure({start}, found.targets)
    for name in found.stages:
        if name not in reached:
            found.error("unreachable", name, "No task can come to this stage.")
    backwards: dict[str, dict[str, str]] = {name: {} for name in found.stages}
    for source, ways in found.targets.items():
        for target in ways.values():
            backwards[target][source] = source
    ends = {name for name, stage in found.stages.items() if stage["type"] in TERMINAL_TYPES}
    finishing = _closure(ends, backwards)
    for name in found.stages:
        if name not in finishing:
            found.error("dead_end", name, "From this stage a task can never be completed or archived.")
    for name in _loops(found):
        found.error("loop", name, "A task could go round through this stage without ever resting.")
    _escalations(found)


def _escalations(found: Findings) -> None:
    for name, ways in found.targets.items():
        target = ways.get("escalated", "")
        if target and found.stages[target]["type"] in TERMINAL_TYPES:
            found.warn("escalated_to_end", name, "An escalated task ends without an expert's look.")
        if target == name:
            found.warn("escalated_to_itself", name, "An escalated task comes back to the same queue.")


def _closure(begin: Iterable[str], ways: Mapping[str, Mapping[str, str]]) -> set[str]:
    seen: set[str] = set()
    todo = list(begin)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += ways[name].values()
    return seen


def _loops(found: Findings) -> list[str]:
    """Stages on a cycle of routers and of reviews that a draw can pass by, in graph order."""
    ways = {name: _passed_on(stage, found.targets[name]) for name, stage in found.stages.items()}
    # Taking off, again and again, what leads nowhere or is led to by nothing leaves the cycles and what joins them.
    while True:
        led_to = {target for targets in ways.values() for target in targets}
        rest = {
            name: tuple(target for target in targets if ways.get(target))
            for name, targets in ways.items()
            if targets and name in led_to
        }
        rest = {name: targets for name, targets in rest.items() if targets}
        if rest == ways:
            return list(rest)
        ways = rest


def _passed_on(stage: Mapping[str, Any], ways: Mapping[str, str]) -> tuple[str, ...]:
    if stage["type"] == ROUTER:
        return tuple(ways.values())
    sample = stage["config"].get("sample", 1)
    if stage["type"] in REVIEW_TYPES and is_finite(sample) and sample < 1 and "approved" in ways:
        return (ways["approved"],)
    return ()
