"""What answers when no view did: problems under /api/, Django's plain pages elsewhere."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from apps.common.errors import DomainError, Forbidden, Invalid, NotFound
from apps.common.problems import CONTENT_TYPE, problem_body


class Broken(DomainError):
    """Something went wrong here, and was logged."""

    status = 500
    code = "internal"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if is_api(request):
        return problem(Invalid("The request is not valid.", code="bad_request"))
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if is_api(request):
        return problem(Forbidden("You may not do this."))
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return problem(NotFound()) if is_api(request) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    return problem(Broken("The fault is ours; it was logged.")) if is_api(request) else defaults.server_error(request)


@csrf_exempt
def no_such_route(_request: HttpRequest, **_: Any) -> HttpResponse:
    """The last route of the API: what it does not know is a problem document even under DEBUG."""
    return problem(NotFound())


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def problem(error: DomainError) -> HttpResponse:
    return HttpResponse(json.dumps(problem_body(error)), status=error.status, content_type=CONTENT_TYPE)
