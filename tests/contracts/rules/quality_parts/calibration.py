"""Who may call the routes of calibration: figures of people are for managers only, and so is the rest."""

from __future__ import annotations

from tests.contracts.matrix import MANAGERS, Rule, World

PROJECT = "projects/<uuid:project_id>/quality/"

RULES: list[Rule] = [
    Rule("GET " + PROJECT + "calibration/", allow=MANAGERS),
    Rule("GET " + PROJECT + "people/", allow=MANAGERS),
]


def prepare(world: World) -> None:
    """The project is there already."""
