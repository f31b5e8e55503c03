"""The OpenAPI document says of every route what it takes, what it answers and how it refuses."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS

from apps.api.views import document
from apps.common.http import SAFE
from apps.common.idempotency import guarded_arguments
from tests.contracts.matrix import api_routes

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def made() -> Any:
    GENERATOR_STATS.reset()
    document.cache_clear()
    return json.loads(document())


def operations(made: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in made["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "$ref":
                yield child
            else:
                yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def test_it_is_3_1_and_nothing_was_guessed(made: Any) -> None:
    assert made["openapi"].startswith("3.1")
    assert list(GENERATOR_STATS._warn_cache) == []
    assert list(GENERATOR_STATS._error_cache) == []


def test_every_route_is_in_it_once(made: Any) -> None:
    named = {f"{method.upper()} {path}" for path, method, _ in operations(made)}
    routed = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.replace(" ", " /api/v1/", 1)) for route, _ in api_routes()}
    assert named == routed
    ids = [operation["operationId"] for _, _, operation in operations(made)]
    assert sorted(ids) == sorted(set(ids))


def test_every_reference_leads_somewhere(made: Any) -> None:
    for reference in set(references(made)):
        found = made
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_every_route_says_how_it_refuses(made: Any) -> None:
    for path, method, operation in operations(made):
        statuses = set(operation["responses"])
        assert statuses >= {"400", "401", "403"}, (method, path)
        assert any(status.startswith("2") for status in statuses), (method, path)
        if "{" in path:
            assert "404" in statuses, (method, path)
        if method != "get":
            assert "409" in statuses, (method, path)
        if "requestBody" in operation:
            assert statuses >= {"413", "415"}, (method, path)
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


def test_preconditions_and_keys_are_said(made: Any) -> None:
    for path, method, operation in operations(made):
        headers = {item["name"] for item in operation.get("parameters", ()) if item["in"] == "header"}
        assert ("If-Match" in headers) == ("428" in operation["responses"]), (method, path)
        assert method != "get" or "Idempotency-Key" not in headers
        if "202" in operation["responses"]:
            assert "Location" in operation["responses"]["202"]["headers"], (method, path)


def test_pages_are_said_to_be_pages(made: Any) -> None:
    for route, view in api_routes():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", "/api/v1/" + route.split(" ", 1)[1])
        if not route.startswith("GET ") or "page(request" not in inspect.getsource(view.get):  # type: ignore[attr-defined]
            continue
        operation = made["paths"][path]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema.get("$ref", "").endswith("Page"), route
        assert {item["name"] for item in operation["parameters"]} >= {"limit", "cursor"}, route


def test_views_that_need_if_match_say_so() -> None:
    for route, view in api_routes():
        method = route.split(" ", 1)[0]
        source = inspect.getsource(getattr(view, method.lower()))
        needs = "require_match" in source
        assert not needs or 428 in view.problems.get(method, ()), route


def test_a_replayed_request_is_authorised_by_its_arguments() -> None:
    for route, view in api_routes():
        method, path = route.split(" ", 1)
        arguments = re.findall(r"<(?:\w+:)?(\w+)>", path)
        if method not in SAFE and view.idempotent and arguments:
            assert set(arguments) & guarded_arguments(), route


def test_the_document_and_its_page_are_public(client: Client) -> None:
    answer = client.get("/api/v1/schema/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    html = page.content.decode()
    assert not re.search(r"<script>|<script[^>]*>[^<\s]", html)
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert sources
    assert all(source.startswith("/") and not source.startswith("//") for source in sources)
    script = client.get("/api/v1/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert client.post("/api/v1/schema/").status_code == 405
