"""Models over REST: which there are, and another by upload."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.parsers import loads_strict
from apps.common.serializers import page_of
from apps.inference.api import serializers
from apps.inference.api.serializers import KINDS, shown_model
from apps.inference.models import ModelKind
from apps.inference.operations import add_model
from apps.inference.policies import require_instance_admin
from apps.inference.queries import models_visible

MAX_UPLOAD = 8 * 2**30
ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}


class ModelsView(ApiView):
    """The models that the caller's projects may use; another one."""

    scopes = {"GET": "read", "POST": "admin"}
    parser_classes = (MultiPartParser,)
    max_body: ClassVar[int] = MAX_UPLOAD
    problems = {"POST": (429,)}

    @extend_schema(
        operation_id="models",
        responses=page_of(serializers.ModelAnswer),
        parameters=[OpenApiParameter("kind", str, enum=KINDS), OpenApiParameter("ordering", str, enum=list(ORDERINGS))],
    )
    def get(self, request: Request) -> Response:
        check_query(request, ("kind", "ordering"))
        rows = models_visible(request.auth)
        if (kind := request.query_params.get("kind")) is not None:
            if kind not in KINDS:
                raise Invalid.at("/kind", f"kind is one of {', '.join(KINDS)}.", code="unknown_kind")
            rows = rows.filter(kind=kind)
        return Response(page(request, rows, render=shown_model, orderings=ORDERINGS, default="-id"))

    @extend_schema(
        operation_id="add_model",
        request={"multipart/form-data": serializers.ModelBody},
        responses={201: serializers.ModelAnswer},
    )
    def post(self, request: Request) -> Response:
        require_instance_admin(request.auth)
        body = read_body(request, serializers.ModelBody)
        file = body["file"]
        made = add_model(
            file=file,
            file_name=str(file.name),
            name=body["name"],
            kind=ModelKind(body["kind"]),
            config=read_config(body.get("config")),
            actor=request.user,
            as_default=body["default"] == "true",
        )
        return Response(shown_model(made), status=201)


def read_config(text: str | None) -> dict[str, Any]:
    """A JSON object. Raises Invalid at /config."""
    try:
        found = loads_strict((text or "{}").encode(errors="surrogatepass"))
    except Invalid as error:
        raise Invalid.at("/config", error.detail, code="malformed") from None
    if not isinstance(found, dict):
        raise Invalid.at("/config", "config is a JSON object.", code="not_an_object")
    return found
