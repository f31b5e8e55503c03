"""The base of every API view, and the small readers that views share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from apps.common.errors import Invalid, NotFound, PreconditionRequired, StaleVersion, TooLarge
from apps.common.idempotency import once
from apps.common.retries import retried

MIB = 2**20
SAFE = ("GET", "HEAD", "OPTIONS")


class AlwaysJson(DefaultContentNegotiation):
    """Answers in the first renderer, whatever ``Accept`` says: an API that speaks one language need not refuse."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A view of the REST API.

    ``scopes`` names, per method, the scope that an API key needs (read label review manage admin agent), or several of
    which one suffices; a method without one cannot be called with a key. ``public`` names the methods that need no
    sign-in. ``idempotent`` says whether Idempotency-Key is honoured (everything but log-in, invitations and secrets).
    ``max_body`` is the largest body in bytes, refused before it is read. ``problems`` names, per method, refusals that
    the OpenAPI document cannot know by itself: (412, 428) where If-Match is needed, 429 where tries are counted.
    """

    scopes: ClassVar[Mapping[str, str | tuple[str, ...]]] = {}
    public: ClassVar[tuple[str, ...]] = ()
    idempotent: ClassVar[bool] = True
    max_body: ClassVar[int] = 16 * MIB
    problems: ClassVar[Mapping[str, tuple[int, ...]]] = {}
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    content_negotiation_class = AlwaysJson

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Django REST Framework's own, with the handler run under retries and the idempotency key."""
        self.args, self.kwargs = args, kwargs
        self.request = wrapped = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(wrapped, *args, **kwargs)
            response = self._answer(wrapped, kwargs)
        except Exception as error:  # noqa: BLE001 - what is no refusal is raised again
            response = self.handle_exception(error)
        self.response = self.finalize_response(wrapped, cast(Response, response), *args, **kwargs)
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Size, then who asks, then the body: each refused as early as it can be."""
        check_size(request, self.max_body)
        super().initial(request, *args, **kwargs)
        check_text(request, kwargs)
        if self._handler(request) != self.http_method_not_allowed and request.method not in SAFE:
            _ = request.data  # parsed now, so that a malformed body is refused the same way everywhere

    def _handler(self, request: Request) -> Any:
        name = str(request.method).lower()
        return getattr(self, name if name in self.http_method_names else "", self.http_method_not_allowed)

    def _answer(self, request: Request, kwargs: dict[str, Any]) -> HttpResponseBase:
        handler = self._handler(request)

        def call() -> HttpResponseBase:
            answer: HttpResponseBase = handler(request, **kwargs)
            return answer

        key = request.headers.get("Idempotency-Key")
        if key is None or not self.idempotent or request.method in SAFE or handler == self.http_method_not_allowed:
            return retried(call)
        return retried(lambda: once(request, key, call, kwargs))


def check_size(request: Request, limit: int) -> None:
    """Raises TooLarge by the announced length, before anything is read; Invalid for a body that announces none."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower() and length == "0":
        raise Invalid("Send Content-Length with the body.", code="length_required")
    if length.isdigit() and int(length[:18]) > limit:
        raise TooLarge(f"The request body may have at most {limit} bytes.", limit=limit)


def check_text(request: Request, kwargs: Mapping[str, Any]) -> None:
    """No NUL in the query (Invalid) or the path (NotFound): PostgreSQL cannot store it, so nothing can bear it."""
    for name in request.query_params:
        for value in request.query_params.getlist(name):
            if "\0" in name or "\0" in value:
                raise Invalid("NUL is not allowed in the query.", code="bad_query")
    if any(isinstance(value, str) and "\0" in value for value in kwargs.values()):
        raise NotFound


def read_body(request: Request, serializer: type[BaseSerializer[Any]], **context: Any) -> Any:
    """The validated body. Raises Invalid with pointers."""
    reader = serializer(data=request.data, context={"request": request, **context})
    reader.is_valid(raise_exception=True)
    return reader.validated_data


def etag_of(*parts: object) -> str:
    """A strong, opaque ETag."""
    return '"' + "-".join(str(part) for part in parts) + '"'


def require_match(request: Request, current: str) -> None:
    """Raises PreconditionRequired without If-Match, StaleVersion unless it names ``current`` (its weak form counts)."""
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
