"""What every route refuses in the same way: sizes, media types, malformed bodies, NUL, unknown members and routes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIRequestFactory

from apps.common.errors import DomainError, Invalid, PreconditionRequired, StaleVersion
from apps.common.http import ApiView, etag_of, require_match
from apps.common.parsers import loads_strict
from apps.common.problems import as_domain_error
from apps.common.retries import retried
from tests.factories.people import Caller, People, make_key

BAD_BODIES: list[bytes] = [
    b"",
    b"{",
    b"\xff\xfe",
    b'{"name": NaN}',
    b'{"name": Infinity}',
    b'{"name": 1e999}',
    b'{"name": "a", "name": "b"}',
    b'{"name": "\\u0000"}',
    b'{"name": "\\ud800"}',
    b"[" * 100_000,
    b'{"name": ' + b"[" * 70 + b"]" * 70 + b"}",
    b"null",
    b"[]",
    b'"text"',
    b"1",
    b'{"name": {"a": 1}}',
    b'{"preferences": "x"}',
    b'{"__proto__": {}}',
]


def raw(people: People, body: bytes, content_type: str = "application/json", **extra: Any) -> Any:
    headers = {"Authorization": f"Bearer {make_key(people.ann)}"}
    return Client().generic("PATCH", "/api/v1/me/", body, content_type=content_type, headers=headers, **extra)


@pytest.mark.parametrize("body", BAD_BODIES[1:])
def test_bad_bodies_are_400_problems(people: People, body: bytes) -> None:
    answer = raw(people, body)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert len(answer.content) < 2_000


def test_other_media_types_are_415(people: People) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"):
        assert raw(people, b"{}", content_type).status_code == 415


def test_too_large_is_said_before_it_is_read(people: People) -> None:
    class Unread:
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

    request = APIRequestFactory().patch("/x/", b"", content_type="application/json")
    request.META |= {"CONTENT_LENGTH": str(ApiView.max_body + 1), "wsgi.input": Unread()}
    answer = ApiView.as_view()(request)
    assert answer.status_code == 413
    assert answer.data["limit"] == ApiView.max_body


def test_a_body_without_a_length_is_refused(people: People) -> None:
    answer = raw(people, b"", HTTP_TRANSFER_ENCODING="chunked")
    assert (answer.status_code, answer.json()["code"]) == (400, "length_required")


@pytest.mark.parametrize("path", ["nowhere/", "me", "organizations/x/", "me/%00/", "%2e%2e/", "jobs/../../etc/passwd"])
def test_unknown_routes_are_the_same_404_as_missing_objects(people: People, path: str) -> None:
    caller = people.caller("ann")
    missing = caller.get("/jobs/01a1fc0f-3db6-7157-bff7-74b24cae4ecb/")
    for method in ("GET", "POST", "DELETE"):
        answer = caller.request(method, "/" + path)
        assert answer.status_code == missing.status_code == 404
        assert answer.json() == missing.json()


@pytest.mark.parametrize(
    "query", ["x=%00", "%00=x", "limit=%00", "cursor=%FF", "state=%00", "project=nan", "state=x'--"]
)
def test_bad_queries_are_400(people: People, query: str) -> None:
    assert people.caller("ann").get(f"/jobs/?{query}").status_code == 400


def test_unknown_and_read_only_members_are_named_together(people: People) -> None:
    answer = people.caller("ann").patch("/me/", {"id": "x", "is~a/b": 1, "name": 5})
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == ["/id", "/is~0a~1b", "/name"]


@given(st.binary(max_size=200))
def test_the_json_reader_never_breaks(body: bytes) -> None:
    with suppress(Invalid):
        loads_strict(body)


def test_etags_are_matched_in_both_forms() -> None:
    etag = etag_of("r", 3)

    def sent(**headers: str) -> Any:
        return ApiView().initialize_request(APIRequestFactory().patch("/x/", headers=headers))

    for value in (etag, f"W/{etag}", f'"other", {etag}'):
        require_match(sent(**{"If-Match": value}), etag)
    with pytest.raises(StaleVersion) as stale:
        require_match(sent(**{"If-Match": '"r-2"'}), etag)
    assert stale.value.extra == {"current": etag}
    with pytest.raises(PreconditionRequired):
        require_match(sent(), etag)


def caused_by(error: Exception, sqlstate: str) -> Exception:
    cause = Exception()
    cause.sqlstate = sqlstate  # type: ignore[attr-defined]
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataError("x"), 400),
        (OperationalError("gone"), 503),
        (caused_by(IntegrityError("x"), "23505"), 409),
        (IntegrityError("UNIQUE constraint failed: t.c"), 409),
        (IntegrityError("NOT NULL constraint failed"), None),
        (ValueError("ours"), None),
    ],
)
def test_database_refusals_become_problems(error: Exception, status: int | None) -> None:
    found = as_domain_error(error)
    assert (found.status if isinstance(found, DomainError) else None) == status


@pytest.mark.django_db(transaction=True)
def test_deadlocks_are_tried_again_thrice() -> None:
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) < 4:
            raise caused_by(OperationalError("deadlock"), "40P01")
        return "done"

    assert retried(call) == "done"
    calls.clear()

    def broken() -> str:
        calls.append(1)
        raise caused_by(OperationalError("gone"), "08006")

    with pytest.raises(OperationalError):
        retried(broken)
    assert len(calls) == 1


def test_head_reads_as_get(people: People, anonymous: Caller) -> None:
    assert anonymous.request("HEAD", "/me/").status_code == 401
    assert people.caller("ann").request("HEAD", "/me/").status_code == 200
    assert people.caller("ann").request("OPTIONS", "/me/").status_code == 405
