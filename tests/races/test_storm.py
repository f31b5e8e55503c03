"""Everybody does everything at once, by seed: whatever wins, history and counters stay right and nothing is a 5xx."""

from __future__ import annotations

import copy
import json
import os
import random
import time
from collections import Counter
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from apps.common.clock import database_now
from apps.common.retries import retried
from apps.projects.models import Project
from apps.tasks.models import Task, Visit, VisitStatus
from apps.tasks.operations.claims import expire_leases
from apps.tasks.operations.counting import roll_up_counts
from apps.tasks.operations.creation import create_tasks
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.crowds import keys_of
from tests.factories.jobs import run_one
from tests.factories.labels import box, make_unit
from tests.factories.people import Caller
from tests.factories.tasks import World, graph, make_world
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = 25
SECONDS = float(os.environ.get("LAPIDARY_STORM_SECONDS") or 0)
BRANCHES = {"a": 30, "b": 70}


def stormy_graph(variant: int = 0) -> dict[str, Any]:
    """Annotate, a percentage router with two reviews behind it, an expert; variants differ in their titles."""
    made = graph(review={"sample": 0.7, "strict": False})
    made["stages"][1] = {"id": "many", "type": "router", "title": "Share", "config": {"percentages": BRANCHES}}
    made["stages"][0]["title"] = f"Annotate {variant}"
    paths = [path for path in made["pathways"] if path["from"] != "many"]
    made["pathways"] = [
        *paths,
        *({"from": "many", "outcome": o, "to": t} for o, t in [("a", "expert"), ("b", "review")]),
    ]
    return made


class Storm:
    """One caller's share, by its own seed."""

    def __init__(self, world: World, keys: dict[str, str], seed: int) -> None:
        self.world, self.random, self.seen = world, random.Random(seed), Counter[str]()
        self.callers = {name: Caller(key) for name, key in keys.items()}
        self.path = f"/projects/{world.project.id}/"

    def __call__(self) -> Counter[str]:
        until = time.monotonic() + SECONDS
        step = 0
        while step < STEPS or time.monotonic() < until:
            step += 1
            verb = self.random.choice(VERBS)
            answer = getattr(self, verb)()
            if answer is not None:
                self.seen[f"{verb} {answer.status_code}"] += 1
                assert answer.status_code < 500, (verb, answer.content)
        return self.seen

    def work(self, name: str, stage: str, *verbs: str) -> Any:
        caller = self.callers[name]
        found = caller.post(f"{self.path}stages/{stage}/claim/", {})
        if found.status_code != 200:
            return found
        task = found.json()
        path, token = f"/tasks/{task['id']}/", {"claim_token": task["claim"]["token"]}
        if stage == "annotate" and self.random.random() < 0.7:
            tag = f'"main-{task["label_revision"]}"'
            tag = caller.get(path + "labels/").headers.get("ETag", tag)
            caller.patch(path + "labels/", {"upsert": [box()], **token}, If_Match=tag)
        body: dict[str, dict[str, Any]] = {
            "submit": {"verified_empty": True},
            "reject": {"comment": "again"},
            "heartbeat": {"active_ms": 1, "idle_ms": 0},
        }
        verb = self.random.choice(verbs)
        return caller.post(f"{path}{verb}/", {**body.get(verb, {}), **token})

    def annotate(self) -> Any:
        return self.work(
            self.random.choice(["ann", "bob"]), "annotate", "submit", "submit", "submit", "release", "skip"
        )

    def review(self) -> Any:
        return self.work("rex", "review", "approve", "reject", "escalate", "heartbeat")

    def judge(self) -> Any:
        return self.work("eve", "expert", "approve", "reject", "release")

    def any_task(self) -> Task:
        ids = list(Task.objects.filter(project=self.world.project).values_list("id", flat=True))
        return Task(id=self.random.choice(ids))

    def recall(self) -> Any:
        return self.callers[self.random.choice(["ann", "rex"])].post(f"/tasks/{self.any_task().id}/recall/", {})

    def bulk(self) -> Any:
        ids = [str(self.any_task().id) for _ in range(8)]
        order: dict[str, Any] = self.random.choice(
            [
                {"action": "release"},
                {"action": "priority", "priority": self.random.randrange(100)},
                {"action": "move", "stage": "review"},
                {"action": "reopen", "stage": "annotate"},
                {"action": "assign", "user": self.world.people["bob"].email},
                {"action": "unassign"},
            ]
        )
        return self.callers["mia"].post(f"{self.path}tasks/bulk/", {**order, "tasks": ids})

    def publish(self) -> Any:
        mia = self.callers["mia"]
        tag = mia.get(self.path + "workflow/")["ETag"]
        body = {"graph": stormy_graph(self.random.randrange(1_000)), "mapping": {}}
        return mia.put(self.path + "workflow/", body, If_Match=tag)

    def come_and_go(self) -> Any:
        mia, bob = self.callers["mia"], self.world.people["bob"]
        if self.random.random() < 0.5:
            return mia.delete(f"{self.path}collaborators/{bob.id}/")
        return mia.post(f"{self.path}collaborators/", {"email": bob.email, "roles": ["annotator"]})

    def grow(self) -> None:
        unit = make_unit(self.world.dataset)
        retried(lambda: create_tasks(project_id=self.world.project.id, unit_ids=[unit.id], actor_id=None))

    def take_in(self) -> Any:
        names = list(Task.objects.filter(project=self.world.project).values_list("data_unit__name", flat=True))
        rows = [
            {"data_unit": {"name": name, "width": 640, "height": 480}, "labels": [box()]}
            for name in self.random.sample(names, min(6, len(names)))
        ]
        file = SimpleUploadedFile("labels.jsonl", "\n".join(json.dumps(copy.deepcopy(row)) for row in rows).encode())
        body = {"file": file, "format": "native"}
        answer = self.callers["mia"].client.post(f"/api/v1{self.path}imports/", body)
        if answer.status_code == 202:
            assert run_one(answer.json()["id"]).state in ("succeeded", "failed")
        return answer

    def lapse(self) -> None:
        held = Visit.objects.filter(project=self.world.project, status=VisitStatus.CLAIMED)
        for visit_id in list(held.values_list("id", flat=True)[:3]):
            held.filter(id=visit_id).update(lease_expires_at=database_now())
        retried(lambda: expire_leases(now=database_now()))

    def count(self) -> None:
        retried(roll_up_counts)
        self.callers["mia"].get(self.path + "stages/")


VERBS = [
    *["annotate"] * 8, *["review"] * 4, *["judge"] * 3, *["recall"] * 2, "bulk", "bulk", "publish", "come_and_go",
    "grow", "take_in", "lapse", "count",
]  # fmt: skip


def left_behind(world: World) -> list[str]:
    """Open tasks that nobody holds, under another version of the workflow than the project's."""
    version = Project.objects.get(id=world.project.id).workflow_version_id
    rows = Task.objects.filter(project=world.project).exclude(workflow_version_id=version)
    rows = rows.filter(status__in=["waiting", "routing"])
    return [
        f"{task.stage} {task.sequence} {[e.action for e in task.events.order_by('sequence')][-4:]}" for task in rows
    ]


def test_a_storm_leaves_everything_in_order() -> None:
    """LAPIDARY_STORM_SECONDS lets it blow longer, LAPIDARY_STORM_SEED otherwise."""
    world = make_world(tasks=24, workflow=stormy_graph())
    keys = dict(zip(world.people, keys_of(list(world.people.values())), strict=True))
    seed = int(os.environ.get("LAPIDARY_STORM_SEED") or 1)
    threads = 8 if connection.vendor == "postgresql" else 4
    seen = sum(at_once([Storm(world, keys, seed * 100 + n) for n in range(threads)]), Counter[str]())
    assert sum(n for what, n in seen.items() if what.endswith("200")) > STEPS
    assert first_difference(project_id=world.project.id) is None
    assert broken_invariants(project_id=world.project.id) == []
    assert left_behind(world) == []
