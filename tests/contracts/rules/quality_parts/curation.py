"""Who may call the routes of curation: those who manage the project."""

from __future__ import annotations

from tests.contracts.matrix import MANAGERS, Rule, World

QUALITY = "projects/<uuid:project_id>/quality/"

RULES: list[Rule] = [
    Rule("GET " + QUALITY + "curate/", allow=MANAGERS),
    Rule("POST " + QUALITY + "curate/", allow=MANAGERS),
    Rule("GET " + QUALITY + "duplicates/", allow=MANAGERS),
    # Without a subject there is nothing to look for: 400.
    Rule("GET " + QUALITY + "similar/", allow=MANAGERS),
]


def prepare(world: World) -> None:
    """What the routes' addresses name."""
