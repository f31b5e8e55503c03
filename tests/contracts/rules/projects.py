"""Who may call the project routes: ann and bob annotate, rex reviews, eve is the expert, val views, mia manages."""

from __future__ import annotations

from typing import Any

from apps.common.ids import new_id
from apps.datasets.models import Dataset
from apps.flows.models import Workflow
from apps.ontologies.models import Ontology
from apps.projects.models import Collaborator
from apps.projects.operations import create_project
from tests.contracts.matrix import MANAGERS, Rule, World
from tests.factories.labels import make_unit
from tests.factories.tasks import graph

ROLES = {"ann": ["annotator"], "bob": ["annotator"], "rex": ["reviewer"], "eve": ["expert"], "val": ["viewer"]}


def prepare(world: World) -> None:
    people = world.people
    if "dataset_id" in world.ids:
        dataset = Dataset.objects.get(pk=world.ids["dataset_id"])
    else:
        dataset = Dataset.objects.create(organization=people.organization, name="Smears")
    for _ in range(8):
        make_unit(dataset)
    project, _ = create_project(
        organization=people.organization,
        name="Cells",
        ontology=Ontology.objects.get(pk=world.ids["ontology_id"]),
        workflow=Workflow.objects.get(pk=world.ids["workflow_id"]),
        datasets=[dataset],
        with_tasks=True,
        created_by=people.mia,
    )
    Collaborator.objects.bulk_create(
        Collaborator(project=project, user=people.users[name], roles=roles) for name, roles in ROLES.items()
    )
    world.ids |= {"project_id": project.pk, "person": people.bob.pk, "project_dataset": dataset.pk}


def body(world: World) -> dict[str, Any]:
    return {
        "name": "Second",
        "ontology": str(world.ids["ontology_id"]),
        "workflow": str(world.ids["workflow_id"]),
        "datasets": [str(world.ids["project_dataset"])],
    }


def foreign_parts(world: World) -> list[tuple[Any, Any]]:
    elsewhere = world.people.elsewhere
    theirs = {
        "ontology": Ontology.objects.create(organization=elsewhere, name="x", definition={}).pk,
        "workflow": Workflow.objects.create(organization=elsewhere, name="x").pk,
    }
    data = Dataset.objects.create(organization=elsewhere, name="x").pk
    pairs = [(body(world) | {name: str(pk)}, body(world) | {name: str(new_id())}) for name, pk in theirs.items()]
    return [*pairs, (body(world) | {"datasets": [str(data)]}, body(world) | {"datasets": [str(new_id())]})]


def foreign_people(world: World) -> list[tuple[Any, Any]]:
    roles = {"roles": ["annotator"]}
    return [(roles | {"email": world.people.olga.email}, roles | {"email": "nobody@people.test"})]


PROJECT = "projects/<uuid:project_id>/"
PERSON = PROJECT + "collaborators/<str:person>/"
OVERVIEW = MANAGERS | {"val"}

RULES = [
    Rule("GET projects/", open_to_all=True),
    Rule("POST projects/", allow=MANAGERS, body=body, foreign=foreign_parts, open_to_all=True),
    Rule("GET " + PROJECT),
    Rule("PATCH " + PROJECT, allow=MANAGERS, body=lambda _: {"name": "x"}),
    Rule("POST " + PROJECT + "archive/", allow=MANAGERS),
    Rule("POST " + PROJECT + "unarchive/", allow=MANAGERS),
    Rule("GET " + PROJECT + "datasets/", allow=OVERVIEW),
    Rule(
        "POST " + PROJECT + "datasets/",
        allow=MANAGERS,
        body=lambda world: {"dataset": str(world.ids["project_dataset"])},
    ),
    Rule("GET " + PROJECT + "collaborators/", allow=OVERVIEW),
    Rule(
        "POST " + PROJECT + "collaborators/",
        allow=MANAGERS,
        body=lambda world: {"email": world.people.bob.email, "roles": ["annotator"]},
        foreign=foreign_people,
    ),
    Rule("GET " + PERSON, allow=OVERVIEW),
    Rule("PATCH " + PERSON, allow=MANAGERS, body=lambda _: {"roles": ["viewer"]}),
    Rule("DELETE " + PERSON, allow=MANAGERS),
    Rule("GET " + PROJECT + "workflow/", allow=OVERVIEW),
    Rule("PUT " + PROJECT + "workflow/", allow=MANAGERS, body=lambda _: {"graph": graph()}),
]
