"""Which metrics there are, and who computes those that are not the scorers' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

SCORE = "quality.score"
"""The kind of the job that computes them."""

Report = Callable[[float, str], None]
Handler = Callable[[UUID, frozenset[str], Report], dict[str, int]]
"""``handler(project_id, metrics, report)`` computes those of its metrics for the whole project, calls ``report(share,
detail)`` as it goes on (which may raise to stop it), and answers counts."""

SCORED = {
    "mistakenness": "label",
    "hardness": "label",
    "expected_errors": "task",
    "mistakenness_rank": "task",
    "confidence": "task",
}
"""The scorers' own metrics, by what they are mostly of: one pass computes them all."""


@dataclass(frozen=True, slots=True)
class Metric:
    """``subject_type`` label, task or data_unit; ``family`` names the handler, which is called once for all of its."""

    name: str
    subject_type: str
    family: str


_metrics: dict[str, Metric] = {}
_families: dict[str, Handler] = {}


def register_family(family: str, handler: Handler, metrics: dict[str, str]) -> None:
    """``metrics`` by name with their subject type. Called while the app is made ready."""
    _families[family] = handler
    for name, subject_type in metrics.items():
        _metrics[name] = Metric(name, subject_type, family)


def known_metrics() -> dict[str, str]:
    """Every metric's name and what it is of."""
    return SCORED | {name: metric.subject_type for name, metric in _metrics.items()}


def usual_metrics() -> frozenset[str]:
    """What is computed when nothing is named: all but the published scores, which are there to compare with."""
    return frozenset(name for name in known_metrics() if not name.startswith("legacy."))


def families_of(metrics: frozenset[str]) -> dict[str, frozenset[str]]:
    """The handlers that these metrics need, with what each is to compute."""
    found: dict[str, set[str]] = {}
    for name in metrics:
        if name in _metrics:
            found.setdefault(_metrics[name].family, set()).add(name)
    return {family: frozenset(names) for family, names in sorted(found.items())}


def family_handler(family: str) -> Handler:
    return _families[family]
