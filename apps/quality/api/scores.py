"""Scores over REST: computing them, and the lists of what is likely wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.common.pages import check_query, page
from apps.common.serializers import page_of
from apps.datasets.queries import media_urls
from apps.jobs.api.answers import JobAnswer, accepted
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.quality.api.score_answers import LabelScoreAnswer, ScoreBody, SummaryAnswer, TaskScoreAnswer
from apps.quality.models import Score, SubjectType
from apps.quality.operations.scoring.starting import start_scoring
from apps.quality.policies import get_quality_for
from apps.quality.queries.score_runs import latest_run, rank_of
from apps.quality.queries.scores import (
    LABEL_FILTERS,
    ORDERINGS,
    TASK_FILTERS,
    geometries_of,
    label_scores,
    task_scores,
)
from apps.quality.queries.summary import summary_of
from apps.quality.queries.tiles import tiles_for

NO_TILE = {"atlas_url": None, "x": None, "y": None, "size": None}


class ScoreView(ApiView):
    """Computes scores of the whole project."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="quality_score", request=ScoreBody, responses={202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_quality_for(request.auth, project_id)
        sent = read_body(request, ScoreBody)
        return accepted(
            start_scoring(
                project=access.project,
                actor=request.user,
                metrics=sent.get("metrics"),
                model=sent.get("model") or None,
            )
        )


class QualityView(ApiView):
    """How the project stands."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="quality", responses=SummaryAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ())
        access = get_quality_for(request.auth, project_id)
        return Response(summary_of(access.project, index_for(access.project.ontology_id)))


class LabelScoresView(ApiView):
    """Labels by a metric, the likeliest wrong ones first."""

    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="quality_labels",
        responses=page_of(LabelScoreAnswer),
        parameters=[OpenApiParameter(name, str) for name in LABEL_FILTERS],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, LABEL_FILTERS)
        access = get_quality_for(request.auth, project_id)
        index = index_for(access.project.ontology_id)
        parts = [rows.select_related("task") for rows in label_scores(project_id, index, request.query_params)]
        answer = page(request, parts, render=lambda row: {"row": row}, orderings=ORDERINGS, default="-value")
        answer["results"] = shown_labels([item["row"] for item in answer["results"]], index)
        return Response(answer)


def shown_labels(rows: Sequence[Score], index: OntologyIndex) -> list[dict[str, Any]]:
    """Two statements more than the rows: their geometries and tiles."""
    shapes = geometries_of(rows)
    tiles = tiles_for([(row.task_id, row.subject) for row in rows])
    return [shown_label(row, index, shapes, tiles) for row in rows]


def shown_label(
    row: Score, index: OntologyIndex, shapes: Mapping[Any, Any], tiles: Mapping[Any, Any]
) -> dict[str, Any]:
    key, is_label = (row.task_id, row.subject), row.subject_type == SubjectType.LABEL
    model = row.detail.get("model")
    shape = shapes.get(key) or (model if not is_label and model else {})
    return {
        "id": str(row.subject),
        "label": str(row.subject) if is_label else None,
        "prediction": None if is_label else str(row.subject),
        "subject_type": row.subject_type,
        "task": str(row.task_id),
        "data_unit": str(row.task.data_unit_id),
        "class": index.class_name(row.class_id),
        "shape": shape.get("shape"),
        "geometry": shape.get("geometry"),
        "metric": row.metric,
        "value": row.value,
        "p_error": row.p_error,
        "calibrated": row.calibrated,
        "kind": row.kind or None,
        "evidence": row.evidence,
        "scorer_version": row.scorer_version,
        "label_revision": row.label_revision,
        "scored_at": row.scored_at,
        "model_label": model | {"class": index.class_name(model["class"])} if model else None,
        **tiles.get(key, NO_TILE),
    }


class TaskScoresView(ApiView):
    """Tasks and data units by a metric."""

    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="quality_tasks",
        responses=page_of(TaskScoreAnswer),
        parameters=[OpenApiParameter(name, str) for name in TASK_FILTERS],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, TASK_FILTERS)
        get_quality_for(request.auth, project_id)
        asked = request.query_params
        ranked = asked.get("metric") == "mistakenness_rank"
        run = latest_run(project_id) if ranked else None

        def render(row: Score) -> dict[str, Any]:
            shown = shown_task_score(row)
            if ranked:
                shown |= {"metric": "mistakenness_rank", "value": rank_of(run, row.value) or 0.0}
            return shown

        parts = task_scores(project_id, asked)
        return Response(page(request, parts, render=render, orderings=ORDERINGS, default="-value"))


def shown_task_score(row: Score) -> dict[str, Any]:
    unit = row.task.data_unit
    return {
        "task": str(row.task_id),
        "data_unit": str(unit.id),
        "name": unit.name,
        "thumbnail_url": media_urls(unit)[1],
        "stage": row.task.stage,
        "status": row.task.status,
        "metric": row.metric,
        "value": row.value,
        "p_error": row.p_error,
        "calibrated": row.calibrated,
        "kind": row.kind or None,
        "evidence": row.evidence,
        "scored_at": row.scored_at,
    }
