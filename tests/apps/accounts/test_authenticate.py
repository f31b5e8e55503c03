"""Keys and sessions: who gets in, with how many questions to the database, and what a key may never do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.accounts.authentication import from_header
from apps.accounts.models import ApiKey, Membership, User
from tests.factories.people import PASSWORD, Caller, People, make_key

BAD_HEADERS = ["Bearer", "Bearer ", "Bearer lap_", "Bearer lap_wrong", "Basic YTpi", "lap_x", "Bearer lap_é", "Token x"]


def test_anonymous_is_told_how_to_sign_in(anonymous: Caller) -> None:
    answer = anonymous.get("/me/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("header", BAD_HEADERS)
def test_bad_header_is_refused(db: None, header: str) -> None:
    answer = Client().get("/api/v1/me/", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_bad_key_is_refused_even_beside_a_good_session(people: People) -> None:
    client = Client()
    client.force_login(people.ann)
    assert client.get("/api/v1/me/", headers={"Authorization": "Bearer lap_wrong"}).status_code == 401


def test_a_key_costs_one_query(people: People, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    secret = make_key(people.ann, last_used_at=timezone.now())
    with django_assert_num_queries(1):
        user, principal = from_header(f"Bearer {secret}")
    assert user == people.ann
    assert principal.project_id is None


def test_last_use_is_written_at_most_once_a_minute(people: People) -> None:
    caller, key = people.caller("ann"), ApiKey.objects.filter(user=people.ann)
    caller.get("/me/")
    first = key.get().last_used_at
    caller.get("/me/")
    assert key.get().last_used_at == first
    assert first is not None
    key.update(last_used_at=first - timedelta(minutes=2))
    caller.get("/me/")
    again = key.get().last_used_at
    assert again is not None
    assert again > first - timedelta(minutes=1)


def test_revoked_expired_and_inactive_are_refused_at_once(people: People) -> None:
    now = timezone.now()
    for change in ({"revoked_at": now}, {"expires_at": now}):
        caller = Caller(make_key(people.bob))
        assert caller.get("/me/").status_code == 200
        ApiKey.objects.filter(user=people.bob).update(**change)
        assert caller.get("/me/").status_code == 401
    caller, client = people.caller("ann"), Client()
    client.force_login(people.ann)
    assert client.get("/api/v1/me/").status_code == 200
    User.objects.filter(pk=people.ann.pk).update(is_active=False)
    assert caller.get("/me/").status_code == 401
    assert client.get("/api/v1/me/").status_code == 401


def test_the_secret_is_nowhere_in_the_database(people: People) -> None:
    secret = make_key(people.ann)
    row = ApiKey.objects.filter(user=people.ann).values().get()
    assert secret not in str(row)
    assert secret.startswith(row["prefix"])


def test_a_key_without_the_scope_is_refused(people: People) -> None:
    caller = Caller(make_key(people.oskar, scopes=["label"]))
    assert caller.get("/me/").status_code == 403
    assert caller.patch("/me/", {"name": "x"}).json()["code"] == "scope_missing"
    assert Caller(make_key(people.oskar, scopes=["read"])).get("/me/").status_code == 200


def test_a_key_does_not_outlive_its_owners_rights(people: People) -> None:
    caller = Caller(make_key(people.adele, scopes=["admin"]))
    path = f"/organizations/{people.organization.pk}/"
    assert caller.patch(path, {"name": "New"}).status_code == 200
    Membership.objects.filter(user=people.adele).update(role="member")
    assert caller.patch(path, {"name": "Newer"}).status_code == 403
    Membership.objects.filter(user=people.adele).delete()
    assert caller.patch(path, {"name": "Newest"}).status_code == 404
    people.organization.refresh_from_db()
    assert people.organization.name == "New"


def test_wrong_method_is_405_with_allow(people: People) -> None:
    answer = people.caller("ann").put("/me/", {})
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert answer.json()["code"] == "method_not_allowed"


def test_session_writes_need_the_csrf_token(people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    signed = client.post(
        "/api/v1/auth/session/",
        {"email": people.ann.email, "password": PASSWORD},
        content_type="application/json",
    )
    assert signed.status_code == 200
    token = client.cookies["csrftoken"].value
    refused = client.patch("/api/v1/me/", {"name": "Mallory"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    people.ann.refresh_from_db()
    assert people.ann.name == "Ann"
    headers = {"X-CSRFToken": token}
    done = client.patch("/api/v1/me/", {"name": "Anna"}, content_type="application/json", headers=headers)
    assert done.status_code == 200
    assert done.json()["name"] == "Anna"
