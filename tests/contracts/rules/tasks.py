"""Who may call the task routes (API.md, "Who may do what").

``held`` is with ann at annotate, ``done`` she has submitted, ``judged`` rex holds at review, ``fresh`` nobody took.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.principal import Principal
from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.inference.models import FinetuneRun
from apps.labels.models import Snapshot
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.projects.policies import get_project_for
from apps.tasks.models import Draft, Issue, Task
from apps.tasks.operations.claims import claim_next
from apps.tasks.operations.issues import open_issue
from apps.tasks.operations.labeling import LabelChanges
from apps.tasks.operations.steps import Step, take_step
from tests.contracts.matrix import HOME, MANAGERS, Rule, World
from tests.factories.inference import make_model
from tests.factories.transfer import finished_export

OVERVIEW = MANAGERS | {"val"}
ANN = frozenset({"ann"})
REX = frozenset({"rex"})


def claim(world: World, name: str, stage: str, worker: str) -> Task:
    user = world.people.users[name]
    access = get_project_for(Principal(user), world.ids["project_id"])
    claimed = claim_next(access=access, user=user, stage_id=stage, worker=worker)
    assert claimed is not None
    return claimed.locked.task


def submitted(world: World, worker: str) -> Task:
    task = claim(world, "ann", "annotate", worker)
    step = Step(verb="submit", verified_empty=True, changes=LabelChanges(upsert=answers(world)))
    take_step(task_id=task.id, user=world.people.ann, step=step)
    return task


def answers(world: World) -> list[dict[str, Any]]:
    """The first option of every required classification."""
    index = index_for(world.ids["ontology_id"])
    return [
        {
            "id": str(new_id()),
            "class": entry.name,
            "shape": "classification",
            "geometry": None,
            "attributes": {entry.name: next(iter(entry.attributes.entries[0].options.values())).value},
        }
        for entry in index.classifications
        if entry.required
    ]


def prepare(world: World) -> None:
    judged = submitted(world, "a")
    claim(world, "rex", "review", "r")
    done = submitted(world, "b")
    held = claim(world, "ann", "annotate", "c")
    taken = set(Task.objects.exclude(status="waiting").values_list("id", flat=True)) | {done.id}
    fresh = Task.objects.filter(project_id=world.ids["project_id"]).exclude(id__in=taken).first()
    assert fresh is not None
    issue: Issue = open_issue(task=done, author=world.people.ann, text="Look here", x=None, y=None, label=None)
    draft = Draft.objects.create(task=done, author=world.people.ann, labels={}, created_at=database_now())
    tasks = {"judged": judged.id, "done": done.id, "held": held.id, "fresh": fresh.id}
    world.ids |= {"tasks": tasks, "task_id": done.id, "stage": "annotate", "issue_id": issue.id}
    project = Project.objects.get(pk=world.ids["project_id"])
    world.ids |= {"transfer_id": finished_export(project), "part": "file"}
    world.ids |= {"draft_id": draft.id, "verdict_id": draft.id}
    snapshot = Snapshot.objects.create(project=project, name="First", created_at=database_now())
    world.ids["snapshot_id"] = snapshot.id
    run = FinetuneRun.objects.create(id=new_id(), project=project, base=make_model())
    world.ids["run_id"] = run.id


def of(name: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"task_id": world.ids["tasks"][name]}


TASK = "tasks/<uuid:task_id>/"
ISSUE = TASK + "issues/<uuid:issue_id>/"
PROJECT = "projects/<uuid:project_id>/"
WRITERS = HOME - {"val"}

RULES = [
    Rule("GET " + PROJECT + "stages/"),
    Rule("POST " + PROJECT + "stages/<str:stage>/claim/", allow=ANN),
    Rule("GET " + PROJECT + "tasks/"),
    Rule("GET " + PROJECT + "selections/", allow=OVERVIEW),
    Rule("POST " + PROJECT + "tasks/bulk/", allow=MANAGERS, body=lambda _: {"action": "release", "tasks": []}),
    Rule("GET my/tasks/", open_to_all=True),
    Rule("GET my/inbox/", open_to_all=True),
    Rule("POST my/inbox/read/", open_to_all=True, body=lambda _: {"ids": []}),
    Rule("GET " + TASK),
    Rule("POST " + TASK + "heartbeat/", allow=ANN, args=of("held")),
    Rule("POST " + TASK + "submit/", allow=ANN, args=of("held"), body=lambda _: {"verified_empty": True}),
    Rule("POST " + TASK + "skip/", allow=ANN, args=of("held")),
    Rule("POST " + TASK + "release/", allow=ANN | MANAGERS, args=of("held")),
    Rule("POST " + TASK + "approve/", allow=REX, args=of("judged")),
    Rule("POST " + TASK + "reject/", allow=REX, args=of("judged")),
    Rule("POST " + TASK + "escalate/", allow=REX, args=of("judged")),
    Rule("POST " + TASK + "proceed/", allow=REX, args=of("judged"), body=lambda _: {"outcome": "x"}),
    Rule("POST " + TASK + "recall/", allow=ANN),
    Rule("POST " + TASK + "assign/", allow=MANAGERS, body=lambda world: {"user": str(world.people.rex.pk)}),
    Rule("POST " + TASK + "priority/", allow=MANAGERS, body=lambda _: {"priority": 1}),
    Rule("POST " + TASK + "move/", allow=MANAGERS, body=lambda _: {"stage": "annotate"}),
    Rule("POST " + TASK + "reopen/", allow=MANAGERS, body=lambda _: {"stage": "annotate"}),
    Rule("POST " + TASK + "archive/", allow=MANAGERS),
    Rule("GET " + TASK + "history/", allow=OVERVIEW, args=of("fresh")),
    Rule("GET " + TASK + "labels/", allow=OVERVIEW | ANN, args=of("held")),
    # Whoever may read them learns that they are another's to write by 409.
    Rule("PATCH " + TASK + "labels/", allow=OVERVIEW | ANN, args=of("held"), body=lambda _: {"upsert": []}),
    Rule("GET " + TASK + "labels/diff/"),
    Rule("GET " + TASK + "assist/"),
    # Whoever may not ask learns so before the prompts are looked at.
    Rule("POST " + TASK + "assist/", allow=ANN | MANAGERS, args=of("held"), body=lambda _: {}),
    Rule("GET " + TASK + "drafts/"),
    Rule("DELETE " + TASK + "drafts/<uuid:draft_id>/", allow=ANN),
    Rule("GET " + TASK + "reviews/"),
    Rule(
        "POST " + TASK + "reviews/",
        allow=REX,
        args=of("judged"),
        body=lambda _: {"label": None, "verdict": "rejected"},
    ),
    Rule("DELETE " + TASK + "reviews/<uuid:verdict_id>/", allow=REX, args=of("judged")),
    Rule("GET " + TASK + "issues/"),
    Rule("POST " + TASK + "issues/", allow=WRITERS, body=lambda _: {"text": "Here"}),
    Rule("GET " + ISSUE + "comments/"),
    Rule("POST " + ISSUE + "comments/", allow=WRITERS, body=lambda _: {"text": "There"}),
    Rule("POST " + ISSUE + "resolve/", allow=WRITERS),
    Rule("POST " + ISSUE + "reopen/", allow=WRITERS),
    Rule(
        "POST " + PROJECT + "imports/",
        allow=MANAGERS,
        multipart=True,
        body=lambda _: {"file": SimpleUploadedFile("labels", b"{}"), "format": "coco"},
    ),
    Rule("POST " + PROJECT + "exports/", allow=OVERVIEW, body=lambda _: {"format": "coco"}),
    Rule("GET " + PROJECT + "snapshots/", allow=MANAGERS),
    Rule("POST " + PROJECT + "snapshots/", allow=MANAGERS, body=lambda _: {"name": str(new_id())}),
    Rule("GET " + PROJECT + "snapshots/<uuid:snapshot_id>/", allow=MANAGERS),
    Rule("POST " + PROJECT + "prelabel/", allow=MANAGERS),
    Rule("POST " + PROJECT + "finetune/", allow=MANAGERS),
    Rule("GET " + PROJECT + "finetunes/", allow=OVERVIEW),
    Rule("GET finetunes/<uuid:run_id>/", allow=OVERVIEW),
    Rule("GET transfers/<uuid:transfer_id>/<str:part>/", allow=OVERVIEW),
]
