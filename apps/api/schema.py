"""The OpenAPI document: what every route shares is said here once.

A view says its bodies and answers with ``extend_schema``; the refusals, the idempotency key, preconditions, page
parameters and the headers of answers follow from the method and from what ``ApiView`` declares.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as Base
from rest_framework import serializers

from apps.common.http import SAFE, ApiView
from apps.common.serializers import StrictSerializer, component_name, page_of

REFUSALS = {
    400: "The input is not valid.",
    401: "Sign in or send an API key.",
    403: "You, or your key, may not do this.",
    404: "There is no such thing, or none that you may see.",
    405: "This address does not take that method.",
    409: "The present state does not allow this, or the Idempotency-Key was used with another body.",
    412: "Somebody changed it since you read it.",
    413: "The body is too large.",
    415: "The body is of a kind that is not read here.",
    428: "Say which version you are changing, with If-Match.",
    429: "Too many tries; wait a while.",
    503: "A part of the service is not there at the moment.",
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}},
    429: RETRY_AFTER,
    503: RETRY_AFTER,
}
CURSOR = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "description": "Out of the last page's `next`."}
LOCATION = {"Location": {"description": "The job.", "schema": {"type": "string", "format": "uri-reference"}}}
ETAG = {"ETag": {"description": "The version, for If-Match.", "schema": {"type": "string"}}}


class FieldErrorAnswer(serializers.Serializer[Any]):
    """What is wrong in one place of the body."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """A refusal, as RFC 9457 says; some carry members of their own."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldErrorAnswer(many=True, required=False)  # type: ignore[assignment]


class KeyOrSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Names the two ways to sign in."""

    target_class = "apps.accounts.authentication.KeyOrSession"
    name = ["apiKey", "session"]

    def get_security_requirement(self, auto_schema: Any) -> Any:
        return [{"apiKey": []}, {"session": []}]

    def get_security_definition(self, auto_schema: Any) -> Any:
        return [
            {"type": "http", "scheme": "bearer", "description": "An API key, `lap_…`."},
            {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "With X-CSRFToken on writes."},
        ]


def statuses_of(view: Any, method: str, *, has_path: bool, has_body: bool) -> list[int]:
    """The refusals that a route may give."""
    found = {400, 401, 403, 405, 503, *view.problems.get(method, ())}
    if has_path:
        found.add(404)
    if method not in SAFE:
        found |= {409, 413, 415} if has_body else {409}
    if method in view.public and method not in SAFE:
        found |= {404, 429}
    return sorted(found)


class AutoSchema(Base):
    """drf-spectacular's, with what our routes have in common."""

    view: Any
    method: Any

    def is_excluded(self) -> bool:
        return not isinstance(self.view, ApiView)

    def get_tags(self) -> list[str]:
        """The app that the view belongs to."""
        return [type(self.view).__module__.split(".")[1]]

    def get_auth(self) -> list[Any]:
        found: list[Any] = super().get_auth()
        return [*found, {}] if self.method in self.view.public else found

    def _get_parameters(self) -> list[Any]:
        found: list[Any] = super()._get_parameters()
        names = {item["name"] for item in found}
        return found + [item for item in self._shared_parameters() if item["name"] not in names]

    def _shared_parameters(self) -> list[dict[str, Any]]:
        shared: list[dict[str, Any]] = []
        if self._is_page():
            limit = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
            shared += [_parameter("query", "limit", limit), _parameter("query", "cursor", CURSOR)]
        if self.method not in SAFE and self.view.idempotent:
            key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
            shared.append(_parameter("header", "Idempotency-Key", key))
        if 428 in self.view.problems.get(self.method, ()):
            shared.append(_parameter("header", "If-Match", {"type": "string"}))
        return shared

    def _is_page(self) -> bool:
        answer: Any = self.get_response_serializers()
        answer = answer.get(200) if isinstance(answer, dict) else answer
        return isinstance(answer, serializers.ListSerializer) or type(answer).__name__.endswith("Page")

    def _get_response_for_code(self, serializer: Any, *args: Any, **options: Any) -> Any:
        """Whatever answers many, answers a page of them: no list of ours is bare."""
        if isinstance(serializer, serializers.ListSerializer):
            child: type[serializers.BaseSerializer[Any]] = type(serializer.child)  # type: ignore[assignment]
            serializer = page_of(child)  # type: ignore[arg-type]
        return super()._get_response_for_code(serializer, *args, **options)  # type: ignore[no-untyped-call]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(direction)
        for code, answer in found.items():
            if code == "202":
                answer.setdefault("headers", {}).update(LOCATION)
            elif code.startswith("2") and self.view.problems.get(self.method, ()):
                answer.setdefault("headers", {}).update(ETAG)
        reference = self.resolve_serializer(Problem, "response").ref
        has_body = bool(self._get_request_body())  # type: ignore[no-untyped-call]
        for status in statuses_of(self.view, self.method, has_path="{" in self.path, has_body=has_body):
            content = {"application/problem+json": {"schema": reference}}
            refusal = {"description": REFUSALS[status], "content": content}
            if status in HEADERS:
                refusal["headers"] = HEADERS[status]
            found.setdefault(str(status), refusal)
        return dict(sorted(found.items()))

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        found = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(field, serializers.ListField) and not field.allow_empty and found:
            found["minItems"] = max(1, found.get("minItems", 0))
        return found

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        name = super().get_serializer_name(serializer, direction)
        kind = type(serializer)
        return component_name(kind) if name == kind.__name__ else name

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        found = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, StrictSerializer) and direction == "request":
            found["additionalProperties"] = False
        return found


def _parameter(place: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": place, "name": name, "schema": schema}
