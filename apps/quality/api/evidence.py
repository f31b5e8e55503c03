"""Why a task came to its judge, and what speaks against its labels."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView
from apps.common.pages import check_query
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.quality.api.score_answers import EvidenceAnswer
from apps.quality.api.scores import NO_TILE, shown_label
from apps.quality.models import Score, SubjectType
from apps.quality.operations.scoring.judging import option_names
from apps.quality.policies import get_evidence_for
from apps.quality.queries.scores import geometries_of
from apps.quality.queries.tiles import tiles_for
from apps.tasks.hooks import metrics_for
from apps.tasks.models import Verdict
from apps.tasks.policies import TaskAccess

MOST = 500
NOTHING: dict[str, Any] = {"route_reason": None, "metrics": {}, "labels": [], "missing": []}


class EvidenceView(ApiView):
    """Sorted by probability. A stage that shows evidence after the verdict shows it label by label; a task that is
    judged blind has none."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="task_evidence", responses=EvidenceAnswer)
    def get(self, request: Request, task_id: UUID) -> Response:
        check_query(request, ())
        found = get_evidence_for(request.auth, task_id)
        rows = Score.objects.filter(task=found.task, metric="mistakenness").exclude(subject_type=SubjectType.TASK)
        rows = rows.select_related("model")
        if found.visit is not None and found.visit.blind and not found.sees_all:
            return Response(NOTHING)
        if not found.sees_evidence:
            rows = rows.filter(subject_type=SubjectType.LABEL, subject__in=judged(found))
            return Response(NOTHING | {"labels": shown_evidence(list(rows.order_by("-value")[:MOST]), found)})
        shown = shown_evidence(list(rows.order_by("-value", "id")[:MOST]), found)
        metrics = metrics_for([found.task]).get(found.task.id, {})
        return Response(
            {
                "route_reason": found.visit.route_reason if found.visit else None,
                "metrics": {name: value for name, value in metrics.items() if name != "labels"},
                "labels": [one for one in shown if one["label"]],
                "missing": [one for one in shown if not one["label"]],
            }
        )


def judged(found: TaskAccess) -> list[UUID]:
    """The labels on which the caller's own word stands in this visit."""
    own = Verdict.objects.filter(visit=found.visit, reviewer=found.user, superseded=False, implicit=False)
    return [label for label in own.values_list("label", flat=True) if label] if found.visit else []


def shown_evidence(rows: list[Score], found: TaskAccess) -> list[dict[str, Any]]:
    for row in rows:
        row.task = found.task
    index = index_for(found.task.project.ontology_id)
    shapes = geometries_of(rows)
    near = [(UUID(one["task"]), UUID(one["label"])) for row in rows for one in row.detail.get("near", ())]
    tiles = tiles_for([*((row.task_id, row.subject) for row in rows), *near])
    return [
        by_model(row, shown_label(row, index, shapes, tiles))
        | {"neighbours": [shown_near(one, index, tiles) for one in nearest(row)]}
        for row in rows
    ]


def by_model(row: Score, shown: dict[str, Any]) -> dict[str, Any]:
    """With the name of the model that says so: a label that takes its word says whose it is."""
    said = shown["model_label"]
    return shown | {"model_label": said | {"model": row.model.name if row.model else None}} if said else shown


def nearest(row: Score) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = row.detail.get("near", [])
    return found


def shown_near(one: dict[str, Any], index: OntologyIndex, tiles: dict[Any, Any]) -> dict[str, Any]:
    """An alike image of a classification is called by its answer, empty where it has none of those in question."""
    key, named = (UUID(one["task"]), UUID(one["label"])), index.class_name(one["class"])
    if "answer" in one:
        named = option_names(index).get(one["answer"], one["answer"])
    own = {name: value for name, value in one.items() if name != "answer"}
    shown: dict[str, Any] = own | {"class": named} | tiles.get(key, NO_TILE)
    return shown
