"""What answers the clicks of a project, and the embeddings that it needs, over REST."""

from __future__ import annotations

from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.errors import Conflict
from apps.common.http import ApiView, as_uuid, etag_of, read_body
from apps.common.pages import check_query
from apps.inference.api import serializers
from apps.inference.api.serializers import shown_assistant
from apps.inference.logic.versions import embedding_key
from apps.inference.operations import choose_assistant, start_embedding
from apps.inference.policies import get_embedding_for
from apps.inference.queries import CLASSICAL, assistant_of, coverage, segmenter_for
from apps.jobs.api import JobAnswer, accepted
from apps.projects.policies import ProjectAccess, get_project_for, require_manager

FOREVER = "private, max-age=31536000, immutable"


class AssistantView(ApiView):
    """What answers the clicks of a project; another choice."""

    scopes = {"GET": "read", "PUT": "manage"}

    @extend_schema(operation_id="assistant", responses=serializers.AssistantAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ())
        return Response(answer(get_project_for(request.auth, project_id)))

    @extend_schema(
        operation_id="choose_assistant",
        request=serializers.AssistantBody,
        responses={200: serializers.AssistantAnswer},
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        body = read_body(request, serializers.AssistantBody)
        choose_assistant(
            project=access.project,
            # Null is the instance's default, whatever it will be.
            model=segmenter_for(project_id, body["model"]) if body["model"] is not None else None,
            classical=body["model"] == CLASSICAL,
            enabled=body["enabled"],
            actor=request.user,
        )
        return Response(answer(access))


def answer(access: ProjectAccess) -> dict[str, object]:
    """How far the embeddings are is told to those who see the whole project."""
    project_id = access.project.pk
    model = segmenter_for(project_id)
    far = coverage(project_id, model) if model is not None and access.sees_all else None
    return shown_assistant(assistant_of(project_id), model, far)


class EmbedView(ApiView):
    """Encodes every image of a project ahead of its people."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="embed_project", request=serializers.EmbedBody, responses={202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        body = read_body(request, serializers.EmbedBody)
        model = segmenter_for(project_id, body.get("model"))
        if model is None:
            raise Conflict("The classical assistant needs no embeddings.", code="no_model")
        return accepted(start_embedding(project=access.project, model=model, actor=request.user))


class EmbeddingView(ApiView):
    """What a model has computed of an image, for a decoder in the browser: 409 until it is there."""

    scopes = {"GET": "read"}
    problems = {"GET": (409,)}

    @extend_schema(
        operation_id="embedding",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 304: None},
        parameters=[OpenApiParameter("model", OpenApiTypes.UUID)],
    )
    def get(self, request: Request, data_unit_id: UUID) -> HttpResponseBase:
        check_query(request, ("model",))
        asked = request.query_params.get("model")
        unit, model = get_embedding_for(request.auth, data_unit_id, as_uuid(asked, "/model") if asked else None)
        etag = etag_of(model.sha256, unit.sha256)
        if etag in request.headers.get("If-None-Match", ""):
            return _kept(HttpResponse(status=304), etag)
        try:
            file = default_storage.open(embedding_key(model.sha256, unit.sha256), "rb")
        except FileNotFoundError:
            raise Conflict("The image is not encoded yet.", code="not_encoded") from None
        return _kept(FileResponse(file, content_type="application/octet-stream"), etag)


def _kept(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    """The same bytes for ever: both names in the ETag are digests."""
    response["ETag"], response["Cache-Control"] = etag, FOREVER
    return response
