"""Who may call the routes of routing."""

from __future__ import annotations

from typing import Any

from apps.common.ids import new_id
from tests.contracts.matrix import MANAGERS, Rule, World

PROJECT = "projects/<uuid:project_id>/quality/"

ROUTE: dict[str, Any] = {"metric": "mistakenness", "to_stage": "review", "dry_run": True}
PREVIEW: dict[str, Any] = {
    "branches": [{"outcome": "doubtful", "when": {"fact": "mistakenness", "op": ">=", "value": 0.5}}],
    "otherwise": "rest",
}
POLICY: dict[str, Any] = {"enabled": False, "to_stage": "review"}


def routes_of_strangers(world: World) -> list[tuple[Any, Any]]:
    people = (str(world.people.id_of("olga")), str(new_id()))
    theirs, nobodys = (ROUTE | {"budget": {"seconds": 60, "person": person}} for person in people)
    return [(theirs, nobodys)]


def orders_of_strangers(world: World) -> list[tuple[Any, Any]]:
    people = (str(world.people.id_of("olga")), str(new_id()))
    theirs, nobodys = (POLICY | {"budgets": [{"seconds_per_day": 60, "person": person}]} for person in people)
    return [(theirs, nobodys)]


RULES: list[Rule] = [
    Rule(
        "POST " + PROJECT + "route/",
        allow=MANAGERS,
        body=lambda world: ROUTE | {"threshold": 0.5},
        foreign=routes_of_strangers,
    ),
    Rule("GET " + PROJECT + "preview/", allow=MANAGERS),
    Rule("POST " + PROJECT + "preview/", allow=MANAGERS, body=lambda world: PREVIEW),
    Rule("GET " + PROJECT + "routes/", allow=MANAGERS),
    Rule("GET " + PROJECT + "policy/", allow=MANAGERS),
    Rule(
        "PUT " + PROJECT + "policy/",
        allow=MANAGERS,
        body=lambda world: POLICY | {"budgets": [{"seconds_per_day": 60}]},
        foreign=orders_of_strangers,
    ),
]


def prepare(world: World) -> None:
    """The project is there already."""
