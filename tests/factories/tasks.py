"""A project at work: named people, a workflow with every kind of stage, data units that have become tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.accounts.models import Membership, Organization, User
from apps.accounts.principal import Principal
from apps.common.ids import new_id
from apps.datasets.models import Dataset
from apps.flows.models import Workflow, WorkflowVersion
from apps.flows.providers import fact_providers
from apps.labels.models import Label
from apps.ontologies.models import Ontology
from apps.ontologies.operations import create_ontology
from apps.projects.models import Collaborator, Project, ProjectDataset
from apps.projects.policies import ProjectAccess, get_project_for
from apps.tasks.models import Task, Visit, VisitStatus
from apps.tasks.operations.claims import Claimed, claim_next
from apps.tasks.operations.creation import create_tasks
from apps.tasks.operations.engine import Locked
from apps.tasks.operations.labeling import LabelChanges, save_task_labels
from apps.tasks.operations.steps import Step, take_step
from tests.factories.labels import box, make_unit
from workflows import codec

CELLS: dict[str, Any] = {
    "objects": [
        {"name": "RBC", "shape": "bounding_box"},
        {"name": "WBC", "shape": "bounding_box"},
        {"name": "Platelets", "shape": "bounding_box"},
    ],
    "classifications": [],
}
ROLES = {
    "ann": ["annotator"],
    "bob": ["annotator"],
    "rex": ["reviewer"],
    "eve": ["expert"],
    "mia": ["manager"],
    "val": ["viewer"],
    "bot": ["agent"],
}


def graph(*, review: dict[str, Any] | None = None, expert: dict[str, Any] | None = None) -> dict[str, Any]:
    """annotate → router by label count → review → complete, with an expert for the many and the escalated."""
    return {
        "stages": [
            {"id": "annotate", "type": "annotate", "title": "Annotate", "config": {}},
            {
                "id": "many",
                "type": "router",
                "title": "Many?",
                "config": {
                    "branches": [{"outcome": "many", "when": {"fact": "label_count", "op": ">=", "value": 10}}],
                    "otherwise": "few",
                },
            },
            {"id": "review", "type": "review", "title": "Review", "config": review or {}},
            {"id": "expert", "type": "expert_review", "title": "Expert", "config": expert or {}},
            {"id": "done", "type": "complete", "title": "Done", "config": {}},
        ],
        "pathways": [
            {"from": "annotate", "outcome": "submitted", "to": "many"},
            {"from": "many", "outcome": "many", "to": "expert"},
            {"from": "many", "outcome": "few", "to": "review"},
            {"from": "review", "outcome": "approved", "to": "done"},
            {"from": "review", "outcome": "rejected", "to": "annotate"},
            {"from": "review", "outcome": "escalated", "to": "expert"},
            {"from": "expert", "outcome": "approved", "to": "done"},
            {"from": "expert", "outcome": "rejected", "to": "annotate"},
        ],
        "start": "annotate",
    }


@dataclass
class World:
    """One project, its people by name, and shortcuts for what they do."""

    organization: Organization
    project: Project
    dataset: Dataset
    ontology: Ontology
    people: dict[str, User] = field(default_factory=dict)

    def access(self, name: str) -> ProjectAccess:
        return get_project_for(Principal(self.people[name]), self.project.id)

    def claim(self, name: str, stage: str = "annotate", worker: str = "") -> Claimed | None:
        return claim_next(access=self.access(name), user=self.people[name], stage_id=stage, worker=worker)

    def must_claim(self, name: str, stage: str = "annotate") -> Locked:
        claimed = self.claim(name, stage)
        assert claimed is not None, f"nothing for {name} at {stage}"
        return claimed.locked

    def step(self, name: str, task: Task | UUID, verb: str, **values: Any) -> Locked:
        done = take_step(
            task_id=task if isinstance(task, UUID) else task.id, user=self.people[name], step=Step(verb=verb, **values)
        )
        assert isinstance(done, Locked), done
        return done

    def label(self, name: str, task: Task, boxes: int = 1) -> list[str]:
        """Saves boxes on a held task; answers their ids."""
        upsert = [box(x=10 + 20 * i, width=10, height=10) for i in range(boxes)]
        saved = save_task_labels(
            task_id=task.id,
            user=self.people[name],
            changes=LabelChanges(upsert=upsert),
            claim_token=None,
        )
        assert isinstance(saved, tuple), saved
        return [str(item["id"]) for item in upsert]

    def submitted(self, name: str = "ann", boxes: int = 1) -> Task:
        """A task that ``name`` has labeled and submitted."""
        task = self.must_claim(name).task
        self.label(name, task, boxes)
        return self.step(name, task, "submit").task

    def fresh(self, task: Task) -> Task:
        return Task.objects.select_related("label_set").get(id=task.id)

    def first_label(self, task: Task) -> UUID:
        return Label.objects.filter(label_set=self.fresh(task).label_set).order_by("id")[0].label_id

    def label_count(self, task: Task) -> int:
        label_set = self.fresh(task).label_set
        return label_set.label_count if label_set else 0

    def visit(self, task: Task) -> Visit | None:
        return Visit.objects.filter(task=task, status__lt=VisitStatus.DONE).first()


def make_world(
    *, tasks: int = 3, workflow: dict[str, Any] | None = None, ontology: dict[str, Any] | None = None
) -> World:
    """A world of its own organization, with ``tasks`` data units made into tasks."""
    tag = str(new_id())[-8:]
    organization = Organization.objects.create(name=f"Haematology {tag}")
    people = {
        name: User.objects.create_user(f"{name}.{tag}@cells.test", "lapidary", name=name.title()) for name in ROLES
    }
    Membership.objects.bulk_create(Membership(organization=organization, user=user) for user in people.values())
    made = create_ontology(organization=organization, name="Cells", body=ontology or CELLS, created_by=people["mia"])
    flow = Workflow.objects.create(organization=organization, name="Review")
    version = publish(flow, workflow or graph())
    project = Project.objects.create(
        organization=organization, name="Cells", ontology=made, workflow=flow, workflow_version=version
    )
    Collaborator.objects.bulk_create(
        Collaborator(project=project, user=people[name], roles=roles) for name, roles in ROLES.items()
    )
    dataset = Dataset.objects.create(organization=organization, name="Smears")
    ProjectDataset.objects.create(project=project, dataset=dataset)
    world = World(organization, project, dataset, made, people)
    add_tasks(world, tasks)
    return world


def publish(flow: Workflow, json: dict[str, Any]) -> WorkflowVersion:
    """The graph as the next version of the workflow."""
    codec.graph_from_json(json, providers=fact_providers())
    return WorkflowVersion.objects.create(
        workflow=flow, number=flow.versions.count() + 1, graph=json, digest=codec.graph_digest(json)
    )


def add_tasks(world: World, number: int) -> list[UUID]:
    """More data units, made into tasks; answers the units' ids."""
    units = [make_unit(world.dataset).id for _ in range(number)]
    create_tasks(project_id=world.project.id, unit_ids=units, actor_id=world.people["mia"].id)
    return units
