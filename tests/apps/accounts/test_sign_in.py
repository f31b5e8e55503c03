"""Log-in, log-out, password and keys; the brake on guessing; nothing told about who exists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.utils import timezone

from apps.accounts import visibility
from apps.accounts.logic import PER_ACCOUNT, PER_ADDRESS, WINDOW, Tries, seconds_to_wait
from apps.accounts.models import ApiKey, FailedLogin, Organization
from apps.common.ids import new_id
from tests.factories.people import PASSWORD, Caller, People, make_key

NOW = timezone.now()


def log_in(email: str, password: str = PASSWORD, **extra: Any) -> tuple[Client, int]:
    client = Client(**extra)
    answer = client.post(
        "/api/v1/auth/session/", {"email": email, "password": password}, content_type="application/json"
    )
    return client, answer.status_code


def test_log_in_answers_as_me_and_log_out_ends_it(people: People) -> None:
    client = Client()
    answer = client.post(
        "/api/v1/auth/session/",
        {"email": people.mia.email.upper(), "password": PASSWORD},
        content_type="application/json",
    )
    assert answer.status_code == 200
    assert answer.json()["organizations"] == [
        {"id": str(people.organization.pk), "name": "Blood lab", "role": "manager"}
    ]
    assert client.get("/api/v1/me/").json() == answer.json()
    assert client.cookies["csrftoken"].value
    assert client.delete("/api/v1/auth/session/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401


def test_unknown_wrong_and_inactive_get_one_answer_and_one_hash(people: People) -> None:
    people.bob.is_active = False
    people.bob.save()
    bodies, hashes = set(), set()
    for email in ("nobody@people.test", people.ann.email, people.bob.email):
        password = PASSWORD if email == people.bob.email else "wrong"
        with patch.object(MD5PasswordHasher, "encode", autospec=True, side_effect=MD5PasswordHasher.encode) as spy:
            answer = Client().post(
                "/api/v1/auth/session/", {"email": email, "password": password}, content_type="application/json"
            )
        assert answer.status_code == 401
        bodies.add(answer.content)
        hashes.add(spy.call_count)
    assert len(bodies) == 1
    assert hashes == {1}


def test_log_in_from_a_foreign_page_is_refused(people: People) -> None:
    body = {"email": people.ann.email, "password": PASSWORD}
    for origin in ("https://evil.test", "null", "http://testserver.evil.test"):
        answer = Client().post(
            "/api/v1/auth/session/", body, content_type="application/json", headers={"Origin": origin}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    form = Client().post("/api/v1/auth/session/", body)
    assert form.status_code == 415


def test_guessing_one_account_is_slowed_from_anywhere(people: People) -> None:
    for number in range(PER_ACCOUNT):
        assert log_in(people.ann.email, "wrong", REMOTE_ADDR=f"198.51.100.{number}")[1] == 401
    client = Client(REMOTE_ADDR="203.0.113.1")
    answer = client.post(
        "/api/v1/auth/api-keys/",
        {"email": people.ann.email, "password": PASSWORD, "name": "k"},
        content_type="application/json",
    )
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= WINDOW.total_seconds() + 1
    assert not ApiKey.objects.exists()
    assert log_in(people.bob.email, REMOTE_ADDR="203.0.113.1")[1] == 200


def test_guessing_many_accounts_from_one_address_is_slowed(people: People) -> None:
    FailedLogin.objects.bulk_create(
        [FailedLogin(account=str(n), address="198.51.100.9", at=timezone.now()) for n in range(PER_ADDRESS)]
    )
    assert log_in(people.ann.email, REMOTE_ADDR="198.51.100.9")[1] == 429
    assert log_in(people.ann.email, REMOTE_ADDR="198.51.100.8")[1] == 200


def test_successes_are_never_slowed(people: People) -> None:
    assert {log_in(people.ann.email)[1] for _ in range(PER_ACCOUNT + 5)} == {200}
    assert not FailedLogin.objects.exists()


@pytest.mark.parametrize(
    ("account", "address", "expected"),
    [
        ([], [], 0),
        ([NOW] * (PER_ACCOUNT - 1), [], 0),
        ([NOW] * PER_ACCOUNT, [], int(WINDOW.total_seconds()) + 1),
        ([NOW - timedelta(seconds=100)] + [NOW] * (PER_ACCOUNT - 1), [], int(WINDOW.total_seconds()) - 99),
        ([], [NOW] * PER_ADDRESS, int(WINDOW.total_seconds()) + 1),
    ],
)
def test_wait_lasts_until_the_oldest_deciding_failure_leaves(
    account: list[object], address: list[object], expected: int
) -> None:
    assert seconds_to_wait(Tries(account, address), NOW) == expected  # type: ignore[arg-type]


def test_key_is_made_by_password_or_session_but_not_by_key(people: People, anonymous: Caller) -> None:
    made = anonymous.post("/auth/api-keys/", {"email": people.ann.email, "password": PASSWORD, "name": "script"})
    assert made.status_code == 201
    body = made.json()
    assert body["key"].startswith("lap_")
    assert body["scopes"] == ["read", "label", "review", "manage", "admin", "agent"]
    caller = Caller(body["key"])
    assert caller.get("/me/").json()["email"] == people.ann.email
    listed = caller.get("/auth/api-keys/").json()["results"]
    assert [key["id"] for key in listed] == [body["id"]]
    assert "key" not in listed[0]
    assert caller.post("/auth/api-keys/", {"name": "child"}).status_code == 400
    client = Client()
    client.force_login(people.ann)
    by_session = client.post(
        "/api/v1/auth/api-keys/", {"name": "by session", "scopes": ["read"]}, content_type="application/json"
    )
    assert by_session.status_code == 201
    assert by_session.json()["scopes"] == ["read"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": 5}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["root"]}, "/scopes/0"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "/expires_at"),
        ({"project": "x"}, "/project"),
        ({"project": str(new_id())}, "/project"),
        ({"user": "x"}, "/user"),
        ({"email": None}, "/email"),
    ],
)
def test_bad_key_requests_name_the_place(
    people: People, anonymous: Caller, change: dict[str, object], pointer: str
) -> None:
    body = {"email": people.ann.email, "password": PASSWORD, "name": "k"} | change
    answer = anonymous.post("/auth/api-keys/", body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not ApiKey.objects.exists()


def test_key_of_a_project_sees_no_organization(
    people: People, anonymous: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new_id()

    def provider(user_id: object, project_id: object) -> object:
        return [project]

    monkeypatch.setitem(visibility._providers, "project", provider)
    body = {"email": people.mia.email, "password": PASSWORD, "name": "k", "project": str(project)}
    caller = Caller(anonymous.post("/auth/api-keys/", body).json()["key"])
    make_key(people.mia)
    assert caller.get("/me/").json()["organizations"] == []
    assert caller.get("/organizations/").json()["results"] == []
    assert caller.get(f"/organizations/{people.organization.pk}/").status_code == 404
    assert len(caller.get("/auth/api-keys/").json()["results"]) == 1


def test_revoking_is_for_ones_own_keys(people: People) -> None:
    ann, bob = people.caller("ann"), people.caller("bob")
    mine = ann.get("/auth/api-keys/").json()["results"][0]["id"]
    foreign, missing = bob.delete(f"/auth/api-keys/{mine}/"), bob.delete(f"/auth/api-keys/{new_id()}/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert ann.delete(f"/auth/api-keys/{mine}/").status_code == 204
    assert ann.get("/me/").status_code == 401


def test_new_password_ends_keys_and_other_sessions(people: People) -> None:
    caller, (mine, _), (other, _) = people.caller("ann"), log_in(people.ann.email), log_in(people.ann.email)
    send = {"current": PASSWORD, "new": "another fine secret"}
    assert caller.post("/auth/password/", send).status_code == 403
    weak = mine.post("/api/v1/auth/password/", send | {"new": "123"}, content_type="application/json")
    assert weak.status_code == 400
    assert weak.json()["errors"][0]["pointer"] == "/new"
    wrong = mine.post("/api/v1/auth/password/", send | {"current": "x"}, content_type="application/json")
    assert wrong.status_code == 401
    done = mine.post("/api/v1/auth/password/", send, content_type="application/json")
    assert done.json() == {"keys_revoked": 1}
    assert mine.get("/api/v1/me/").status_code == 200
    assert other.get("/api/v1/me/").status_code == 401
    assert caller.get("/me/").status_code == 401
    assert log_in(people.ann.email)[1] == 401
    assert log_in(people.ann.email, "another fine secret")[1] == 200


def test_profile_keeps_what_is_not_sent_and_refuses_the_rest(people: People) -> None:
    ann = people.caller("ann")
    assert ann.patch("/me/", {"preferences": {"theme": "dark"}}).json()["preferences"] == {"theme": "dark"}
    assert ann.patch("/me/", {"name": "Anna"}).json()["preferences"] == {"theme": "dark"}
    bad: list[Any] = [{"is_superuser": True}, {"email": "x@y.z"}, {"is_admin": True}, {"preferences": []}, [], "x"]
    for body in bad:
        assert ann.patch("/me/", body).status_code == 400
    assert ann.patch("/me/", {"preferences": {"x": "y" * 20_000}}).status_code == 400
    people.ann.refresh_from_db()
    assert (people.ann.is_superuser, people.ann.name) == (False, "Anna")
    assert Organization.objects.count() == 2
