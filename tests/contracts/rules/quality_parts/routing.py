"""Who may call the routes of routing."""

from __future__ import annotations

from tests.contracts.matrix import MANAGERS, Rule, World

PROJECT = "projects/<uuid:project_id>/quality/"

RULES: list[Rule] = [
    Rule(
        "POST " + PROJECT + "route/",
        allow=MANAGERS,
        body=lambda world: {"metric": "mistakenness", "to_stage": "review", "threshold": 0.5, "dry_run": True},
    ),
    Rule("GET " + PROJECT + "routes/", allow=MANAGERS),
    Rule("GET " + PROJECT + "policy/", allow=MANAGERS),
    Rule(
        "PUT " + PROJECT + "policy/",
        allow=MANAGERS,
        body=lambda world: {"enabled": False, "to_stage": "review", "budgets": [{"seconds_per_day": 60}]},
    ),
]


def prepare(world: World) -> None:
    """The project is there already."""
