"""Who may call the routes of scores: managers; a task's evidence whoever judges or oversees it."""

from __future__ import annotations

from tests.contracts.matrix import MANAGERS, Rule, World

PROJECT = "projects/<uuid:project_id>/"

RULES: list[Rule] = [
    Rule("GET " + PROJECT + "quality/", allow=MANAGERS),
    Rule("POST " + PROJECT + "quality/score/", allow=MANAGERS, body=lambda _: {"metrics": ["mistakenness"]}),
    Rule("GET " + PROJECT + "quality/labels/", allow=MANAGERS),
    Rule("GET " + PROJECT + "quality/tasks/", allow=MANAGERS),
    Rule("GET tasks/<uuid:task_id>/evidence/", allow=MANAGERS | {"val", "rex", "eve"}),
]


def prepare(world: World) -> None:
    """What the routes' addresses name."""
