"""Projects are made of parts that the caller may see, with their tasks; they change, are archived and come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from apps.common.ids import new_id
from apps.datasets.hooks import tell_units_added
from apps.datasets.models import Dataset, DataUnit
from apps.jobs.models import Job
from apps.ontologies.models import Ontology
from apps.projects.models import Collaborator, Project
from apps.tasks.models import Task
from apps.tasks.operations import intake
from tests.factories.flows import make_workflow
from tests.factories.labels import make_unit
from tests.factories.ontologies import make_ontology
from tests.factories.people import People
from tests.factories.projects import Lab, make_dataset_of, make_lab, parts


def add_later(dataset: Dataset) -> DataUnit:
    """A unit that comes after the project was made."""
    unit = make_unit(dataset)
    tell_units_added(dataset.pk, [unit.pk], timezone.now())
    return unit


def tasks_of(lab: Lab) -> int:
    return Task.objects.filter(project=lab.project).count()


def test_a_project_comes_with_its_tasks(people: People) -> None:
    body = parts(people, make_dataset_of(people, 3), make_dataset_of(people, 2))
    answer = people.caller("mia").post("/projects/", body | {"tasks": "all"})
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert {name: shown[name] for name in ("name", "ontology", "workflow", "datasets")} == {
        name: body[name] for name in ("name", "ontology", "workflow", "datasets")
    }
    assert shown["progress"] == {"total": 5, "complete": 0, "archived": 0}
    assert (shown["my_roles"], shown["archived_at"], shown["reserve_hours"]) == (["admin"], None, 24)
    assert Task.objects.filter(project_id=shown["id"]).count() == 5
    stages = people.caller("mia").get(f"/projects/{shown['id']}/stages/").json()
    assert stages["stages"][0]["waiting"] == 5


def test_a_large_one_is_made_by_a_job(
    people: People, run_jobs: Callable[[], list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "AT_ONCE", 2)
    answer = people.caller("mia").post("/projects/", parts(people, make_dataset_of(people, 3)))
    assert answer.status_code == 202, answer.content
    assert set(answer.json()) == {"project", "job"}
    assert answer["Location"] == f"/api/v1/jobs/{answer.json()['job']}/"
    assert not Task.objects.exists()
    run_jobs()
    job = people.caller("mia").get(f"/jobs/{answer.json()['job']}/").json()
    assert (job["state"], job["result"]["id"]) == ("succeeded", answer.json()["project"])
    assert Task.objects.filter(project_id=answer.json()["project"]).count() == 3


def test_without_tasks_what_comes_later_is_left_alone_too(people: People) -> None:
    dataset = make_dataset_of(people, 2)
    answer = people.caller("mia").post("/projects/", parts(people, dataset) | {"tasks": "none"})
    assert (answer.status_code, answer.json()["auto_tasks"]) == (201, False)
    add_later(dataset)
    assert not Task.objects.exists()
    path = f"/projects/{answer.json()['id']}/"
    assert people.caller("mia").patch(path, {"auto_tasks": True}).json()["progress"]["total"] == 3
    assert people.caller("mia").patch(path, {"auto_tasks": True}).json()["progress"]["total"] == 3


def test_data_added_later_becomes_tasks(people: People) -> None:
    lab, bare = make_lab(people), people.caller("mia").post("/projects/", parts(people) | {"tasks": "none"})
    add_later(lab.dataset)
    assert tasks_of(lab) == 4
    path = f"/projects/{bare.json()['id']}/"
    assert people.caller("mia").post(path + "datasets/", {"dataset": str(lab.dataset.pk)}).status_code == 201
    assert people.caller("mia").get(path).json()["progress"]["total"] == 4


def test_a_dataset_named_twice_is_attached_once(people: People) -> None:
    dataset = make_dataset_of(people, 2)
    body = parts(people, dataset, dataset)
    assert len(people.caller("mia").post("/projects/", body).json()["datasets"]) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "a\u0000b"}, ""),
        ({"ontology": "x"}, "/ontology"),
        ({"ontology": None}, "/ontology"),
        ({"workflow": 1.5}, "/workflow"),
        ({"datasets": "x"}, "/datasets"),
        ({"datasets": ["x"]}, "/datasets/0"),
        ({"datasets": [str(new_id())] * 101}, "/datasets"),
        ({"tasks": "some"}, "/tasks"),
        ({"tasks": {"collection": str(new_id())}}, "/tasks"),
        ({"id": str(new_id())}, "/id"),
        ({"organization": "x"}, "/organization"),
    ],
)
def test_bad_bodies_are_refused(people: People, change: dict[str, Any], pointer: str) -> None:
    answer = people.caller("mia").post("/projects/", parts(people) | change)
    assert answer.status_code == 400, answer.content
    assert not pointer or answer.json()["errors"][0]["pointer"] == pointer
    assert not Project.objects.exists()


def test_parts_of_others_are_missing(people: People) -> None:
    theirs = {
        "ontology": make_ontology(people.elsewhere).pk,
        "workflow": make_workflow(people.elsewhere).workflow_id,
    }
    wrong: list[dict[str, Any]] = [{name: str(pk)} for name, pk in theirs.items()]
    wrong.append({"datasets": [str(Dataset.objects.create(organization=people.elsewhere, name="x").pk)]})
    wrong += [{name: str(new_id())} for name in theirs]
    body = parts(people)
    answers = [people.caller("mia").post("/projects/", body | part) for part in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert not Project.objects.exists()


def test_parts_are_all_of_the_projects_own_organization(people: People) -> None:
    people.elsewhere.memberships.create(user=people.mia, role="manager")
    answer = people.caller("mia").post("/projects/", parts(people) | {"organization": str(people.elsewhere.pk)})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "other_organization")


def test_archived_parts_are_refused(people: People) -> None:
    body = parts(people)
    Ontology.objects.update(archived_at=timezone.now())
    answer = people.caller("mia").post("/projects/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/ontology")


def test_a_retried_creation_makes_one(people: People) -> None:
    body = parts(people, make_dataset_of(people, 2))
    answers = [people.caller("mia").post("/projects/", body, Idempotency_Key="k") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Project.objects.count() == 1


def test_the_creator_is_admin_of_what_they_create(people: People) -> None:
    answer = people.caller("mia").post("/projects/", parts(people))
    collaborator = Collaborator.objects.get(project_id=answer.json()["id"])
    assert (collaborator.user, collaborator.roles) == (people.mia, ["admin"])


def test_settings_change_one_by_one(people: People) -> None:
    lab = make_lab(people)
    mia = people.caller("mia")
    assert mia.patch(lab.path, {"reserve_hours": 2}).json()["reserve_hours"] == 2
    assert mia.patch(lab.path, {"name": "Blood"}).json()["name"] == "Blood"
    assert mia.patch(lab.path, {}).status_code == 200
    for bad in ({"reserve_hours": 0}, {"reserve_hours": "2"}, {"ontology": str(new_id())}, {"auto_tasks": "yes"}):
        assert mia.patch(lab.path, bad).status_code == 400
    fresh = lab.fresh()
    assert (fresh.name, fresh.reserve_hours, fresh.auto_tasks) == ("Blood", 2, True)


def test_an_archived_project_rests_and_catches_up(people: People) -> None:
    lab = make_lab(people)
    mia = people.caller("mia")
    first = mia.post(lab.path + "archive/").json()["archived_at"]
    assert first
    assert mia.post(lab.path + "archive/").json()["archived_at"] == first
    assert mia.get("/projects/").json()["results"] == []
    assert len(mia.get("/projects/?archived=true").json()["results"]) == 1
    other = make_dataset_of(people, 1)
    refused = mia.post(lab.path + "datasets/", {"dataset": str(other.pk)})
    assert (refused.status_code, refused.json()["code"]) == (409, "project_archived")
    add_later(lab.dataset)
    assert tasks_of(lab) == 3
    back = mia.post(lab.path + "unarchive/")
    assert (back.status_code, back.json()["archived_at"], back.json()["progress"]["total"]) == (200, None, 4)
    assert mia.post(lab.path + "unarchive/").status_code == 200


def test_attaching_is_safe_to_repeat(people: People) -> None:
    lab = make_lab(people)
    other = make_dataset_of(people, 2)
    body = {"dataset": str(other.pk)}
    answers = [people.caller("mia").post(lab.path + "datasets/", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert tasks_of(lab) == 5
    rows = people.caller("val").get(lab.path + "datasets/").json()["results"]
    assert [row["dataset"] for row in rows] == [str(lab.dataset.pk), str(other.pk)]


def test_datasets_of_others_cannot_be_attached(people: People) -> None:
    lab = make_lab(people)
    theirs = Dataset.objects.create(organization=people.elsewhere, name="x")
    answers = [people.caller("mia").post(lab.path + "datasets/", {"dataset": str(pk)}) for pk in (theirs.pk, new_id())]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].content == answers[1].content
    assert lab.project.attachments.count() == 1
