"""Invitations: who may send them, where they lead, and that they lead there once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import hooks
from apps.accounts.models import FailedLogin, Invitation, Membership, User
from apps.common.errors import Invalid
from apps.common.ids import new_id
from tests.factories.people import PASSWORD, Caller, People

NEW = {"name": "Nina", "password": "quite a good secret"}


def invite(people: People, actor: str = "mia", **body: Any) -> Any:
    sent = {"email": "Nina@people.test", **body}
    return people.caller(actor).post(f"/organizations/{people.organization.pk}/invitations/", sent)


def token_of(answer: Any) -> str:
    return str(answer.json()["url"].rsplit("/", 1)[1])


def test_a_new_person_comes_in_once(people: People, anonymous: Caller) -> None:
    made = invite(people)
    assert made.status_code == 201
    token = token_of(made)
    assert token not in str(Invitation.objects.values().get())
    accepted = anonymous.post("/invitations/accept/", {"token": token, **NEW})
    assert accepted.status_code == 200
    nina = User.objects.get(email="nina@people.test")
    assert accepted.json()["person"]["id"] == str(nina.pk)
    assert nina.check_password(NEW["password"])
    assert Membership.objects.get(user=nina).role == "member"
    again = anonymous.post("/invitations/accept/", {"token": token, **NEW})
    assert (again.status_code, again.json()["code"]) == (409, "invitation_spent")
    assert (
        people.caller("mia")
        .delete(f"/organizations/{people.organization.pk}/invitations/{made.json()['id']}/")
        .status_code
        == 409
    )


@pytest.mark.parametrize(
    ("actor", "role", "status"),
    [
        ("ann", "member", 403),
        ("mia", "manager", 201),
        ("mia", "admin", 403),
        ("adele", "admin", 201),
        ("adele", "owner", 403),
        ("oskar", "owner", 201),
        ("olga", "member", 404),
    ],
)
def test_nobody_invites_above_themselves(people: People, actor: str, role: str, status: int) -> None:
    assert invite(people, actor, role=role).status_code == status
    assert Invitation.objects.count() == (status == 201)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "no address"}, "/email"),
        ({"role": "root"}, "/role"),
        ({"project": str(new_id())}, "/project"),
        ({"roles": ["annotator"]}, "/project"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "/expires_at"),
        ({"token": "mine"}, "/token"),
    ],
)
def test_bad_invitations_name_the_place(people: People, change: dict[str, Any], pointer: str) -> None:
    answer = invite(people, **change)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not Invitation.objects.exists()


def test_unknown_expired_and_revoked_tokens_lead_nowhere(people: People, anonymous: Caller) -> None:
    assert anonymous.post("/invitations/accept/", {"token": "guess", **NEW}).status_code == 404
    expired = token_of(invite(people))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert anonymous.post("/invitations/accept/", {"token": expired, **NEW}).status_code == 409
    revoked = invite(people)
    path = f"/organizations/{people.organization.pk}/invitations/{revoked.json()['id']}/"
    assert people.caller("mia").delete(path).status_code == 204
    assert anonymous.post("/invitations/accept/", {"token": token_of(revoked), **NEW}).status_code == 404
    assert not User.objects.filter(email="nina@people.test").exists()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "Nina"}, "/password"),
        ({"password": NEW["password"]}, "/name"),
        (NEW | {"password": "123"}, "/password"),
    ],
)
def test_a_new_person_needs_a_name_and_a_good_password(
    people: People, anonymous: Caller, body: dict[str, str], pointer: str
) -> None:
    token = token_of(invite(people))
    answer = anonymous.post("/invitations/accept/", {"token": token, **body})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert Invitation.objects.get().accepted_at is None


def test_a_known_person_must_prove_who_they_are(people: People, anonymous: Caller) -> None:
    token = token_of(invite(people, email=people.olga.email, role="manager"))
    taken = anonymous.post("/invitations/accept/", {"token": token, "name": "Mallory", "password": "my own choice"})
    assert taken.status_code == 401
    assert FailedLogin.objects.count() == 1
    people.olga.refresh_from_db()
    assert people.olga.check_password(PASSWORD)
    other = Client()
    other.force_login(people.ann)
    send = {"token": token}
    refused = other.post("/api/v1/invitations/accept/", send, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "other_person")
    own = Client()
    own.force_login(people.olga)
    assert own.post("/api/v1/invitations/accept/", send, content_type="application/json").status_code == 200
    assert Membership.objects.get(user=people.olga, organization=people.organization).role == "manager"


def test_a_departed_person_may_come_back_with_their_password(people: People, anonymous: Caller) -> None:
    User.objects.filter(pk=people.bob.pk).update(is_active=False)
    Membership.objects.filter(user=people.bob).delete()
    token = token_of(invite(people, email=people.bob.email))
    assert anonymous.post("/invitations/accept/", {"token": token, "password": "wrong"}).status_code == 401
    assert not User.objects.get(pk=people.bob.pk).is_active
    assert anonymous.post("/invitations/accept/", {"token": token, "password": PASSWORD}).status_code == 200
    assert User.objects.get(pk=people.bob.pk).is_active


def test_an_invitation_never_lowers_a_role(people: People, anonymous: Caller) -> None:
    token = token_of(invite(people, email=people.adele.email))
    assert anonymous.post("/invitations/accept/", {"token": token, "password": PASSWORD}).status_code == 200
    assert Membership.objects.get(user=people.adele).role == "admin"


def test_project_roles_are_checked_and_given_by_the_app_above(people: People, anonymous: Caller) -> None:
    project, given = new_id(), []

    def check(*, project_id: Any, roles: list[str], **_: Any) -> None:
        if project_id != project or roles != ["annotator"]:
            raise Invalid.at("/project", "no")

    def give(*, invitation: Invitation, user: User, now: Any) -> None:
        given.append((invitation.project_id, user.email, invitation.project_roles, invitation.project_skills))

    checks, gives = list(hooks.on_invitation), list(hooks.on_invitation_accepted)
    hooks.on_invitation[:], hooks.on_invitation_accepted[:] = [check], [give]
    try:
        assert invite(people, project=str(project), roles=["admin"]).status_code == 400
        made = invite(people, project=str(project), roles=["annotator"], skills=["cells"])
        assert made.json()["roles"] == ["annotator"]
        body = {"token": token_of(made), **NEW}
        assert anonymous.post("/invitations/accept/", body).json()["project"] == str(project)
    finally:
        hooks.on_invitation[:], hooks.on_invitation_accepted[:] = checks, gives
    assert given == [(project, "nina@people.test", ["annotator"], ["cells"])]
