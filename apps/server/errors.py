"""Answers for what no view caught: problem+json under /api/, a short page elsewhere."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse

TEXTS = {
    400: ("bad_request", "The request could not be read."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This address does not know that method."),
    500: ("server_error", "Something went wrong here. The request id names the log lines that say what."),
}


def answer(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    code, text = TEXTS[status]
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": text, "status": status, "detail": detail or text, "code": code, "errors": []}
        return HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")
    return HttpResponse(f"{status}: {detail or text}\n", status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, 403, "The request did not come from our own pages. Reload the page and try again.")
