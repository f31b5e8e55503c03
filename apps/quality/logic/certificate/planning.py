"""How large the next wave is: from the manager's target, from what is known so far, and from what is still to come."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.quality.logic.certificate.estimate import UNKNOWN_CLUSTERING
from apps.quality.logic.certificate.intervals import looks_needed

MOST = 0.5  # of a wave's tasks, so that a wave is a draw and nobody can tell who is audited
CLASS_LOOKS = 100
MODEL_FACTOR = 2.0


@dataclass(frozen=True)
class Found:
    """Random looks at labels so far, and those that were wrong."""

    looks: int = 0
    wrong: int = 0


@dataclass(frozen=True)
class Ahead:
    """``frame`` tasks to draw over now, ``to_come`` tasks until the project ends (these included), of which a sample
    has ``per_task`` labels each, ``by_class`` of each class, and the share ``by_model`` of tasks with a model's own."""

    frame: int
    to_come: int
    per_task: float
    by_class: Mapping[str, float] = field(default_factory=dict)
    by_model: float = 0.0


@dataclass(frozen=True)
class Plan:
    """``probability`` of a task, ``by_class`` of one with a label of that class, where it is more; twice as much for a
    task with labels that a model made and nobody edited, never more than ``most``. ``wanted`` tasks in all."""

    probability: float
    by_class: Mapping[str, float]
    most: float
    wanted: int
    why: str

    def of(self, classes: frozenset[str], by_model: bool) -> float:
        chance = max([self.probability, *(self.by_class[name] for name in classes if name in self.by_class)])
        return min(self.most, chance * (MODEL_FACTOR if by_model else 1.0))


def tasks_wanted(found: Found, per_task: float, target: float, confidence: float) -> int:
    """Random tasks in all for an upper bound within the target. What cannot be reached is planned for as if half the
    target were wrong: then the certificate tells how much is wrong instead."""
    share = found.wrong / found.looks if found.looks else target / 2
    looks = looks_needed(share if share < target else target / 2, target, confidence)
    effect = 1 + UNKNOWN_CLUSTERING * max(per_task - 1, 0.0)
    return math.ceil(looks * effect / max(per_task, 1.0))


def planned(
    found: Mapping[str, Found], ahead: Ahead, *, done: int, base: float, target: float, confidence: float
) -> Plan:
    """The next wave's chances. ``found`` by class, ``done`` tasks drawn before."""
    whole = Found(sum(one.looks for one in found.values()), sum(one.wrong for one in found.values()))
    wanted = tasks_wanted(whole, ahead.per_task, target, confidence)
    left, to_come = max(0, wanted - done), max(ahead.to_come, ahead.frame, 1)
    chance = min(MOST, max(base, left / (to_come * (1 + ahead.by_model))))
    by_class = {}
    for name, per_task in ahead.by_class.items():
        short = CLASS_LOOKS - found.get(name, Found()).looks
        needed = min(MOST, short / max(per_task * to_come, 1e-9)) if per_task > 0 else 0.0
        if needed > chance:
            by_class[name] = needed
    why = f"{wanted} tasks to show at most {target:.2%} wrong, {done} drawn, {to_come} to come"
    return Plan(chance, by_class, MOST, wanted, why)


def asked_for(looks: int, ahead: Ahead, *, most: float = 0.95) -> Plan:
    """Chances that give ``looks`` tasks on average."""
    chance = min(most, looks / max(ahead.frame * (1 + ahead.by_model), 1.0))
    return Plan(chance, {}, most, looks, f"{looks} tasks asked for")
