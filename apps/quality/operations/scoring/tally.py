"""What a project's scores come to: the sums that its summary shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from apps.quality.models import Score, SubjectType

QUANTILES, BINS = 200, 20


@dataclass
class Tally:
    """In sums that a checkpoint can keep; ``sample`` are values of tasks, thinned out."""

    tasks: int = 0
    labels: int = 0
    missing: int = 0
    expected: float = 0.0
    expected_missing: float = 0.0
    by_kind: dict[str, float] = field(default_factory=dict)
    by_class: dict[str, float] = field(default_factory=dict)
    label_bins: list[int] = field(default_factory=lambda: [0] * BINS)
    task_bins: list[int] = field(default_factory=lambda: [0] * BINS)
    sample: list[float] = field(default_factory=list)

    def add(self, rows: Sequence[Score]) -> None:
        for row in rows:
            if row.metric != "mistakenness":
                continue
            place = min(int(row.value * BINS), BINS - 1)
            if row.subject_type == SubjectType.TASK:
                self.tasks += 1
                self.task_bins[place] += 1
                self.sample.append(row.value)
                continue
            add_to(self.by_kind, row.kind or "none", row.value)
            add_to(self.by_class, row.class_id, row.value)
            if row.subject_type == SubjectType.LABEL:
                self.labels += 1
                self.expected += row.value
                self.label_bins[place] += 1
            else:
                self.missing += 1
                self.expected_missing += row.value
        if len(self.sample) > 20 * QUANTILES:
            self.sample = np.quantile(self.sample, np.linspace(0, 1, 10 * QUANTILES)).tolist()

    def counts(self) -> dict[str, Any]:
        quantiles = np.quantile(self.sample, np.linspace(0, 1, QUANTILES)).tolist() if self.sample else []
        own = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "sample"}
        return own | {"quantiles": quantiles}


def add_to(sums: dict[str, float], name: str, value: float) -> None:
    sums[name] = sums.get(name, 0.0) + value
