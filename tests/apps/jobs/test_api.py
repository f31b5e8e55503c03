"""Jobs over HTTP: who sees which, what is shown, cancelling."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from apps.accounts import visibility
from apps.accounts.models import Membership
from apps.common.ids import new_id
from apps.jobs.api import accepted
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from tests.factories.people import Caller, People, make_key


def job_of(people: People, name: str, project_id: UUID | None = None) -> Job:
    organization = people.elsewhere if name in ("olga", "otto") else people.organization
    return enqueue(
        kind="nothing",
        organization_id=organization.pk,
        params={"secret": 1},
        created_by=people.users[name],
        project_id=project_id,
    )


def seen_by(people: People, name: str, query: str = "") -> set[str]:
    return {row["id"] for row in people.caller(name).get(f"/jobs/{query}").json()["results"]}


def test_own_jobs_and_those_one_manages(people: People) -> None:
    anns, mias, olgas = (str(job_of(people, name).pk) for name in ("ann", "mia", "olga"))
    assert seen_by(people, "ann") == {anns}
    assert seen_by(people, "bob") == set()
    assert seen_by(people, "mia") == {anns, mias}
    assert seen_by(people, "olga") == {olgas}
    assert seen_by(people, "admin") == set()
    Membership.objects.filter(user=people.ann).delete()
    assert seen_by(people, "ann") == set()


def test_project_managers_see_the_projects_jobs(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    project = new_id()

    def provider(user_id: UUID, project_id: UUID | None) -> list[UUID]:
        return [project] if user_id == people.bob.pk else []

    def seen(user_id: UUID, project_id: UUID | None) -> list[UUID]:
        return [project] if user_id == people.mia.pk else []

    monkeypatch.setitem(visibility._providers, "managed_project", provider)
    monkeypatch.setitem(visibility._providers, "project", seen)
    inside, outside = job_of(people, "mia", project), job_of(people, "mia")
    assert seen_by(people, "bob") == {str(inside.pk)}
    assert seen_by(people, "rex") == set()
    assert seen_by(people, "mia", f"?project={project}") == {str(inside.pk)}
    assert seen_by(people, "mia", "?state=queued") == {str(inside.pk), str(outside.pk)}
    assert seen_by(people, "mia", "?state=failed") == set()
    limited = Caller(make_key(people.mia, project_id=project))
    assert [row["id"] for row in limited.get("/jobs/").json()["results"]] == [str(inside.pk)]
    assert limited.get(f"/jobs/{outside.pk}/").status_code == 404


def test_a_job_shows_its_state_but_not_its_parameters(people: People) -> None:
    job = job_of(people, "mia")
    body = people.caller("mia").get(f"/jobs/{job.pk}/").json()
    assert (body["state"], body["progress"], body["result"], body["error"]) == ("queued", 0.0, None, None)
    assert "secret" not in str(body)
    answer: Any = accepted(job)
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/jobs/{job.pk}/")
    assert accepted(job, {"job": 1}).data == {"job": 1}


def test_cancelling_over_http(people: People) -> None:
    job = job_of(people, "ann")
    path = f"/jobs/{job.pk}/cancel/"
    assert people.caller("bob").post(path).status_code == 404
    assert people.caller("ann").post(path, {"force": True}).status_code == 400
    assert Job.objects.get(pk=job.pk).state == "queued"
    assert people.caller("ann").post(path).json()["state"] == "cancelled"
    assert people.caller("ann").post(path).status_code == 200
    Job.objects.update(state="succeeded")
    assert people.caller("ann").post(path).json()["code"] == "job_finished"


@pytest.mark.parametrize(
    "query", ["state=x", "project=x", "ordering=params", "ordering=created_by__password", "kind=x"]
)
def test_only_what_the_list_knows_is_asked(people: People, query: str) -> None:
    assert people.caller("mia").get(f"/jobs/?{query}").status_code == 400


def test_pages_go_on_where_they_ended(people: People) -> None:
    made = [str(job_of(people, "mia").pk) for _ in range(5)]
    first = people.caller("mia").get("/jobs/?limit=2").json()
    second = people.caller("mia").get(first["next"].removeprefix("http://testserver/api/v1")).json()
    assert [row["id"] for row in first["results"] + second["results"]] == made[:0:-1]
