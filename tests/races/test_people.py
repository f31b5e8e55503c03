"""Two at once where only one may win: retried requests, invitations, the last owner, guessing."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.models import Membership, Organization, User
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.jobs.operations.running import take
from tests.factories.people import Caller, join, make_key, make_people
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 8


def test_twins_in_flight_have_one_effect_and_one_answer() -> None:
    people = make_people()
    secret = make_key(people.admin)

    def post() -> Any:
        return Caller(secret).post("/organizations/", {"name": "Third"}, Idempotency_Key="twin")

    answers = at_once([post] * CLIENTS)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer for answer in answers) == CLIENTS - 1
    assert Organization.objects.filter(name="Third").count() == 1


def test_an_invitation_is_accepted_once() -> None:
    people = make_people()
    path = f"/organizations/{people.organization.pk}/invitations/"
    url = people.caller("mia").post(path, {"email": "nina@people.test"}).json()["url"]
    body = {"token": url.rsplit("/", 1)[1], "name": "Nina", "password": "quite a good secret"}
    answers = at_once([lambda: Caller().post("/invitations/accept/", body)] * CLIENTS)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (CLIENTS - 1)
    assert User.objects.filter(email="nina@people.test").count() == 1


def test_an_organization_always_keeps_an_owner() -> None:
    people = make_people()
    organization = people.organization
    join(organization, people.olga, "owner")
    keys = {name: make_key(people.users[name]) for name in ("oskar", "olga")}

    def leave(name: str) -> Any:
        return Caller(keys[name]).delete(f"/organizations/{organization.pk}/members/{people.id_of(name)}/")

    answers = at_once([lambda: leave("oskar"), lambda: leave("olga")])
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert Membership.objects.filter(organization=organization, role="owner").count() == 1


def test_a_job_goes_to_one_worker() -> None:
    people = make_people()
    job = enqueue(kind="nothing", organization_id=people.organization.pk, params={}, created_by=None)
    taken = at_once([lambda: take(job.pk)] * CLIENTS)
    assert sum(found is not None for found in taken) == 1
    assert Job.objects.get(pk=job.pk).attempts == 1
