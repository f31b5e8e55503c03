"""The base of every API view, and the small readers that views share."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors import Invalid, PreconditionRequired, StaleVersion


class ApiView(APIView):
    """A view of the REST API.

    ``scopes`` names, per method, the scope that an API key needs (read label review manage admin agent); a method
    without one cannot be called with a key. ``idempotent`` says whether Idempotency-Key is honoured (everything but
    log-in, invitations and secrets).
    """

    scopes: ClassVar[dict[str, str]] = {}
    idempotent: ClassVar[bool] = True


def etag_of(*parts: object) -> str:
    """A strong, opaque ETag."""
    return '"' + "-".join(str(part) for part in parts) + '"'


def require_match(request: Request, current: str) -> None:
    """Raises PreconditionRequired without If-Match, StaleVersion when it does not name ``current`` (the weak form counts)."""
    sent = request.headers.get("If-Match")
    if sent is None:
        raise PreconditionRequired("Send If-Match with the ETag that you read.")
    if current not in {tag.strip().removeprefix("W/") for tag in sent.split(",")}:
        raise StaleVersion("Somebody changed it since you read it.", current=current)


def with_etag(response: Response, etag: str) -> Response:
    response["ETag"] = etag
    return response


def as_uuid(value: Any, pointer: str) -> UUID:
    """A UUID from text. Raises Invalid at ``pointer``."""
    try:
        return UUID(str(value))
    except ValueError:
        raise Invalid.at(pointer, "This is not a UUID.", code="bad_id") from None
