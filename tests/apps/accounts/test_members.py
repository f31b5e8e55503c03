"""Organizations and who is in them: ranks, the last owner, and what a departure takes along."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts import hooks
from apps.accounts.logic import may_change_member, may_invite
from apps.accounts.models import Membership, Organization
from apps.accounts.operations import deactivate_person
from apps.common.clock import database_now
from apps.common.errors import Conflict
from apps.common.ids import new_id
from tests.factories.people import Caller, People, join, make_key


def member_path(people: People, name: str) -> str:
    return f"/organizations/{people.organization.pk}/members/{people.id_of(name)}/"


def roles(people: People) -> dict[Any, str]:
    return dict(Membership.objects.filter(organization=people.organization).values_list("user__name", "role"))


def test_only_the_instances_admin_makes_organizations(people: People) -> None:
    for name in ("ann", "mia", "oskar"):
        assert people.caller(name).post("/organizations/", {"name": "Third"}).status_code == 403
    assert Organization.objects.count() == 2
    made = people.caller("admin").post("/organizations/", {"name": "Third"})
    assert (made.status_code, made.json()["role"]) == (201, "owner")


def test_being_the_instances_admin_gives_no_role(people: People) -> None:
    assert people.caller("admin").get(f"/organizations/{people.organization.pk}/").status_code == 404


def test_foreign_and_missing_look_the_same(people: People) -> None:
    foreign = people.caller("olga").get(f"/organizations/{people.organization.pk}/")
    missing = people.caller("olga").get(f"/organizations/{new_id()}/")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_members_are_paged(people: People) -> None:
    caller, path, seen = people.caller("val"), f"/organizations/{people.organization.pk}/members/?limit=3", []
    while path:
        answer = caller.get(path).json()
        seen += [row["person"]["name"] for row in answer["results"]]
        path = (answer["next"] or "").removeprefix("http://testserver/api/v1")
    assert sorted(seen) == ["Adele", "Ann", "Bob", "Eve", "Mia", "Oskar", "Rex", "Val"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=9999", "cursor=%00", "cursor=abc", "ordering=email", "x=1"]
)
def test_bad_pages_are_refused(people: People, query: str) -> None:
    answer = people.caller("ann").get(f"/organizations/{people.organization.pk}/members/?{query}")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("actor", "target", "role", "status"),
    [
        ("oskar", "ann", "owner", 200),
        ("oskar", "adele", "member", 200),
        ("adele", "ann", "admin", 200),
        ("adele", "ann", "owner", 403),
        ("adele", "oskar", "member", 403),
        ("mia", "ann", "manager", 403),
        ("mia", "mia", "admin", 403),
        ("ann", "ann", "owner", 403),
        ("oskar", "oskar", "admin", 409),
        ("oskar", "ann", "root", 400),
    ],
)
def test_nobody_gives_more_than_they_are(people: People, actor: str, target: str, role: str, status: int) -> None:
    before = roles(people)
    answer = people.caller(actor).patch(member_path(people, target), {"role": role})
    assert answer.status_code == status
    assert roles(people) == (before if status != 200 else before | {target.capitalize(): role})


@pytest.mark.parametrize(
    ("actor", "target", "status"),
    [
        ("oskar", "adele", 204),
        ("adele", "oskar", 403),
        ("mia", "ann", 403),
        ("ann", "bob", 403),
        ("ann", "ann", 204),
        ("oskar", "oskar", 409),
        ("adele", "olga", 404),
        ("olga", "ann", 404),
    ],
)
def test_who_may_see_whom_off(people: People, actor: str, target: str, status: int) -> None:
    before = roles(people)
    assert people.caller(actor).delete(member_path(people, target)).status_code == status
    assert len(roles(people)) == len(before) - (status == 204)


def test_rank_rules() -> None:
    assert may_invite("manager", "manager")
    assert not may_invite("manager", "admin")
    assert not may_invite("member", "member")
    assert not may_change_member("manager", "member", None)


def test_the_last_owner_stays_until_there_is_another(people: People) -> None:
    assert people.caller("oskar").delete(member_path(people, "oskar")).json()["code"] == "last_owner"
    assert people.caller("oskar").patch(member_path(people, "adele"), {"role": "owner"}).status_code == 200
    assert people.caller("oskar").delete(member_path(people, "oskar")).status_code == 204


def test_departure_ends_keys_and_sessions_and_tells_the_apps_above(people: People) -> None:
    told: list[tuple[Any, Any]] = []

    def tell(*, user: Any, organization_id: Any, by: Any, now: Any) -> None:
        told.append((user.pk, organization_id))

    hooks.on_departure.append(tell)
    try:
        caller, client = people.caller("ann"), Client()
        client.force_login(people.ann)
        assert people.caller("adele").delete(member_path(people, "ann")).status_code == 204
    finally:
        hooks.on_departure.remove(tell)
    assert told == [(people.ann.pk, people.organization.pk)]
    assert caller.get("/me/").status_code == 401
    assert client.get("/api/v1/me/").status_code == 401


def test_whoever_is_elsewhere_too_stays_signed_in(people: People) -> None:
    join(people.elsewhere, people.bob)
    assert people.caller("adele").delete(member_path(people, "bob")).status_code == 204
    names = [entry["name"] for entry in people.caller("bob").get("/me/").json()["organizations"]]
    assert names == ["Elsewhere"]


def test_deactivation_leaves_every_organization(people: People) -> None:
    join(people.elsewhere, people.bob)
    caller = Caller(make_key(people.bob))
    deactivate_person(user=people.bob, by=people.admin, now=database_now())
    assert caller.get("/me/").status_code == 401
    assert not Membership.objects.filter(user=people.bob).exists()
    with pytest.raises(Conflict):
        deactivate_person(user=people.oskar, by=people.admin, now=database_now())
    people.oskar.refresh_from_db()
    assert people.oskar.is_active
