"""Two managers at once where only one may win: people, datasets, versions, the last admin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from apps.datasets.operations import Incoming, add_data_units
from apps.flows.models import WorkflowVersion
from apps.projects.models import Collaborator, ProjectDataset
from apps.tasks.models import StageDelta, Task
from tests.factories.datasets import image_bytes, make_dataset
from tests.factories.flows import make_workflow, renamed_graph
from tests.factories.people import Caller, make_key, make_people
from tests.factories.projects import Lab, make_dataset_of, make_lab, parts
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 6


def race(lab: Lab, calls: Sequence[Callable[[Caller], Any]], names: Sequence[str] = ("mia",)) -> Counter[int]:
    """The statuses of all calls, made at once by clients of these people in turn."""
    secrets = [make_key(lab.people.users[names[index % len(names)]]) for index in range(len(calls))]

    def bound(secret: str, call: Callable[[Caller], Any]) -> Callable[[], Any]:
        return lambda: call(Caller(secret))

    answers = at_once([bound(*pair) for pair in zip(secrets, calls, strict=True)])
    return Counter(answer.status_code for answer in answers)


def test_a_dataset_is_attached_once() -> None:
    lab = make_lab(make_people())
    body = {"dataset": str(make_dataset_of(lab.people, 4).pk)}
    found = race(lab, [lambda caller: caller.post(lab.path + "datasets/", body)] * CLIENTS)
    assert found == {201: 1, 200: CLIENTS - 1}
    assert ProjectDataset.objects.filter(project=lab.project).count() == 2
    assert Task.objects.filter(project=lab.project).count() == 7
    assert sum(StageDelta.objects.filter(project=lab.project).values_list("n", flat=True)) == 7


@pytest.mark.parametrize("verb", ["attach", "unarchive", "create"])
def test_no_upload_falls_between_two_looks(verb: str) -> None:
    lab = make_lab(make_people(), units=0)
    dataset = make_dataset(lab.people.organization)
    if verb == "unarchive":
        lab.people.caller("mia").post(lab.path + "datasets/", {"dataset": str(dataset.pk)})
        lab.people.caller("mia").post(lab.path + "archive/")
    bodies = {"attach": {"dataset": str(dataset.pk)}, "unarchive": {}, "create": parts(lab.people, dataset)}
    paths = {"attach": lab.path + "datasets/", "unarchive": lab.path + "unarchive/", "create": "/projects/"}
    secret = make_key(lab.people.mia)
    images = [image_bytes() for _ in range(CLIENTS)]
    calls: list[Callable[[], Any]] = [
        lambda data=data: add_data_units(  # type: ignore[misc]
            dataset=dataset, incoming=[Incoming("slide.png", BytesIO(data))], now=timezone.now()
        )
        for data in images
    ]
    at_once([*calls, lambda: Caller(secret).post(paths[verb], bodies[verb])])
    units = dataset.data_units.count()
    assert Task.objects.filter(data_unit__dataset=dataset).count() == units == CLIENTS


def test_a_collaborator_is_added_once() -> None:
    lab = make_lab(make_people(), units=0)
    body = {"email": lab.add("nina").email, "roles": ["annotator"]}
    found = race(lab, [lambda caller: caller.post(lab.path + "collaborators/", body)] * CLIENTS)
    assert found == {201: 1, 200: CLIENTS - 1}
    assert lab.collaborators()["nina"] == ["annotator"]


def test_a_project_publishes_one_version_per_etag() -> None:
    lab = make_lab(make_people())
    etag = lab.people.caller("mia").get(lab.path + "workflow/")["ETag"]

    def publish(number: int) -> Callable[[Caller], Any]:
        body = {"graph": renamed_graph(f"Title {number}")}
        return lambda caller: caller.put(lab.path + "workflow/", body, If_Match=etag)

    found = race(lab, [publish(number) for number in range(CLIENTS)])
    assert found[412] == CLIENTS - 1
    assert found[200] + found[202] == 1
    assert WorkflowVersion.objects.count() == 2
    assert lab.fresh().workflow_version.number == 2


def test_a_workflow_takes_one_change_per_etag() -> None:
    lab = make_lab(make_people(), units=0)
    version = make_workflow(lab.people.organization)
    path = f"/workflows/{version.workflow_id}/"
    etag = lab.people.caller("mia").get(path)["ETag"]

    def change(number: int) -> Callable[[Caller], Any]:
        body = {"name": f"Name {number}"} if number % 2 else {"graph": renamed_graph(f"Title {number}")}
        return lambda caller: caller.patch(path, body, If_Match=etag)

    assert race(lab, [change(number) for number in range(CLIENTS)]) == {200: 1, 412: CLIENTS - 1}


def test_two_projects_publish_into_one_workflow() -> None:
    lab = make_lab(make_people(), units=0)
    mia = lab.people.caller("mia")
    body = {"name": "Twin", "ontology": str(lab.project.ontology_id), "workflow": str(lab.project.workflow_id)}
    paths = [lab.path, f"/projects/{mia.post('/projects/', body).json()['id']}/"]
    etags = [mia.get(path + "workflow/")["ETag"] for path in paths]

    def publish(number: int) -> Callable[[Caller], Any]:
        graph = {"graph": renamed_graph(f"Title {number}")}
        return lambda caller: caller.put(paths[number] + "workflow/", graph, If_Match=etags[number])

    found = race(lab, [publish(0), publish(1)])
    assert found[200] + found[202] == 2
    assert sorted(WorkflowVersion.objects.values_list("number", flat=True)) == [1, 2, 3]


def test_two_admins_who_remove_each_other_leave_one() -> None:
    lab = make_lab(make_people(), units=0)
    lab.add("ada", "admin")
    victims = {"mia": "ada", "ada": "mia"}
    calls = [lambda caller, name=name: caller.delete(lab.person_path(name)) for name in victims.values()]
    found = race(lab, calls, tuple(victims))
    assert found[204] == 1
    assert sum("admin" in roles for roles in lab.collaborators().values()) == 1


def test_one_person_gets_skills_while_another_gives_roles() -> None:
    lab = make_lab(make_people(), units=0)
    changes: list[dict[str, Any]] = [{"roles": ["reviewer"]}, {"skills": ["cells"]}]
    calls = [lambda caller, body=body: caller.patch(lab.person_path("ann"), body) for body in changes]
    assert race(lab, calls) == {200: 2}
    row = Collaborator.objects.get(project=lab.project, user=lab.people.ann)
    assert (row.roles, row.skills) == (["reviewer"], ["cells"])


def test_nobody_joins_a_project_while_leaving_its_organization() -> None:
    lab = make_lab(make_people(), units=0)
    nina = lab.add("nina")
    member = f"/organizations/{lab.people.organization.pk}/members/{nina.pk}/"
    body = {"email": nina.email, "roles": ["annotator"]}
    found = race(
        lab,
        [lambda caller: caller.post(lab.path + "collaborators/", body), lambda caller: caller.delete(member)],
        ("mia", "oskar"),
    )
    assert found[204] == 1
    assert not Collaborator.objects.filter(user=nina).exists()
