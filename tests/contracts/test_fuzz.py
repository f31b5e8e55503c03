"""The server against its own OpenAPI document: whatever is sent, no 5xx, no undocumented status, sound answers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.api.views import document
from tests.contracts.matrix import World, prepare_all
from tests.factories.people import make_key, make_people

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = int(os.environ.get("LAPIDARY_FUZZ_EXAMPLES", "8"))


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for every route; whatever a call changes is rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield prepare_all(make_people())
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def key(world: World) -> str:
    """mia's, who may do most."""
    return make_key(world.people.mia)


SCHEMA = schemathesis.openapi.from_dict(json.loads(document()))
OPERATIONS: dict[str, Any] = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}


@pytest.mark.django_db
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_answers_are_as_described(label: str, world: World, key: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(), real=st.booleans())
    def each(case: Any, real: bool) -> None:
        # Half of the calls go to objects that are there, or nothing but 404 would be tried.
        for name in (case.path_parameters or {}) if real else ():
            if name in world.ids:
                case.path_parameters[name] = str(world.ids[name])
        with transaction.atomic():
            response = sent(case, key)
            transaction.set_rollback(True)
        case.validate_response(response, checks=CHECKS)

    each()


def sent(case: Any, key: str) -> Response:
    """The case sent through Django's test client, its answer in the form that the checks read."""
    values = case.as_transport_kwargs(base_url="http://testserver")
    values.pop("cookies", None)
    prepared: Any = requests.Request(**values).prepare()
    parts = urlsplit(str(prepared.url))
    body = prepared.body if isinstance(prepared.body, bytes) else (prepared.body or "").encode()
    headers = {name: value for name, value in prepared.headers.items() if name.lower() != "content-length"}
    answer = Client(raise_request_exception=False).generic(
        str(prepared.method),
        parts.path,
        body,
        content_type=prepared.headers.get("Content-Type", "application/octet-stream"),
        headers={**headers, "Authorization": f"Bearer {key}"},
        QUERY_STRING=parts.query,
    )
    return Response(
        status_code=answer.status_code,
        headers={name.lower(): [value] for name, value in answer.items()},
        content=answer.content,
        request=prepared,
        elapsed=0.0,
        verify=False,
    )
