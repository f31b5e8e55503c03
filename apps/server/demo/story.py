"""How the demo came to be: people did their work, through the same operations as everybody's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.accounts.principal import Principal
from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.datasets.operations import create_dataset
from apps.datasets.operations.adding import Incoming, add_data_units
from apps.flows.operations import create_workflow
from apps.ontologies.operations import create_ontology
from apps.projects.models import Project
from apps.projects.operations import add_collaborator, create_project
from apps.projects.policies import get_project_for
from apps.server.demo.people import PEOPLE, make_people
from apps.server.demo.photographs import tiles
from apps.server.demo.setting import GRAPH, ONTOLOGY
from apps.tasks.models import Task
from apps.tasks.operations.claims import claim_next
from apps.tasks.operations.issues import open_issue
from apps.tasks.operations.labeling import LabelChanges
from apps.tasks.operations.steps import RejectedLabel, Step, take_step

DRAWN = Path(__file__).with_name("labels.json")
LABELED, REVIEWED, JUDGED = 44, 20, 4
FLAWED_EVERY = 3
STEPS = LABELED + REVIEWED + JUDGED


@dataclass
class Work:
    """The project under way: who works in it, what is drawn, and which labels were drawn badly, by task."""

    project: Project
    users: dict[str, User]
    drawn: dict[str, list[dict[str, Any]]]
    flaws: dict[UUID, UUID] = field(default_factory=dict)
    boxed: int = 0

    def claim(self, person: str, stage: str) -> Task | None:
        access = get_project_for(Principal(self.users[person]), self.project.id)
        claimed = claim_next(access=access, user=self.users[person], stage_id=stage)
        return claimed.locked.task if claimed else None

    def step(self, person: str, task: Task, step: Step) -> None:
        take_step(task_id=task.id, user=self.users[person], step=step)


def tell(step: Callable[[], None]) -> None:
    """Everything, in the caller's transaction. Calls ``step`` STEPS times."""
    work = found()
    for number in range(LABELED):
        label(work, "ann" if number % 2 else "bob")
        step()
    for number in range(REVIEWED):
        review(work, number)
        step()
    for number in range(JUDGED):
        judge(work, number)
        step()


def found() -> Work:
    """The organization, its people, and a project over the photographs, made by its manager."""
    organization, users = make_people()
    mia = users["mia"]
    dataset = create_dataset(organization=organization, name="Photographs", created_by=mia)
    incoming = [Incoming(tile.name, tile.encoded, {"source": tile.source}) for tile in tiles()]
    add_data_units(dataset=dataset, incoming=incoming, now=database_now())
    ontology = create_ontology(organization=organization, name="Things in photographs", body=ONTOLOGY, created_by=mia)
    version = create_workflow(organization=organization, name="Annotate, review, expert", graph=GRAPH, created_by=mia)
    project, _ = create_project(
        organization=organization,
        name="Photographs",
        ontology=ontology,
        workflow=version.workflow,
        datasets=[dataset],
        with_tasks=True,
        created_by=mia,
    )
    access = get_project_for(Principal(mia), project.id)
    for person in PEOPLE:
        if person.roles:
            email = users[person.key].email
            add_collaborator(access=access, email=email, roles=person.roles, skills=person.skills, actor=mia)
    return Work(project, users, json.loads(DRAWN.read_text()))


def label(work: Work, person: str) -> None:
    """One task labeled and submitted; of those with boxes, some have one that cuts through its object."""
    task = work.claim(person, "annotate")
    if task is None:
        return
    entries = [{**entry, "id": str(new_id())} for entry in work.drawn[task.data_unit.name]]
    flawed = next((entry for entry in entries if entry["shape"] == "bounding_box"), None)
    work.boxed += flawed is not None
    if flawed is not None and work.boxed % FLAWED_EVERY == 1:
        box = flawed["geometry"]
        flawed["geometry"] = {**box, "width": box["width"] * 0.6, "height": box["height"] * 0.7}
        work.flaws[task.id] = UUID(flawed["id"])
    work.step(person, task, Step("submit", changes=LabelChanges(upsert=entries, base_revision=0)))


def review(work: Work, number: int) -> None:
    """Rex rejects what is flawed, passes a doubtful one on, and approves the rest."""
    task = work.claim("rex", "review")
    if task is None:
        return
    flaw = work.flaws.get(task.id)
    if flaw is not None:
        open_issue(task=task, author=work.users["rex"], text="This edge cuts through it.", x=None, y=None, label=flaw)
        rejected = [RejectedLabel(flaw, "badly_located", "The box is too small.")]
        work.step("rex", task, Step("reject", reason="One box does not fit.", rejected=rejected))
    elif number % 6 == 3:
        work.step("rex", task, Step("escalate", reason="I am not sure about the small ones."))
    else:
        work.step("rex", task, Step("approve"))


def judge(work: Work, number: int) -> None:
    """Eve settles a few of what came to her."""
    task = work.claim("eve", "expert")
    if task is None:
        return
    flaw = work.flaws.get(task.id)
    if flaw is None:
        work.step("eve", task, Step("approve"))
    else:
        rejected = [RejectedLabel(flaw, "badly_located", "The box is too small.")]
        work.step("eve", task, Step("reject", reason="One box does not fit.", rejected=rejected))
