"""A project of "Blood lab": ann and bob annotate, rex reviews, eve is the expert, val views, mia made it.

adele and oskar administer it as admins of the organization; nobody else has a part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.datasets.models import Dataset
from apps.flows.models import Workflow
from apps.ontologies.models import Ontology
from apps.projects.models import Collaborator, Project
from apps.projects.operations import create_project
from apps.projects.policies import ProjectAccess, get_project_for
from tests.factories.flows import make_workflow
from tests.factories.labels import make_unit
from tests.factories.ontologies import make_ontology
from tests.factories.people import People, join, make_person

# Nothing is required of a label, so an empty task can be submitted.
CELLS = {"objects": [{"name": "RBC", "shape": "bounding_box"}, {"name": "WBC", "shape": "bounding_box"}]}
ROLES = {"ann": ["annotator"], "bob": ["annotator"], "rex": ["reviewer"], "eve": ["expert"], "val": ["viewer"]}


@dataclass
class Lab:
    """A project with its parts and people."""

    people: People
    project: Project
    dataset: Dataset

    @property
    def path(self) -> str:
        return f"/projects/{self.project.pk}/"

    def fresh(self) -> Project:
        return Project.objects.get(pk=self.project.pk)

    def access(self, name: str, **narrowed: Any) -> ProjectAccess:
        return get_project_for(self.people.principal(name, **narrowed), self.project.pk)

    def collaborators(self) -> dict[str, list[str]]:
        """Roles by the person's name."""
        rows = Collaborator.objects.filter(project=self.project).values_list("user__name", "roles")
        return {str(name).lower(): list(roles) for name, roles in rows}

    def add(self, name: str, *roles: str, role: str = "member") -> User:
        """A new person of the organization with these roles in the project (and may be none)."""
        user = make_person(name)
        self.people.users[name] = user
        join(self.people.organization, user, role)
        if roles:
            Collaborator.objects.create(project=self.project, user=user, roles=list(roles))
        return user

    def person_path(self, name: str) -> str:
        return f"{self.path}collaborators/{self.people.id_of(name)}/"


def make_lab(people: People, *, units: int = 3, with_tasks: bool = True, graph: dict[str, Any] | None = None) -> Lab:
    """A project over a dataset of ``units`` data units without files."""
    dataset = make_dataset_of(people, units)
    project, _ = create_project(
        organization=people.organization,
        name="Cells",
        ontology=make_ontology(people.organization, CELLS),
        workflow=make_workflow(people.organization, graph).workflow,
        datasets=[dataset],
        with_tasks=with_tasks,
        created_by=people.mia,
    )
    Collaborator.objects.bulk_create(
        Collaborator(project=project, user=people.users[name], roles=roles) for name, roles in ROLES.items()
    )
    return Lab(people, project, dataset)


def make_dataset_of(people: People, units: int) -> Dataset:
    dataset = Dataset.objects.create(organization=people.organization, name="Smears")
    for _ in range(units):
        make_unit(dataset)
    return dataset


def parts(people: People, *datasets: Dataset) -> dict[str, Any]:
    """The body of a new project over the datasets."""
    ontology: Ontology = make_ontology(people.organization)
    workflow: Workflow = make_workflow(people.organization).workflow
    ids: list[UUID] = [dataset.pk for dataset in datasets]
    body = {"name": "Cells", "ontology": str(ontology.pk), "workflow": str(workflow.pk)}
    return body | {"datasets": [str(pk) for pk in ids]}
