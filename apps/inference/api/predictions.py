"""Predictions over REST: programs bring them, managers and viewers read them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.http import MIB, ApiView, as_uuid, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of
from apps.inference.api import serializers
from apps.inference.api.serializers import shown_item, shown_prediction, shown_prediction_model
from apps.inference.operations import prediction_model, save_predictions
from apps.inference.policies import require_predictions, require_predictor
from apps.inference.queries import prediction_models_of, predictions_of
from apps.ontologies.queries import index_for
from apps.projects.policies import get_project_for

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}


class PredictionsView(ApiView):
    """What models predict of a project's data units; more of it."""

    scopes = {"GET": "read", "POST": ("manage", "agent")}
    max_body: ClassVar[int] = 64 * MIB

    @extend_schema(
        operation_id="predictions",
        responses=page_of(serializers.PredictionAnswer),
        parameters=[OpenApiParameter("data_unit", OpenApiTypes.UUID), OpenApiParameter("model", OpenApiTypes.UUID)],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ("data_unit", "model", "ordering"))
        access = get_project_for(request.auth, project_id)
        require_predictions(access)
        asked = request.query_params
        narrowed = {name: as_uuid(asked[name], f"/{name}") for name in ("data_unit", "model") if name in asked}
        index = index_for(access.project.ontology_id)
        return Response(
            page(
                request,
                predictions_of(project_id, **narrowed),
                render=lambda row: shown_prediction(index, row),
                orderings=ORDERINGS,
                default="id",
            )
        )

    @extend_schema(
        operation_id="save_predictions",
        request=serializers.PredictionsDocument,
        responses={200: serializers.PredictedAnswer},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_predictor(access)
        body = read_body(request, serializers.PredictionsBody)
        model = prediction_model(project=access.project, **body["model"])
        results = save_predictions(model=model, project=access.project, items=body["predictions"], now=database_now())
        return Response({"model": shown_prediction_model(model), "results": [shown_item(item) for item in results]})


class PredictionModelsView(ApiView):
    """Whose predictions a project has."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="prediction_models", responses=page_of(serializers.PredictionModelAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ("ordering",))
        access = get_project_for(request.auth, project_id)
        require_predictions(access)
        rows = prediction_models_of(project_id)
        return Response(page(request, rows, render=shown_prediction_model, orderings=ORDERINGS, default="-id"))
