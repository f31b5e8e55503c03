"""Who may call the workflow routes."""

from __future__ import annotations

from typing import Any

from apps.common.ids import new_id
from apps.flows.operations import create_workflow
from tests.contracts.matrix import MANAGERS, Rule, World
from tests.factories.tasks import graph


def prepare(world: World) -> None:
    version = create_workflow(
        organization=world.people.organization, name="Review", graph=graph(), created_by=world.people.mia
    )
    world.ids["workflow_id"] = version.workflow_id


def organizations(world: World) -> list[tuple[Any, Any]]:
    body = {"name": "x", "graph": graph()}
    return [
        (body | {"organization": str(world.people.elsewhere.pk)}, body | {"organization": str(new_id())}),
    ]


WORKFLOW = "workflows/<uuid:workflow_id>/"
READERS = MANAGERS | {"val"}

RULES = [
    Rule("GET workflows/", open_to_all=True),
    Rule(
        "POST workflows/",
        allow=MANAGERS,
        body=lambda _: {"name": "x", "graph": graph()},
        foreign=organizations,
        open_to_all=True,
    ),
    Rule("POST workflows/validate/", open_to_all=True, body=lambda _: {"graph": {}}),
    Rule("GET workflows/templates/", open_to_all=True),
    Rule("GET " + WORKFLOW, allow=READERS),
    Rule("PATCH " + WORKFLOW, allow=MANAGERS, body=lambda _: {"name": "x"}),
    Rule("GET " + WORKFLOW + "versions/", allow=READERS),
    Rule("POST " + WORKFLOW + "archive/", allow=MANAGERS),
    Rule("POST " + WORKFLOW + "restore/", allow=MANAGERS),
]
