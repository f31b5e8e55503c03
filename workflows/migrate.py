"""What a new version of a workflow means for the tasks under the old one: keep, move or blocked, per task.

A stage keeps its tasks when the new version has a stage of that id and type; `mapping` (old stage id to new) moves
them; a stage id that changes type is blocked whatever the mapping says, and so is a removed stage without mapping.
A held task stays with its version until its visit closes and is asked about again then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from workflows.graph import Graph
from workflows.shape import Problem
from workflows.state import CLAIMED, State

Action: TypeAlias = Literal["keep", "move", "blocked"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a task. `stage` is the new stage for `Migrate` ("" to keep); `later`: its visit is held."""

    action: Action
    stage: str = ""
    reason: str = ""
    later: bool = False


@dataclass(slots=True)
class Counts:
    keep: int = 0
    move: int = 0
    blocked: int = 0
    later: int = 0
    """How many of the kept and moved are held now and will follow when their visits close."""


@dataclass(slots=True)
class Plan:
    """Per old stage id the counts of tasks; `problems` name a mapping that cannot be used."""

    stages: dict[str, Counts] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems and not any(counts.blocked for counts in self.stages.values())


def check_mapping(old: Graph, new: Graph, mapping: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is wrong with `mapping`: unknown stages on either side."""
    problems: list[Problem] = []
    for source, target in sorted(mapping.items()):
        if source not in old.stages:
            problems.append(Problem("unknown_stage", source, "The old version has no such stage."))
        if target not in new.stages:
            problems.append(Problem("unknown_stage", source, f"The new version has no stage {target!r}."))
    return tuple(problems)


def stage_fate(old: Graph, new: Graph, stage: str, mapping: Mapping[str, str]) -> Fate:
    """What becomes of the unheld tasks at the old version's `stage`."""
    before, after = old.stages.get(stage), new.stages.get(stage)
    if before is not None and after is not None and before.type != after.type:
        return Fate("blocked", "", f"The stage changes from {before.type} to {after.type}.")
    target = mapping.get(stage)
    if target is not None and target != stage:
        if target in new.stages:
            return Fate("move", target)
        return Fate("blocked", "", "The mapping names no stage of the new version.")
    if after is not None:
        return Fate("keep")
    return Fate("blocked", "", "The stage is gone; a mapping must say where its tasks go.")


def fate(old: Graph, new: Graph, state: State, mapping: Mapping[str, str]) -> Fate:
    """What becomes of one task."""
    decided = stage_fate(old, new, state.stage, mapping)
    if state.status != CLAIMED or decided.action == "blocked":
        return decided
    return Fate(decided.action, decided.stage, "The visit is held; the task follows when it closes.", later=True)


def plan(old: Graph, new: Graph, states: Iterable[State], mapping: Mapping[str, str] | None = None) -> Plan:
    """The counts over `states`, which are read once. Stages without tasks that keep are counted as 0."""
    mapping = mapping or {}
    made = Plan({name: Counts() for name in old.stages}, check_mapping(old, new, mapping))
    for state in states:
        add(made, state.stage, fate(old, new, state, mapping), 1)
    return made


def plan_counts(
    old: Graph, new: Graph, tasks: Iterable[tuple[str, int, int]], mapping: Mapping[str, str] | None = None
) -> Plan:
    """As `plan`, from maintained counters: (stage, unheld tasks, held tasks)."""
    mapping = mapping or {}
    made = Plan({name: Counts() for name in old.stages}, check_mapping(old, new, mapping))
    for stage, unheld, held in tasks:
        decided = stage_fate(old, new, stage, mapping)
        add(made, stage, decided, unheld)
        add(made, stage, Fate(decided.action, decided.stage, "", decided.action != "blocked"), held)
    return made


def add(made: Plan, stage: str, decided: Fate, tasks: int) -> None:
    """Count `tasks` tasks of one fate into the plan."""
    counts = made.stages.setdefault(stage, Counts())
    setattr(counts, decided.action, getattr(counts, decided.action) + tasks)
    if decided.later:
        counts.later += tasks
