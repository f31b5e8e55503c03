"""Who may call the ontology routes. The world's project comes to use this ontology, so its people may read it."""

from __future__ import annotations

from typing import Any

from apps.common.ids import new_id
from tests.contracts.matrix import HOME, MANAGERS, Rule, World
from tests.factories.ontologies import make_ontology


def prepare(world: World) -> None:
    made = make_ontology(world.people.organization)
    world.ids["ontology_id"] = made.pk


def organizations(world: World) -> list[tuple[Any, Any]]:
    return [
        ({"name": "x", "organization": str(world.people.elsewhere.pk)}, {"name": "x", "organization": str(new_id())})
    ]


RULES = [
    Rule("GET ontologies/", open_to_all=True),
    Rule("POST ontologies/", allow=MANAGERS, body=lambda world: {"name": "x"}, foreign=organizations, open_to_all=True),
    Rule("GET ontologies/<uuid:ontology_id>/", allow=HOME),
    Rule("PATCH ontologies/<uuid:ontology_id>/", allow=MANAGERS, body=lambda world: {"name": "x"}),
    Rule("POST ontologies/<uuid:ontology_id>/plan/", allow=MANAGERS, body=lambda world: {}),
    Rule("POST ontologies/<uuid:ontology_id>/archive/", allow=MANAGERS),
    Rule("POST ontologies/<uuid:ontology_id>/restore/", allow=MANAGERS),
]
