"""Keyset pages: ``{"results": […], "next": url or null}``, the same cost at any depth, never a count."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from apps.common.errors import Invalid

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Ordering:
    """One allowed order: ``fields`` as for ``order_by``; the last must be unique."""

    fields: tuple[str, ...]


def read_limit(request: Request) -> int:
    """``?limit=`` as a number from 1 to MAX_LIMIT. Raises Invalid."""
    raw = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw[:9]) <= MAX_LIMIT:
        raise Invalid.at("/limit", f"limit is a whole number from 1 to {MAX_LIMIT}.", code="bad_limit")
    return int(raw)


def check_query(request: Request, allowed: Sequence[str]) -> None:
    """Refuses query parameters outside a closed list. Raises Invalid."""
    for name in request.query_params:
        if name not in allowed and name not in ("limit", "cursor", "format"):
            raise Invalid.at(f"/{name}", "This list has no such filter.", code="unknown_filter")


def page(
    request: Request,
    rows: QuerySet[M] | Sequence[QuerySet[M]],
    *,
    render: Callable[[M], dict[str, Any]],
    orderings: Mapping[str, Ordering],
    default: str,
) -> dict[str, Any]:
    """One page of ``rows``; ``orderings`` maps what ``?ordering=`` may say. Raises Invalid.

    Several querysets are one list, each row once: an OR of conditions with an index each would use none of them.
    """
    name = request.query_params.get("ordering", default)
    if name not in orderings:
        raise Invalid.at("/ordering", f"ordering is one of {', '.join(sorted(orderings))}.", code="unknown_ordering")
    order, limit = orderings[name].fields, read_limit(request)
    parts = [rows] if isinstance(rows, QuerySet) else list(rows)
    if cursor := request.query_params.get("cursor"):
        beyond = after(order, decode(cursor, name, len(order)))
        parts = [checked(part, beyond) for part in parts]
    found = [row for part in parts for row in part.order_by(*order)[: limit + 1]]
    if len(parts) > 1:
        found = merged(found, order)
    more = len(found) > limit
    found = found[:limit]
    return {
        "results": [render(row) for row in found],
        "next": next_url(request, encode(found[-1], name, order)) if more else None,
    }


def checked(rows: QuerySet[M], beyond: Q) -> QuerySet[M]:
    """The rows beyond a cursor. Raises Invalid for one whose values are of another kind than the columns."""
    try:
        return rows.filter(beyond)
    except (ValueError, TypeError, ValidationError):
        raise bad_cursor() from None


def bad_cursor() -> Invalid:
    return Invalid.at("/cursor", "The cursor is not one that this list gave.", code="bad_cursor")


def merged(found: Sequence[M], order: tuple[str, ...]) -> list[M]:
    """Every row once, in ``order``."""
    once = list({row.pk: row for row in found}.values())
    for field in reversed(order):
        once.sort(key=attrgetter(field.lstrip("-")), reverse=field.startswith("-"))
    return once


def after(order: tuple[str, ...], values: Sequence[Any]) -> Q:
    """What follows ``values`` in ``order``, as ``a<=x AND (a<x OR b>y)``: the form that an index can serve."""
    field = order[0].lstrip("-")
    op = "lt" if order[0].startswith("-") else "gt"
    if len(order) == 1:
        return Q(**{f"{field}__{op}": values[0]})
    return Q(**{f"{field}__{op}e": values[0]}) & (Q(**{f"{field}__{op}": values[0]}) | after(order[1:], values[1:]))


def encode(row: Model, name: str, order: tuple[str, ...]) -> str:
    values = [_plain(getattr(row, field.lstrip("-"))) for field in order]
    return base64.urlsafe_b64encode(json.dumps([name, *values]).encode()).decode().rstrip("=")


def decode(cursor: str, name: str, size: int) -> list[Any]:
    """The values of a cursor made for the same ordering. Raises Invalid."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(raw, list) or len(raw) != size + 1 or raw[0] != name:
            raise ValueError
        return [_value(item) for item in raw[1:]]
    except (ValueError, TypeError, binascii.Error, UnicodeDecodeError, RecursionError):
        raise bad_cursor() from None


def next_url(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return {"u": value.hex}
        case datetime():
            return {"t": value.isoformat()}
    return value


def _value(item: Any) -> Any:
    match item:
        case {"u": str(text)}:
            return UUID(text)
        case {"t": str(text)}:
            return datetime.fromisoformat(text)
        case bool() | None:
            raise ValueError
        case float() if math.isfinite(item):
            return item
        case str() | int():
            if isinstance(item, int) and abs(item) >= 2**63:
                raise ValueError
            return item
    raise ValueError
