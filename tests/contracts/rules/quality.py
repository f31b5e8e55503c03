"""Who may call the quality routes, area by area: each has a module in ``quality_parts``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tests.contracts.matrix import World

AREAS = ("scores", "calibration", "routing", "certificates", "evaluation", "curation", "grid")
PARTS: list[Any] = [import_module(f"tests.contracts.rules.quality_parts.{area}") for area in AREAS]

RULES = [rule for part in PARTS for rule in part.RULES]


def prepare(world: World) -> None:
    for part in PARTS:
        part.prepare(world)
