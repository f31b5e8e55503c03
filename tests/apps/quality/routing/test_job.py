"""Large frames: a job that plans once, sends part by part, and goes on where it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.jobs.models import Job
from apps.jobs.operations import cancel
from apps.quality.jobs.routing import route_tasks
from apps.quality.models import RouteMove, RouteRun
from apps.quality.operations import routing_job
from apps.tasks.models import Selection, Task
from tests.factories.jobs import run_one
from tests.factories.quality_routing import ask, audited_error, caller, ids, routed_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing_job, "AT_ONCE", 2)
    monkeypatch.setattr(routing_job, "PART", 2)


class Dying:
    """A context whose worker dies after so many checkpoints."""

    def __init__(self, job: Job, lives: int) -> None:
        self.job, self.params, self.saved, self.lives = job, job.params, job.checkpoint, lives

    def progress(self, fraction: float, detail: str = "") -> None:
        assert 0 <= fraction <= 1

    def checkpoint(self, state: Mapping[str, Any]) -> None:
        self.lives -= 1
        if self.lives < 0:
            raise RuntimeError("the worker died")
        self.job.checkpoint = dict(state)
        self.job.save(update_fields=["checkpoint"])
        self.saved = self.job.checkpoint

    def raise_if_cancelled(self) -> None:
        return


def test_a_large_frame_is_a_job_with_the_same_result() -> None:
    world, tasks = routed_world([0.9, 0.2, 0.7, 0.5, 0.6])
    answer = ask(world, threshold=0.5)
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == f"/api/v1/jobs/{answer.json()['id']}/"
    assert Task.objects.filter(project=world.project, stage="expert").count() == 0
    done = run_one(answer.json()["id"])
    assert done.state == "succeeded", done.error
    said = done.result
    assert said is not None
    assert (said["id"], said["selected"], said["of"]) == (answer.json()["id"], 4, 5)
    assert ids(said["tasks"]) == [tasks[0].id, tasks[2].id, tasks[4].id, tasks[3].id]
    assert Selection.objects.filter(design="route:threshold").count() == 5
    run = RouteRun.objects.get()
    assert (run.sent, run.finished_at is not None) == (4, True)
    assert not default_storage.exists(done.checkpoint["plan"])


def test_a_dry_run_of_a_large_frame_changes_nothing() -> None:
    world, _ = routed_world([0.9, 0.8, 0.7])
    done = run_one(ask(world, top=2, dry_run=True).json()["id"])
    assert done.result is not None
    assert (done.result["id"], done.result["selected"], done.result["dry_run"]) == (None, 2, True)
    assert not RouteRun.objects.exists()
    assert not Selection.objects.filter(design__startswith="route").exists()


@pytest.mark.parametrize("lives", [0, 1, 2, 3])
def test_a_dying_worker_sends_nothing_twice(lives: int) -> None:
    world, tasks = routed_world([0.9, 0.8, 0.7, 0.6, 0.2])
    job = Job.objects.get(id=ask(world, top=4).json()["id"])
    with pytest.raises(RuntimeError):
        route_tasks(Dying(job, lives))
    done = route_tasks(Dying(Job.objects.get(id=job.id), 99))
    assert done is not None
    assert (done["selected"], done["of"], done["refused"]) == (4, 5, [])
    assert Selection.objects.filter(design="route:top").count() == 5
    assert RouteMove.objects.count() == 4
    assert world.fresh(tasks[4]).stage == "review"


def test_a_task_taken_meanwhile_is_reported_and_left() -> None:
    world, _ = routed_world([0.9, 0.8, 0.7])
    job = Job.objects.get(id=ask(world, top=3).json()["id"])
    with pytest.raises(RuntimeError):
        route_tasks(Dying(job, 1))
    held = world.must_claim("rex", "review").task
    done = route_tasks(Dying(Job.objects.get(id=job.id), 99))
    assert done is not None
    assert [(row["task"], row["code"]) for row in done["refused"]] == [(str(held.id), "claimed")]
    assert done["selected"] == 2
    assert str(held.id) not in {row["task"] for row in done["tasks"]}
    assert (world.fresh(held).stage, world.fresh(held).status) == ("review", "claimed")
    row = Selection.objects.get(task=held, design="route:top")
    assert (row.chosen, row.probability) == (False, 0.0)


def test_a_cancelled_job_stops() -> None:
    world, _ = routed_world([0.9, 0.8, 0.7])
    job = Job.objects.get(id=ask(world, top=3).json()["id"])
    cancel(job=job, now=timezone.now())
    assert run_one(job).state == "cancelled"
    assert Task.objects.filter(project=world.project, stage="expert").count() == 0


def test_an_unknown_recall_is_refused_before_there_is_a_job() -> None:
    world, tasks = routed_world([0.9, 0.8, 0.7])
    audited_error(world, tasks[0], visit=1, value=0.5)
    assert ask(world, target_recall=0.5).status_code == 409
    assert not Job.objects.filter(kind="quality.route").exists()
    assert not RouteRun.objects.exists()


def test_the_list_shows_it_while_it_runs() -> None:
    world, _ = routed_world([0.9, 0.8, 0.7])
    job = ask(world, top=3).json()
    shown = caller(world).get(f"/projects/{world.project.id}/quality/routes/").json()["results"]
    assert [(row["id"], row["job"], row["finished_at"]) for row in shown] == [(job["id"], job["id"], None)]
