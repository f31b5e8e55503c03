"""Who may call the routes of curation."""

from __future__ import annotations

from tests.contracts.matrix import Rule, World

RULES: list[Rule] = []


def prepare(world: World) -> None:
    """What the routes' addresses name."""
