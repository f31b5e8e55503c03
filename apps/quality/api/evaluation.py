"""Evaluations over REST: for managers of the project, and a task's predictions for those who see its evidence."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Conflict, Forbidden, Invalid
from apps.common.http import ApiView, read_body
from apps.common.pages import bad_cursor, check_query, next_url, read_limit
from apps.common.serializers import page_of
from apps.flows.queries import compiled_graph
from apps.jobs.api.answers import JobAnswer, accepted
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.projects.policies import get_project_for, require_manager
from apps.quality.api import evaluation_answers as answers
from apps.quality.logic.evaluation import OUTCOMES, Asked, At
from apps.quality.logic.evaluation import page as page_of_matches
from apps.quality.models import Evaluation
from apps.quality.operations.evaluating import start_evaluation
from apps.quality.operations.queueing import queue_of, start_queue
from apps.quality.queries.evaluated import classifications, figures_at
from apps.quality.queries.evaluations import (
    latest_evaluation,
    names_of,
    number_of,
    subset_number,
    table_of,
)
from apps.quality.queries.matched import shown_matches
from apps.quality.queries.overlay import MOST, overlay
from apps.quality.queries.predictors import prediction_model_of
from apps.tasks.policies import get_task_for
from workflows.graph import REVIEW_TYPES

THRESHOLDS = ("model", "iou", "confidence", "subset")
CELL = ("outcome", "predicted", "label")
WHERE = [
    OpenApiParameter("model", str),
    OpenApiParameter("iou", float),
    OpenApiParameter("confidence", float),
    OpenApiParameter("subset", str),
]


class EvaluationView(ApiView):
    """How a model compares with the labels: asked for once, then answered at any thresholds without a new run."""

    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="quality_evaluate", request=answers.EvaluateBody, responses={202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        sent = read_body(request, answers.EvaluateBody)
        job = start_evaluation(
            project=access.project,
            model=prediction_model_of(project_id, sent["model"]),
            truth=sent["truth"],
            subset=sent["subset"],
            actor=request.user,
            now=database_now(),
        )
        return accepted(job)

    @extend_schema(operation_id="quality_evaluation", responses=answers.EvaluationAnswer, parameters=WHERE)
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        check_query(request, THRESHOLDS)
        evaluation = evaluation_for(project_id, request.query_params.get("model"))
        index = index_for(access.project.ontology_id)
        subset = request.query_params.get("subset")
        at = read_at(evaluation, request.query_params)
        return Response(shown(evaluation, index, at, subset))


def evaluation_for(project_id: UUID, model: str | None) -> Evaluation:
    """The newest of the model, or of any. Raises Invalid at /model, NotFound."""
    return latest_evaluation(project_id, prediction_model_of(project_id, model) if model is not None else None)


def read_at(evaluation: Evaluation, asked: Mapping[str, Any]) -> At:
    """Raises Invalid."""
    iou = share(asked.get("iou", 0.5), "/iou", least=0.1)
    confidence = share(asked.get("confidence", 0.0), "/confidence", least=0.0)
    return At(iou, confidence, subset_number(evaluation, asked.get("subset")))


def share(value: Any, pointer: str, *, least: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not least <= number <= 1:
        raise Invalid.at(pointer, f"This is a number from {least:g} to 1.", code="out_of_range")
    return number


def shown(evaluation: Evaluation, index: OntologyIndex, at: At, subset: str | None) -> dict[str, Any]:
    summary = evaluation.summary
    return {
        "id": evaluation.id,
        "model": {"id": evaluation.model_id, "name": evaluation.model.name, "version": evaluation.model.version},
        "truth": evaluation.truth,
        "evaluated_at": evaluation.finished_at,
        "iou": at.iou,
        "confidence": at.confidence,
        "subset": subset,
        "subset_key": evaluation.subset or None,
        "subsets": summary["subsets"],
        "units": summary["units"],
        "left_out": summary["left_out"],
        "trained_on": summary["trained_on"],
        **figures_at(evaluation, index, at, subset),
        "classifications": classifications(evaluation, index),
        "warnings": evaluation.warnings,
    }


class MatchesView(ApiView):
    """The matches behind a number, the surest first: false positives, missed labels, any cell of the confusions."""

    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="quality_matches",
        responses=page_of(answers.MatchAnswer),
        parameters=[
            *WHERE,
            OpenApiParameter("outcome", str, enum=OUTCOMES),
            OpenApiParameter("predicted", str),
            OpenApiParameter("label", str),
            OpenApiParameter("ordering", str, enum=["-confidence", "confidence"]),
        ],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        check_query(request, (*THRESHOLDS, *CELL, "ordering"))
        query, limit = request.query_params, read_limit(request)
        ordering = query.get("ordering", "-confidence")
        if ordering not in ("-confidence", "confidence"):
            raise Invalid.at("/ordering", "ordering is one of -confidence, confidence.", code="unknown_ordering")
        evaluation, index = evaluation_for(project_id, query.get("model")), index_for(access.project.ontology_id)
        asked, at = read_asked(evaluation, index, query), read_at(evaluation, query)
        after = read_cursor(query.get("cursor"), evaluation)
        table = table_of(evaluation)
        if table is None:
            return Response({"results": [], "next": None})
        found = page_of_matches(table, asked, at, after, limit + 1, rising=ordering == "confidence")
        more, found = len(found.row) > limit, found.first(limit)
        return Response(
            {
                "results": shown_matches(table, found, names_of(evaluation, index), index),
                "next": next_url(request, cursor_of(evaluation, int(found.row[-1]))) if more else None,
            }
        )


def read_asked(evaluation: Evaluation, index: OntologyIndex, asked: Mapping[str, Any]) -> Asked:
    """Raises Invalid."""
    outcome = asked.get("outcome", "")
    if outcome and outcome not in OUTCOMES:
        raise Invalid.at("/outcome", f"outcome is one of {', '.join(OUTCOMES)}.", code="unknown_outcome")
    names = names_of(evaluation, index)
    predicted, label = (number_of(names, asked.get(name), f"/{name}") for name in ("predicted", "label"))
    return Asked(outcome, predicted, label)


def cursor_of(evaluation: Evaluation, row: int) -> str:
    """A row of this evaluation's file: a cursor outlives no newer evaluation."""
    return base64.urlsafe_b64encode(f"{evaluation.id.hex}:{row}".encode()).decode().rstrip("=")


def read_cursor(text: str | None, evaluation: Evaluation) -> int | None:
    if text is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (ValueError, binascii.Error):
        raise bad_cursor() from None
    head, _, row = raw.partition(":")
    if head != evaluation.id.hex or not row.isascii() or not row.isdigit() or len(row) > 12:
        raise bad_cursor()
    return int(row)


class MatchQueueView(ApiView):
    """Sends the tasks of matches to a review stage."""

    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="quality_queue_matches",
        request=answers.QueueBody,
        responses={200: answers.QueuedAnswer, 202: JobAnswer},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        sent = read_body(request, answers.QueueBody)
        evaluation = evaluation_for(project_id, sent["model"])
        index = index_for(access.project.ontology_id)
        asked, at = read_asked(evaluation, index, sent), read_at(evaluation, sent)
        stage = compiled_graph(access.project.workflow_version_id).stages.get(sent["to_stage"])
        if stage is None or stage.type not in REVIEW_TYPES:
            raise Invalid.at("/to_stage", "The workflow has no such review stage.", code="unknown_stage")
        if access.project.archived_at is not None:
            raise Conflict("The project is archived.", code="project_archived")
        top = sent.get("top")
        if sent["dry_run"]:
            found = queue_of(evaluation, asked, at)
            tasks = len(found.tasks)
            return Response({"matches": found.matched, "tasks": tasks, "chosen": min(tasks, top or tasks)})
        evaluation.project = access.project
        job = start_queue(evaluation=evaluation, asked=asked, at=at, to_stage=stage.id, top=top, actor=request.user)
        return accepted(job)


class TaskPredictionsView(ApiView):
    """What a model sees in a task's image, beside its labels. Nobody who labels, or judges blindly, is shown it."""

    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="task_predictions", responses=answers.OverlayPage, parameters=[OpenApiParameter("model", str)]
    )
    def get(self, request: Request, task_id: UUID) -> Response:
        check_query(request, ("model",))
        most = read_limit(request)
        found = get_task_for(request.auth, task_id)
        if not found.sees_evidence:
            raise Forbidden("Whoever labels this task, or judges it blindly, sees no predictions.", code="no_evidence")
        asked = request.query_params.get("model")
        model = prediction_model_of(found.task.project_id, asked) if asked is not None else None
        most = most if "limit" in request.query_params else MOST
        return Response(overlay(found.task, model, index_for(found.task.project.ontology_id), most))
