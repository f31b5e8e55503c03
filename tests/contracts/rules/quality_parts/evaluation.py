"""Who may call the routes of evaluation."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.common.ids import new_id
from apps.inference.models import PredictionModel
from apps.quality.models import Evaluation
from tests.contracts.matrix import MANAGERS, Rule, World

PROJECT = "projects/<uuid:project_id>/quality/"
# The world's task stands at a review, whose judges see its evidence; ann labels, and is shown none.
SEEING = MANAGERS | {"val", "rex", "eve"}


def prepare(world: World) -> None:
    """What the routes' addresses name."""
    model = PredictionModel.objects.create(project_id=world.ids["project_id"], name="evaluated")
    nothing: dict[str, Any] = {"mean": {}, "classes": {}}
    Evaluation.objects.create(
        id=new_id(),
        project_id=model.project_id,
        model=model,
        state="ready",
        started_at=timezone.now(),
        finished_at=timezone.now(),
        summary={
            "units": 0,
            "left_out": {},
            "trained_on": {"snapshot": None, "units": []},
            "keys": [],
            "subsets": [],
            "coco": {"all": nothing, "subsets": {}},
            "classifications": {},
        },
    )


def queue(_: World) -> dict[str, Any]:
    return {"model": "evaluated", "to_stage": "review", "dry_run": True}


RULES: list[Rule] = [
    Rule("POST " + PROJECT + "evaluation/", allow=MANAGERS, body=lambda _: {"model": "evaluated"}),
    Rule("GET " + PROJECT + "evaluation/", allow=MANAGERS),
    Rule("GET " + PROJECT + "matches/", allow=MANAGERS),
    Rule("POST " + PROJECT + "matches/queue/", allow=MANAGERS, body=queue),
    Rule("GET tasks/<uuid:task_id>/predictions/", allow=SEEING),
]
