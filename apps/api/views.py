"""The OpenAPI document and the page that shows it; both are public, as the contract is."""

from __future__ import annotations

import json
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.utils.encoders import JSONEncoder


@cache
def document() -> str:
    """The OpenAPI 3.1 document, made once in each process: the routes do not change while it lives."""
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.dumps(made, cls=JSONEncoder, ensure_ascii=False)


@require_safe
def schema(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(document(), content_type="application/json")


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own files; its script is a second request, so that the CSP needs no inline script."""

    authentication_classes = []
    permission_classes = []
    http_method_names = ["get", "head"]
    url_name = "schema"
