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
]


def prepare(world: World) -> None:
    """The project is there already."""
