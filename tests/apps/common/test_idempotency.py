"""A retried request: the stored answer, authorisation first, another body refused, refusals not stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import Membership, Organization
from apps.accounts.principal import Principal
from apps.common.errors import Conflict
from apps.common.http import ApiView
from apps.common.idempotency import KEPT
from apps.common.jobs import forget_answers
from apps.common.models import IdempotencyRecord
from apps.common.problems import problem_response
from tests.factories.people import Caller, People, make_key


def rename(people: People, name: str, key: str, caller: Caller | None = None) -> Any:
    speaker = caller or people.caller("adele")
    return speaker.patch(f"/organizations/{people.organization.pk}/", {"name": name}, Idempotency_Key=key)


def test_the_first_answer_is_given_again_and_nothing_done_twice(people: People) -> None:
    admin = people.caller("admin")
    first = admin.post("/organizations/", {"name": "Third"}, Idempotency_Key="a")
    again = admin.post("/organizations/", {"name": "Third"}, Idempotency_Key="a")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == first["Content-Type"] == "application/json"
    assert Organization.objects.filter(name="Third").count() == 1
    admin.post("/organizations/", {"name": "Third"}, Idempotency_Key="b")
    assert Organization.objects.filter(name="Third").count() == 2


def test_another_body_is_a_conflict(people: People) -> None:
    assert rename(people, "One", "k").status_code == 200
    other = rename(people, "Two", "k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert Organization.objects.get(pk=people.organization.pk).name == "One"


def test_authorisation_is_checked_before_the_stored_answer(people: People) -> None:
    assert rename(people, "One", "k").status_code == 200
    assert rename(people, "One", "k", Caller(make_key(people.adele, scopes=["read"]))).status_code == 403
    Membership.objects.filter(user=people.adele).delete()
    assert rename(people, "One", "k").status_code == 404


def test_the_key_of_another_person_means_nothing(people: People) -> None:
    assert rename(people, "One", "k").status_code == 200
    assert rename(people, "Two", "k", people.caller("oskar")).status_code == 200


def test_refusals_are_not_stored(people: People) -> None:
    assert rename(people, "", "k").status_code == 400
    assert not IdempotencyRecord.objects.exists()
    assert rename(people, "Good", "k").status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "é"])
def test_bad_keys_are_refused(people: People, key: str) -> None:
    assert rename(people, "One", key).json()["code"] == "bad_idempotency_key"


def test_after_24_hours_a_key_is_new(people: People) -> None:
    rename(people, "One", "k")
    IdempotencyRecord.objects.update(
        created_at=IdempotencyRecord.objects.get().created_at - KEPT - timedelta(seconds=1)
    )
    assert rename(people, "Two", "k").status_code == 200
    assert Organization.objects.get(pk=people.organization.pk).name == "Two"
    IdempotencyRecord.objects.update(
        created_at=IdempotencyRecord.objects.get().created_at - KEPT - timedelta(seconds=1)
    )
    assert forget_answers() == 1
    assert not IdempotencyRecord.objects.exists()


def test_secrets_are_never_stored(people: People) -> None:
    path, body = f"/organizations/{people.organization.pk}/invitations/", {"email": "x@people.test"}
    answers = [people.caller("mia").post(path, body, Idempotency_Key="k").json()["url"] for _ in range(2)]
    assert len(set(answers)) == 2
    assert not IdempotencyRecord.objects.exists()


class Drafts(ApiView):
    """A refusal that keeps something, returned as a value."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = (MultiPartParser,)

    def post(self, request: Request) -> Response:
        Organization.objects.create(name="kept")
        return problem_response(Conflict("Refused, but kept."))


def drafts_request(people: People, **parts: Any) -> Any:
    request = RequestFactory().post("/x/", parts, headers={"Idempotency-Key": "k"})
    request.user = people.ann
    return request


def test_a_refusal_that_keeps_a_draft_commits_it(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Request, "user", people.ann)
    monkeypatch.setattr(Request, "auth", Principal(people.ann))
    answer = Drafts.as_view()(drafts_request(people, a="1"))
    assert answer.status_code == 409
    assert Organization.objects.filter(name="kept").exists()
    assert not IdempotencyRecord.objects.exists()


class Upload(Drafts):
    """Counts what it is sent."""

    def post(self, request: Request) -> Response:
        return Response({"bytes": [len(file.read()) for file in request.FILES.getlist("files")]}, status=201)


def test_multipart_is_compared_by_its_parts(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Request, "user", people.ann)
    monkeypatch.setattr(Request, "auth", Principal(people.ann))

    def send(content: bytes, name: str = "a.png") -> Any:
        return Upload.as_view()(drafts_request(people, files=SimpleUploadedFile(name, content), note="n"))

    first, again = send(b"abc"), send(b"abc")
    assert first.data == {"bytes": [3]}
    assert again["Idempotency-Replayed"] == "true"
    assert send(b"abd").status_code == 409
    assert send(b"abc", "b.png").status_code == 409


def test_a_key_costs_two_statements(people: People, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    caller = people.caller("adele")
    caller.get("/me/")
    path = f"/organizations/{people.organization.pk}/"
    with django_assert_max_num_queries(50) as plain:
        caller.patch(path, {"name": "One"})
    with django_assert_max_num_queries(50) as keyed:
        caller.patch(path, {"name": "One"}, Idempotency_Key="k")
    savepoints = 2  # in a test; BEGIN and COMMIT outside
    assert len(keyed) == len(plain) + 2 + savepoints
