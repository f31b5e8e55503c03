"""Graphs with scripts and the routes they must give; and saved histories that must fold to what they once were.

A golden file holds `graph`, `providers` and `scripts`: lists of steps `{"do": command, "facts": {…}, "then": [events
as "action outcome -> stage"], "at": [stage, status]}` or `{"do": …, "refused": code}`. A saved history is never
changed: it stands for the ones in people's databases.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.kit import Task
from workflows import codec, machine
from workflows import events as ev

HERE = Path(__file__).resolve().parent / "golden"
GRAPHS = sorted(HERE.glob("*.json"))
HISTORIES = sorted((HERE / "histories").glob("*.json"))


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def said(event: ev.Event) -> str:
    row = ev.describe(event)
    return f"{row.action} {row.outcome} -> {row.to_stage}".replace("  ", " ")


def scripts() -> list[Any]:
    return [
        pytest.param(load(path), name, id=f"{path.stem}-{name}") for path in GRAPHS for name in load(path)["scripts"]
    ]


def frozen(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts from JSON: pairs and sets are lists there."""
    facts = dict(facts)
    if "absent" in facts:
        facts["absent"] = frozenset(facts["absent"])
    if "label_draws" in facts:
        facts["label_draws"] = {
            stage: {label: (class_id, draw) for label, (class_id, draw) in labels.items()}
            for stage, labels in facts["label_draws"].items()
        }
    return facts


@pytest.mark.parametrize(("golden", "name"), scripts())
def test_a_script_takes_its_route(golden: dict[str, Any], name: str) -> None:
    task = Task(codec.graph_from_json(golden["graph"], providers=golden.get("providers", ())))
    for step in golden["scripts"][name]:
        command, facts = codec.command_from_json(step["do"]), frozen(step.get("facts", {}))
        if "refused" in step:
            assert task.refused(command, **facts).code == step["refused"]
            continue
        happened = task.do(command, **facts)
        assert [said(event) for event in happened] == step["then"]
        assert list(task.place) == step["at"]


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_saved_history_folds_to_the_state_it_had(path: Path) -> None:
    saved = load(path)
    state = machine.fold(codec.event_from_json(event) for event in saved["events"])
    assert state == codec.state_from_json(saved["state"])
    assert codec.state_to_json(state) == saved["state"]
    assert [codec.event_to_json(codec.event_from_json(event)) for event in saved["events"]] == saved["events"]


def test_there_are_golden_files() -> None:
    assert len(GRAPHS) >= 4
    assert len(HISTORIES) >= 4


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_a_history_with_a_gap_does_not_fold(gap: int) -> None:
    happened = [codec.event_from_json(event) for event in load(HISTORIES[0])["events"]]
    with pytest.raises(machine.BadHistoryError):
        machine.fold(happened[:gap] + happened[gap + 1 :])
    with pytest.raises(machine.BadHistoryError):
        machine.fold([])
