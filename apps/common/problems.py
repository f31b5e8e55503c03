"""Every refusal as RFC 9457 ``application/problem+json``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.common.errors import (
    Conflict,
    DomainError,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
    WrongMethod,
)
from apps.common.sql import LostUpdate

CONTENT_TYPE = "application/problem+json"
log = logging.getLogger(__name__)
# What Django and its REST framework raise by themselves, and what we say instead.
FRAMEWORK: tuple[tuple[tuple[type[Exception], ...], Callable[[Any], DomainError]], ...] = (
    (
        (exceptions.ValidationError,),
        lambda exc: Invalid("The input is not valid.", errors=list(field_errors(exc.get_full_details()))),
    ),
    ((exceptions.ParseError,), lambda exc: Invalid(str(exc.detail), code="malformed")),
    ((exceptions.PermissionDenied, PermissionDenied), lambda exc: Forbidden(str(exc) or "You may not do this.")),
    ((exceptions.NotFound, Http404), lambda _: NotFound()),
    ((RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent), lambda _: TooLarge("The request body is too large.")),
    ((exceptions.MethodNotAllowed,), lambda exc: WrongMethod(str(exc.detail))),
    ((exceptions.UnsupportedMediaType,), lambda exc: UnsupportedMedia(str(exc.detail))),
)


def problem_body(error: DomainError) -> dict[str, Any]:
    """The members of the problem document, without null ones."""
    body: dict[str, Any] = {
        "type": f"urn:lapidary:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    if error.errors:
        body["errors"] = [item.as_json() for item in error.errors]
    return body | error.extra


def problem_response(error: DomainError) -> Response:
    response = Response(problem_body(error), status=error.status, content_type=CONTENT_TYPE)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def handle(exc: Exception, _context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler. What is no refusal stays an exception: it is our bug and becomes a logged 500."""
    error = as_domain_error(exc)
    if error is None:
        return None
    set_rollback()
    return problem_response(error)


def as_domain_error(exc: Exception) -> DomainError | None:
    """Translates the framework's own refusals; None for anything unforeseen."""
    if isinstance(exc, DomainError):
        return exc
    for kinds, translate in FRAMEWORK:
        if isinstance(exc, kinds):
            return translate(exc)
    return from_database(exc)


def from_database(exc: Exception) -> DomainError | None:
    """What the database refused although nobody foresaw it: logged, and no 500 where the caller can do something."""
    match exc:
        case DataError():
            error: DomainError = Invalid("A value is out of the range that can be stored.", code="out_of_range")
        case OperationalError() | InterfaceError() | LostUpdate():
            error = Unavailable("The database is busy or away; try again.", retry_after=2)
        case IntegrityError() if is_duplicate(exc):
            error = Conflict("Somebody wrote the same thing at the same moment.", code="duplicate")
        case _:
            return None
    log.error("unforeseen database refusal", exc_info=exc)
    return error


def is_duplicate(exc: IntegrityError) -> bool:
    """Whether a unique index refused the row."""
    return getattr(exc.__cause__, "sqlstate", "") == "23505" or "UNIQUE constraint" in str(exc)


def field_errors(details: Any, pointer: str = "") -> Iterator[FieldError]:
    """Flattens DRF's nested error details into pointers (RFC 6901)."""
    if isinstance(details, Mapping):
        if "message" in details and "code" in details and not isinstance(details["message"], (Mapping, list)):
            yield FieldError(pointer or "/", str(details["code"]), str(details["message"]))
            return
        for key, value in details.items():
            part = "" if key == "non_field_errors" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from field_errors(value, pointer + part)
    elif isinstance(details, list):
        leaves = all(isinstance(item, Mapping) and set(item) == {"message", "code"} for item in details)
        for index, item in enumerate(details):
            yield from field_errors(item, pointer if leaves else f"{pointer}/{index}")
