"""A retried request gets the answer of the first one (API.md, "retries").

The record is inserted first, inside the transaction of the effect. A twin waits on the unique index until the first
commits or rolls back; then it replays, or does the work itself. Only 2xx answers stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDict
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors import Conflict, Invalid
from apps.common.models import IdempotencyRecord

KEPT = timedelta(hours=24)
HEADERS = ("Location", "ETag")

# By the name of a URL argument ("" for routes without any): (principal, value, does the route manage?) -> raises
# NotFound or Forbidden. Filled from AppConfig.ready.
Guard = Callable[[Any, Any, bool], object]
_guards: dict[str, Guard] = {}
MANAGING = frozenset({"manage", "admin"})


def register_guard(argument: str, guard: Guard) -> None:
    """How a replayed request proves that its caller may still see the object named by the URL argument, and manage it
    where the route does that: an answer is not given again to who has lost the right to it."""
    _guards[argument] = guard


def guarded_arguments() -> frozenset[str]:
    return frozenset(_guards)


def once(
    request: Request, key: str, call: Callable[[], HttpResponseBase], kwargs: Mapping[str, Any]
) -> HttpResponseBase:
    """``call()`` in one transaction with its record, or the stored answer of the first request with this key.

    Raises Conflict for the same key with another body, whatever the guards raise, and whatever ``call`` raises (then
    nothing is kept). A refusal that ``call`` returns as a value is committed with its effects, but not stored.
    """
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise Invalid("Idempotency-Key is 1 to 255 printable ASCII characters.", code="bad_idempotency_key")
    record = new_record(request, key)
    with transaction.atomic():
        if (number := claim(record)) is None:
            return replay(request, record, kwargs)
        response = call()
        mine = IdempotencyRecord.objects.filter(pk=number)
        if 200 <= response.status_code < 300:
            headers = {name: response[name] for name in HEADERS if name in response}
            mine.update(status=response.status_code, headers=headers, body=body_of(response))
        else:
            mine.delete()
        return response


def new_record(request: Request, key: str) -> IdempotencyRecord:
    data = request.data
    named = data.get("organization", "") if isinstance(data, Mapping) else ""
    route = f"{request.method} {request.path}"
    return IdempotencyRecord(
        organization=str(named)[:36],
        person=str(request.user.pk),
        route=route if len(route) <= 300 else hashlib.sha256(route.encode()).hexdigest(),
        key=key,
        digest=digest_of(request),
        created_at=datetime.now(UTC),
    )


def digest_of(request: Request) -> str:
    """What "the same body" means: equal JSON values, or equal parts of a multipart body; and the same query."""
    digest = hashlib.sha256(request.META.get("QUERY_STRING", "").encode())
    data = request.data
    if not isinstance(data, MultiValueDict):
        digest.update(json.dumps(data, sort_keys=True).encode())
        return digest.hexdigest()
    for name in sorted(data):
        for part in data.getlist(name):
            file = isinstance(part, UploadedFile)
            content = _file_digest(part) if file else str(part)
            digest.update(json.dumps([name, getattr(part, "name", None) if file else None, content]).encode())
    return digest.hexdigest()


def claim(record: IdempotencyRecord) -> int | None:
    """The number of the new row, or None when a twin has committed one. Waits for a twin in flight."""
    fields = [field for field in record._meta.concrete_fields if not field.primary_key]
    names = ", ".join(str(field.column) for field in fields)
    values = [field.get_db_prep_save(getattr(record, field.attname), connection) for field in fields]
    marks = ", ".join(["%s"] * len(fields))
    table = record._meta.db_table
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING id"  # noqa: S608 - our names
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            row = cursor.fetchone()
        if row is not None:
            return int(row[0])
        if not twins(record).filter(created_at__lt=record.created_at - KEPT).delete()[0]:
            return None
    return None


def replay(request: Request, record: IdempotencyRecord, kwargs: Mapping[str, Any]) -> HttpResponse:
    manages = bool(MANAGING & scopes_of(request))
    for name, value in kwargs.items() or (("", None),):
        if name in _guards:
            _guards[name](request.auth, value, manages)
    stored = twins(record).first()
    if stored is None or stored.digest != record.digest:
        raise Conflict("This Idempotency-Key was used with another body.", code="idempotency_key_reused")
    response = HttpResponse(stored.body, status=stored.status, content_type="application/json")
    if not stored.body:
        del response["Content-Type"]
    for name, value in {**stored.headers, "Idempotency-Replayed": "true"}.items():
        response[name] = value
    return response


def scopes_of(request: Request) -> frozenset[str]:
    """The scopes that the route names for the request's method."""
    view = (request.parser_context or {}).get("view")
    named: Any = getattr(view, "scopes", {}).get(request.method, ())
    return frozenset([named] if isinstance(named, str) else named)


def twins(record: IdempotencyRecord) -> Any:
    return IdempotencyRecord.objects.filter(
        organization=record.organization, person=record.person, route=record.route, key=record.key
    )


def body_of(response: HttpResponseBase) -> str:
    if isinstance(response, Response):
        return "" if response.data is None else bytes(JSONRenderer().render(response.data)).decode()
    return response.content.decode() if isinstance(response, HttpResponse) else ""


def _file_digest(part: UploadedFile[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in part.chunks():
        digest.update(chunk)
    part.seek(0)
    return digest.hexdigest()
