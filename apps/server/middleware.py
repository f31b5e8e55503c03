"""Around every request: its id, its line in the log, its place in the metrics, and the security headers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from apps.common.ids import new_id
from apps.server import metrics

log = structlog.get_logger("lapidary.request")
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
QUIET = ("/healthz", "/readyz", "/metrics", "/static/")

Answer = Callable[[HttpRequest], HttpResponse]


class RequestLog:
    """Gives the request an id (the proxy's, if it is sane), binds it to every log line, and says how it ended."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.headers.get("X-Request-ID", "")
        name = sent if SANE_ID.fullmatch(sent) else str(new_id())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        response["X-Request-ID"] = name
        route = route_of(request)
        metrics.observe(method=str(request.method), route=route, status=response.status_code, seconds=seconds)
        if not request.path.startswith(QUIET):
            # The route, not the address: a signed address is a secret, and text from outside stays out of the log.
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                user=user_of(request),
            )
        return response


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match is not None else "unmatched"


def user_of(request: HttpRequest) -> str | None:
    """Who asked, if somebody already found out: the log must not cost a query."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return str(user.pk) if user is not None and user.is_authenticated else None


class SecurityHeaders:
    """The content security policy, and no caching of answers about people's data. What a view set itself stays."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.policy = written(settings.CONTENT_SECURITY_POLICY)
        self.console_policy = written(settings.CONSOLE_SECURITY_POLICY)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        console = request.path.startswith("/admin/")
        response.headers.setdefault("Content-Security-Policy", self.console_policy if console else self.policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path.startswith(("/api/", "/admin/")):
            response.headers.setdefault("Cache-Control", "private, no-store" if console else "private, no-cache")
        return response


def written(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())
