"""Who may call the routes of grid: reviewers, experts and managers their own batches; figures are the managers'."""

from __future__ import annotations

from django.utils import timezone

from apps.projects.models import Project
from apps.quality.models import GridBatch
from tests.contracts.matrix import MANAGERS, Rule, World

QUALITY = "projects/<uuid:project_id>/quality/"
BATCH = QUALITY + "batches/<uuid:batch_id>/"
JUDGES = MANAGERS | {"rex", "eve"}
# A batch is its own person's alone.
OWN = frozenset({"rex"})

RULES: list[Rule] = [
    Rule("POST " + QUALITY + "atlas/", allow=MANAGERS, body=lambda _: {}),
    Rule("GET " + QUALITY + "batches/", allow=JUDGES),
    # With nothing that was scored no label is left: 409.
    Rule("POST " + QUALITY + "batches/", allow=JUDGES, body=lambda _: {"size": 10}),
    Rule("GET " + BATCH, allow=OWN),
    Rule("DELETE " + BATCH, allow=OWN),
    Rule("POST " + BATCH + "commit/", allow=OWN, body=lambda _: {"marks": [], "active_ms": 1}),
    Rule("POST " + BATCH + "undo/", allow=OWN),
    Rule("GET " + QUALITY + "grid/figures/", allow=MANAGERS),
]


def prepare(world: World) -> None:
    """An empty batch of rex's."""
    project = Project.objects.get(pk=world.ids["project_id"])
    batch = GridBatch.objects.create(
        project=project, reviewer=world.people.rex, order="mistakenness", items=[], opened_at=timezone.now()
    )
    world.ids["batch_id"] = batch.id
