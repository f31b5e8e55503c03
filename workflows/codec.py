"""JSON to values and back. What is stored carries a schema version; only this module knows older ones.

Fields at their defaults are left out, so a state or an event is a few hundred bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache
from typing import Any

from workflows import commands as cmd
from workflows import events as ev
from workflows.compiling import canonical, compile_graph, digest
from workflows.graph import Graph
from workflows.shape import GRAPH_VERSION
from workflows.state import LastStep, State
from workflows.validate import Report, validate

__all__ = [
    "BadDataError",
    "BadGraphError",
    "canonical",
    "command_from_json",
    "command_to_json",
    "compile_stored",
    "digest",
    "event_from_json",
    "event_to_json",
    "graph_digest",
    "graph_from_json",
    "graph_to_json",
    "normal_graph",
    "state_from_json",
    "state_to_json",
]

STATE_VERSION = 1
EVENT_VERSION = 1

Json = dict[str, Any]
Upcaster = Callable[[Json], Json]

GRAPH_UPCASTERS: Mapping[int, Upcaster] = {}
STATE_UPCASTERS: Mapping[int, Upcaster] = {}
EVENT_UPCASTERS: Mapping[int, Upcaster] = {}
"""From schema version n to n + 1. Histories of every released version are replayed by the tests."""


class BadDataError(ValueError):
    """Stored JSON that no version of this module has written."""


class BadGraphError(ValueError):
    """A graph that `validate` refuses; `report` says why."""

    def __init__(self, report: Report) -> None:
        super().__init__("; ".join(f"{problem.stage}: {problem.detail}" for problem in report.errors[:5]))
        self.report = report


def upcast(data: Json, key: str, current: int, upcasters: Mapping[int, Upcaster]) -> Json:
    """`data` as the present schema version has it. Raises BadDataError for a version from the future."""
    version = data.get(key, 1)
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= current:
        raise BadDataError(f"Unknown schema version {version!r}.")
    while version < current:
        data = upcasters[version](data)
        version += 1
    return data


# Graphs


def graph_from_json(data: object, *, providers: Iterable[str] = ()) -> Graph:
    """The graph that API.md's JSON describes. Raises BadGraphError."""
    report = validate(data, providers=providers)
    if report.errors or not isinstance(data, dict):
        raise BadGraphError(report)
    return compile_stored(data)


def compile_stored(data: Mapping[str, Any]) -> Graph:
    """The graph of JSON that was validated when it was published. Raises BadDataError when it cannot have been."""
    current = upcast(dict(data), "schema_version", GRAPH_VERSION, GRAPH_UPCASTERS)
    try:
        graph = compile_graph(current, normal_graph(current))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadDataError(f"Not a stored graph: {error}.") from error
    if graph.start not in graph.stages:
        raise BadDataError("Not a stored graph: its start is no stage.")
    return graph


def normal_graph(data: Mapping[str, Any]) -> Json:
    """API.md's JSON with titles and configs filled in and pathways in order: equal graphs have one normal form."""
    return {
        "stages": [
            {
                "id": item["id"],
                "type": item["type"],
                "title": item.get("title") or item["id"],
                "config": dict(item.get("config") or {}),
            }
            for item in data["stages"]
        ],
        "pathways": sorted(
            ({"from": item["from"], "outcome": item["outcome"], "to": item["to"]} for item in data["pathways"]),
            key=lambda item: (item["from"], item["outcome"]),
        ),
        "start": data["start"],
    }


def graph_to_json(graph: Graph) -> Json:
    """The normal form of the graph."""
    return normal_graph(
        {
            "stages": [
                {"id": stage.id, "type": stage.type, "title": stage.title, "config": thaw(stage.config)}
                for stage in graph.stages.values()
            ],
            "pathways": [
                {"from": pathway.source, "outcome": pathway.outcome, "to": pathway.target} for pathway in graph.pathways
            ],
            "start": graph.start,
        }
    )


def thaw(value: Any) -> Any:
    """A JSON value of its own, sharing nothing with `value`."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def graph_digest(data: Mapping[str, Any]) -> str:
    """sha256 of the graph's normal form: what makes two versions the same."""
    return digest(normal_graph(data))


# States

_DEFAULTS = State._field_defaults
_PAIRS = ("entries", "branches", "known")
_PAIR_LISTS = ("editors", "excluded")


def state_to_json(state: State) -> Json:
    data: Json = {"v": STATE_VERSION}
    fields: Iterable[tuple[str, Any]] = zip(State._fields, state, strict=True)
    for name, value in fields:
        if name in _DEFAULTS and value == _DEFAULTS[name]:
            continue
        if name in _PAIRS:
            data[name] = dict(value)
        elif name == "last":
            data[name] = [*value[:3], list(value[3]), *value[4:]]
        elif isinstance(value, tuple):
            data[name] = [list(item) for item in value] if name in _PAIR_LISTS else list(value)
        else:
            data[name] = value
    return data


def state_from_json(data: Json) -> State:
    """The state. Raises BadDataError."""
    if data.get("v") != STATE_VERSION:
        data = upcast(data, "v", STATE_VERSION, STATE_UPCASTERS)
    fields = dict(data)
    fields.pop("v", None)
    try:
        for name, freeze in _FREEZE.items():
            if name in fields:
                fields[name] = freeze(fields[name])
        return State(**fields)
    except (TypeError, AttributeError, ValueError) as error:
        raise BadDataError(f"Not a stored state: {error}.") from error


def _last(data: list[Any]) -> LastStep:
    actor, stage, stage_type, entered, *rest = data
    return LastStep._make((actor, stage, stage_type, tuple(entered), *rest))


_FREEZE: Mapping[str, Callable[[Any], Any]] = {
    **{name: lambda value: tuple(value.items()) for name in _PAIRS},
    **{name: lambda value: tuple(tuple(item) for item in value) for name in _PAIR_LISTS},
    "authors": tuple,
    "escalators": tuple,
    "skills": tuple,
    "last": _last,
}


# Events and commands

_EVENTS: Mapping[str, type[ev.Event]] = {kind.action: kind for kind in ev.AnyEvent.__args__}
_COMMANDS: Mapping[str, type] = {kind.__name__: kind for kind in cmd.Command.__args__}


@cache
def _fields(kind: Hashable) -> tuple[tuple[str, Any, bool], ...]:
    """(name, default, required) of a dataclass's fields."""
    items: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(kind)  # type: ignore[arg-type]
    return tuple((item.name, item.default, item.default is dataclasses.MISSING) for item in items)


def _dump(value: Any) -> Json:
    data: Json = {}
    for name, default, required in _fields(value.__class__):
        item = getattr(value, name)
        if required or item != default or type(item) is not type(default):
            data[name] = item
    return data


def _load(kind: type, data: Json) -> Any:
    known = _fields(kind)
    names = {name for name, _, _ in known}
    if not names.issuperset(data) or any(required and name not in data for name, _, required in known):
        raise BadDataError(f"Not a stored {kind.__name__}.")
    return kind(**data)


def event_to_json(event: ev.Event) -> Json:
    data = {"v": EVENT_VERSION, "action": event.action, **_dump(event)}
    if isinstance(event, ev.Routed) and event.evidence:
        data["evidence"] = [list(pair) for pair in event.evidence]
    if isinstance(event, ev.Selection) and event.labels:
        data["labels"] = [[item.label, item.class_id, item.probability, item.chosen] for item in event.labels]
    return data


def event_from_json(data: Json) -> ev.AnyEvent:
    """The event. Raises BadDataError."""
    fields = dict(upcast(data, "v", EVENT_VERSION, EVENT_UPCASTERS))
    fields.pop("v", None)
    action = fields.pop("action", None)
    kind = _EVENTS.get(action) if isinstance(action, str) else None
    if kind is None:
        raise BadDataError(f"Unknown action {action!r}.")
    try:
        if "skills" in fields:
            fields["skills"] = tuple(fields["skills"])
        if "evidence" in fields:
            fields["evidence"] = tuple((name, value) for name, value in fields["evidence"])
        if "labels" in fields:
            fields["labels"] = tuple(ev.LabelDraw(*item) for item in fields["labels"])
    except (TypeError, ValueError) as error:
        raise BadDataError(f"Not a stored event: {error}.") from error
    event: ev.AnyEvent = _load(kind, fields)
    return event


def command_to_json(command: cmd.Command) -> Json:
    return {"command": type(command).__name__, **_dump(command)}


def command_from_json(data: Json) -> cmd.Command:
    """The command. Raises BadDataError."""
    fields = dict(data)
    name = fields.pop("command", None)
    kind = _COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadDataError(f"Unknown command {name!r}.")
    command: cmd.Command = _load(kind, fields)
    return command
