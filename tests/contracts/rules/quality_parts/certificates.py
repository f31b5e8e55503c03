"""Who may call the routes of certificates: those who manage the project."""

from __future__ import annotations

from apps.common.clock import database_now
from apps.projects.models import Project
from apps.quality.operations.certificates import issue
from tests.contracts.matrix import MANAGERS, Rule, World

QUALITY = "projects/<uuid:project_id>/quality/"
ISSUED = QUALITY + "certificates/<uuid:certificate_id>/"

RULES: list[Rule] = [
    Rule("GET " + QUALITY + "settings/", allow=MANAGERS),
    Rule("PATCH " + QUALITY + "settings/", allow=MANAGERS, body=lambda _: {"target_share": 0.02}),
    Rule("GET " + QUALITY + "audit/", allow=MANAGERS),
    # With nothing that rests there is nothing to draw over: 409.
    Rule("POST " + QUALITY + "audit/", allow=MANAGERS),
    Rule("GET " + QUALITY + "certificate/", allow=MANAGERS),
    Rule("POST " + QUALITY + "certificate/", allow=MANAGERS),
    Rule("GET " + QUALITY + "certificates/", allow=MANAGERS),
    Rule("GET " + ISSUED, allow=MANAGERS),
    Rule("GET " + ISSUED + "pdf/", allow=MANAGERS),
]


def prepare(world: World) -> None:
    """An issued certificate of the project, though it certifies nothing."""
    project = Project.objects.get(pk=world.ids["project_id"])
    made = issue(project=project, snapshot=None, actor=world.people.mia, now=database_now())
    world.ids["certificate_id"] = made.id
