"""A model of a task's life beside the API: whatever is called in whatever order, both say the same."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from apps.common.clock import database_now
from apps.projects.models import Collaborator
from apps.tasks.models import Task, Visit, VisitStatus
from apps.tasks.operations.claims import expire_leases
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.labels import box
from tests.factories.people import Caller, make_key
from tests.factories.tasks import graph, make_world

EXAMPLES = int(os.environ.get("LAPIDARY_MACHINE_EXAMPLES") or 12)
PEOPLE = st.sampled_from(["ann", "bob"])
STAGES = st.sampled_from(["annotate", "review"])
WHICH = st.integers(0, 1)
REFUSED = (403, 404, 409)


@dataclass
class Model:
    """What we expect of one task."""

    stage: str = "annotate"
    holder: str | None = None
    kept_for: str | None = None
    last_annotator: str | None = None
    wrote: bool = False
    writers: set[str] = field(default_factory=set)
    revision: int = 0
    token: int = 0

    def open_to(self, who: str, stage: str) -> bool:
        free = self.stage == stage and self.holder is None and self.kept_for in (None, who)
        return free and not (stage == "review" and who in self.writers)

    def close(self, stage: str, kept_for: str | None = None) -> None:
        self.stage, self.holder, self.kept_for, self.wrote = stage, None, kept_for, False


class Life(RuleBasedStateMachine):
    """Both people annotate and review, so nobody may judge what they wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.world = make_world(tasks=2, workflow=graph())
        Collaborator.objects.filter(user__in=[self.world.people[name] for name in ("ann", "bob")]).update(
            roles=["annotator", "reviewer"]
        )
        self.callers = {name: Caller(make_key(self.world.people[name])) for name in ("ann", "bob", "mia")}
        self.ids = [str(task.id) for task in Task.objects.filter(project=self.world.project).order_by("id")]
        self.tasks = {task: Model() for task in self.ids}
        self.path = f"/projects/{self.world.project.id}/"

    def teardown(self) -> None:
        try:
            assert first_difference(project_id=self.world.project.id) is None
            assert broken_invariants(project_id=self.world.project.id) == []
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def step(self, who: str, which: int, verb: str, stage: str, body: dict[str, Any], *, stale: bool = False) -> Any:
        """Sends the verb; answers the model if it must succeed, else checks that it was refused."""
        task = self.ids[which]
        model = self.tasks[task]
        token = {"claim_token": model.token + 1} if stale else {}
        answer = self.callers[who].post(f"/tasks/{task}/{verb}/", {**body, **token})
        if model.holder == who and model.stage == stage and not stale:
            assert answer.status_code == 200, answer.content
            return model
        assert answer.status_code in REFUSED, answer.content
        return None

    @rule(who=PEOPLE, stage=STAGES)
    def claim(self, who: str, stage: str) -> None:
        answer = self.callers[who].post(f"{self.path}stages/{stage}/claim/", {})
        held = [task for task, model in self.tasks.items() if model.holder == who and model.stage == stage]
        free = [task for task, model in self.tasks.items() if model.open_to(who, stage)]
        kept = [task for task in free if self.tasks[task].kept_for == who]
        expected = held or kept or free
        assert answer.status_code == (200 if expected else 204), answer.content
        if expected:
            got = answer.json()
            assert got["id"] in expected
            assert got["resumed"] is bool(held)
            model = self.tasks[got["id"]]
            assert (got["claim"]["token"] == model.token) if held else (got["claim"]["token"] > model.token)
            model.holder, model.token = who, got["claim"]["token"]

    @rule(who=PEOPLE, which=WHICH, stale=st.booleans())
    def save(self, who: str, which: int, stale: bool) -> None:
        task = self.ids[which]
        model = self.tasks[task]
        tag = f'"main-{model.revision + 5}"' if stale else self.callers["mia"].get(f"/tasks/{task}/labels/")["ETag"]
        answer = self.callers[who].patch(f"/tasks/{task}/labels/", {"upsert": [box()]}, If_Match=tag)
        if (model.holder, model.stage) != (who, "annotate"):
            assert answer.status_code in REFUSED
        elif stale:
            assert answer.status_code == 412
        else:
            assert answer.status_code == 200
            model.revision += 1
            model.wrote = True
            model.writers.add(who)
            assert answer.json()["revision"] == model.revision

    @rule(who=PEOPLE, which=WHICH, stale=st.booleans())
    def submit(self, who: str, which: int, stale: bool) -> None:
        if model := self.step(who, which, "submit", "annotate", {"verified_empty": True}, stale=stale):
            model.last_annotator = who
            model.close("review")

    @rule(who=PEOPLE, which=WHICH)
    def approve(self, who: str, which: int) -> None:
        if model := self.step(who, which, "approve", "review", {}):
            model.close("done")

    @rule(who=PEOPLE, which=WHICH)
    def reject(self, who: str, which: int) -> None:
        if model := self.step(who, which, "reject", "review", {"comment": "again"}):
            model.close("annotate", kept_for=model.last_annotator)

    @rule(who=PEOPLE, which=WHICH)
    def release(self, who: str, which: int) -> None:
        model = self.tasks[self.ids[which]]
        own = model.kept_for == who and model.holder is None
        answer = self.callers[who].post(f"/tasks/{self.ids[which]}/release/", {})
        if model.holder == who or own:
            assert answer.status_code == 200, answer.content
            model.close(model.stage)
        else:
            assert answer.status_code in REFUSED

    @rule(which=WHICH)
    def expire(self, which: int) -> None:
        model = self.tasks[self.ids[which]]
        rows = Visit.objects.filter(task_id=self.ids[which], status=VisitStatus.CLAIMED)
        rows.update(lease_expires_at=database_now() - timedelta(seconds=1))
        assert expire_leases(now=database_now()) == (model.holder is not None)
        if model.holder is not None:
            model.close(model.stage)

    @rule(number=st.integers(0, 9))
    def edit_workflow(self, number: int) -> None:
        body = graph()
        body["stages"][0]["title"] = f"Annotate {number}"
        tag = self.callers["mia"].get(self.path + "workflow/")["ETag"]
        assert self.callers["mia"].put(self.path + "workflow/", {"graph": body}, If_Match=tag).status_code == 200

    @invariant()
    def both_say_the_same(self) -> None:
        for task, model in self.tasks.items():
            shown = self.callers["mia"].get(f"/tasks/{task}/").json()
            status = "complete" if model.stage == "done" else "claimed" if model.holder else "waiting"
            holder = model.holder or model.kept_for
            person = str(self.world.people[holder].id) if holder else None
            assert (shown["stage"], shown["status"], shown["assignee"]) == (model.stage, status, person)
            assert shown["label_revision"] == model.revision


@pytest.mark.django_db
def test_the_api_lives_as_the_model_does() -> None:
    """LAPIDARY_MACHINE_EXAMPLES asks for more lives."""
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
