"""What a routing is asked for, as it is kept with it and handed to its job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from apps.quality.logic.checks import Array
from apps.quality.logic.routing import Choice, by_budget, by_number, by_threshold

THRESHOLD, TOP, TARGET_RECALL, BUDGET = "threshold", "top", "target_recall", "budget"
RULES = (THRESHOLD, TOP, TARGET_RECALL, BUDGET)


@dataclass(frozen=True)
class Rule:
    """``value``: a threshold, a number of tasks, a share of the errors, or seconds. A budget may be a ``person``'s (an
    id), of a ``skill``, and so much ``per_day`` (UTC)."""

    name: str
    value: float
    person: str | None = None
    skill: str = ""
    per_day: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def of(kept: Mapping[str, Any]) -> Rule:
        return Rule(**{name: kept[name] for name in Rule.__dataclass_fields__ if name in kept})


@dataclass(frozen=True)
class Plan:
    """A choice over a frame of n tasks, in the order of their ids. ``task`` (n, 16) bytes, ``seconds`` as expected."""

    task: Array
    revision: Array
    value: Array
    p: Array
    seconds: Array
    chosen: Array
    priority: Array
    cut: float | None
    bound: float | None

    def __len__(self) -> int:
        return len(self.value)

    @property
    def threshold(self) -> float | None:
        """The least value that was chosen."""
        return float(self.value[self.chosen].min()) if self.chosen.any() else None

    @property
    def expected_errors(self) -> float:
        return float(self.p[self.chosen].sum())

    @property
    def expected_seconds(self) -> float:
        return float(self.seconds[self.chosen].sum())

    def best(self, number: int) -> Array:
        """Places of the first ``number`` in the queue."""
        places = np.flatnonzero(self.chosen)
        return places[np.argsort(-self.priority[places], kind="stable")][:number]

    def arrays(self) -> dict[str, Array]:
        names = ("task", "revision", "value", "p", "seconds", "chosen", "priority")
        ends = [np.nan if one is None else one for one in (self.cut, self.bound)]
        return {name: getattr(self, name) for name in names} | {"ends": np.array(ends)}

    @staticmethod
    def of(arrays: Mapping[str, Array]) -> Plan:
        """From ``arrays()``."""
        cut, bound = (None if np.isnan(one) else float(one) for one in arrays["ends"])
        return Plan(**{name: arrays[name] for name in arrays if name != "ends"}, cut=cut, bound=bound)


def choose(rule: Rule, threshold: float | None, left: float, value: Array, benefit: Array, seconds: Array) -> Choice:
    """``threshold`` is the recall's, ``left`` what is left of the budget."""
    if rule.name == BUDGET:
        return by_budget(benefit, seconds, left)
    if rule.name == TOP:
        return by_number(value, int(rule.value))
    return by_threshold(value, rule.value if threshold is None else threshold)
