"""Built-in agents: they claim, label and proceed; what they cannot do is timed out or waits for a manager."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.common.clock import database_now
from apps.inference import wire
from apps.inference.gateway import Done, Refused, Unavailable
from apps.inference.models import ModelVersion, Prediction
from apps.jobs.models import Job
from apps.labels.models import Label
from apps.tasks.assist import agents
from apps.tasks.assist.account import agent_of
from apps.tasks.assist.agents import wake_agents
from apps.tasks.models import Notification, Task, TaskEvent, Visit
from apps.tasks.operations.claims import expire_leases
from apps.tasks.operations.manage import assign_task, move_task
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.inference import make_model
from tests.factories.jobs import run_one
from tests.factories.tasks import World, make_world
from tests.fakes.inference import FakeGateway, choose, install, make_predictor, square

pytestmark = pytest.mark.django_db


def flow(**config: Any) -> dict[str, Any]:
    """bot → annotate → done, or bot → done when it fails."""
    config = {"outcomes": ["labeled", "failed"], "agent": "predict", "model": "Cells", **config}
    return {
        "stages": [
            {"id": "bot", "type": "agent", "title": "Bot", "config": config},
            {"id": "annotate", "type": "annotate", "title": "Annotate", "config": {}},
            {"id": "done", "type": "complete", "title": "Done", "config": {}},
        ],
        "pathways": [
            {"from": "bot", "outcome": "labeled", "to": "annotate"},
            {"from": "bot", "outcome": "failed", "to": "done"},
            {"from": "annotate", "outcome": "submitted", "to": "done"},
        ],
        "start": "bot",
    }


@pytest.fixture
def model(db: None) -> ModelVersion:
    return make_predictor()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings: Any) -> FakeGateway:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    fake = install(monkeypatch, settings)
    fake.replies |= {"ready": True, "predict": predicted}
    return fake


def predicted(ask: wire.PredictAsk) -> Any:
    labels = [wire.PredictedLabel("RBC", 0.9, "bounding_box", bbox=(10, 20, 30, 40))]
    return Done(wire.PredictAnswer(labels, ask.model.id, 5.0))


def woken() -> list[Job]:
    wake_agents(now=database_now())
    return list(Job.objects.filter(kind="inference.agent", state="queued"))


def work() -> Any:
    (job,) = woken()
    return run_one(job)


def places(world: World) -> list[tuple[str, str]]:
    return sorted(Task.objects.filter(project=world.project).values_list("stage", "status"))


def sound(world: World) -> bool:
    return first_difference(project_id=world.project.id) is None and not broken_invariants(project_id=world.project.id)


def test_an_agent_labels_what_waits_and_sends_it_on(model: ModelVersion, fake: FakeGateway) -> None:
    world = make_world(tasks=3, workflow=flow(outcome="labeled"))
    job = work()
    assert (job.state, job.result["tasks"], job.result["labels"]) == ("succeeded", 3, 3)
    assert places(world) == [("annotate", "waiting")] * 3
    label = Label.objects.filter(label_set__project=world.project)[0]
    assert (label.origin["kind"], label.origin["model"], label.created_by) == (
        "model",
        "Cells",
        agent_of(world.project),
    )
    assert Prediction.objects.filter(project=world.project).count() == 3
    assert sound(world)
    assert woken() == []


def test_everything_is_segmented_under_one_class(fake: FakeGateway) -> None:
    world = make_world(tasks=1, workflow=flow(agent="everything", **{"class": "WBC"}) | {})
    (stage,) = [one for one in world.project.workflow_version.graph["stages"] if one["id"] == "bot"]
    assert stage["config"]["model"] == "Cells"
    segmenter = make_model("Cells")
    fake.replies["everything"] = Done(wire.EverythingAnswer([square(), square(x=100)], segmenter.spec_id, 9.0))
    job = work()
    assert (job.state, job.result["labels"]) == ("succeeded", 2)
    assert places(world) == [("annotate", "waiting")]
    boxes = Label.objects.filter(label_set__project=world.project).order_by("x").values_list("x", "shape")
    assert list(boxes) == [(10, "bounding_box"), (100, "bounding_box")]


def test_everything_needs_a_model(fake: FakeGateway) -> None:
    config = flow(agent="everything", **{"class": "WBC"})
    del config["stages"][0]["config"]["model"]
    world = make_world(tasks=1, workflow=config)
    choose(world.project, None, classical=True)
    job = work()
    assert (job.state, job.error["code"]) == ("failed", "no_model")
    assert places(world) == [("bot", "waiting")]
    assert woken() == []  # it is left alone for a while
    Job.objects.update(finished_at=database_now() - timedelta(hours=1))
    assert len(woken()) == 1


def test_what_cannot_be_done_takes_the_way_of_a_time_out(model: ModelVersion, fake: FakeGateway) -> None:
    world = make_world(tasks=2, workflow=flow(timeout_minutes=60, on_timeout="failed", retries=2))
    bad = Task.objects.filter(project=world.project).order_by("id")[0]
    refusal = Refused("bad_image", "The image cannot be read.")
    fake.replies["predict"] = lambda ask: refusal if ask.image.sha256 == bad.data_unit.sha256 else predicted(ask)
    job = work()
    assert (job.result["failed"], job.result["tasks"]) == (1, 2)
    assert places(world) == [("annotate", "waiting"), ("done", "complete")]
    assert len(fake.of("predict")) == 3 + 1
    assert world.label_count(bad) == 0
    event = TaskEvent.objects.filter(task=bad, action="proceeded").get()
    assert (event.outcome, event.reason) == ("failed", "The image cannot be read.")
    assert job.result["not_carried"][0]["task"] == str(bad.id)


def test_without_one_it_waits_for_a_manager_with_the_reason(model: ModelVersion, fake: FakeGateway) -> None:
    world = make_world(tasks=1, workflow=flow())
    fake.replies["predict"] = Refused("bad_image", "The image cannot be read.")
    job = work()
    task, mia = Task.objects.get(project=world.project), world.people["mia"]
    assert (job.state, job.result["failed"]) == ("succeeded", 1)
    visit = Visit.objects.get(task=task, status=0)
    assert (visit.stage, visit.reserved_for, visit.reserve_kind) == ("bot", mia, "assigned")
    assert TaskEvent.objects.filter(task=task, action="released", reason="The image cannot be read.").exists()
    assert Notification.objects.filter(user=mia, task=task, kind="assigned").exists()
    assert woken() == []
    assert sound(world)
    assign_task(task_id=task.id, actor=mia, person=None)  # the manager lets it be tried again
    fake.replies["predict"] = predicted
    Job.objects.all().delete()
    assert work().result["tasks"] == 1


def test_a_process_that_cannot_is_the_stages_trouble(model: ModelVersion, fake: FakeGateway) -> None:
    world = make_world(tasks=2, workflow=flow())
    fake.replies["predict"] = Unavailable("no_torch", "This process has no torch.", 60)
    job = work()
    assert (job.state, job.error["code"]) == ("failed", "no_torch")
    assert places(world) == [("bot", "waiting")] * 2
    assert Visit.objects.filter(task__project=world.project, reserved_for__isnull=False).count() == 0
    fake.replies["ready"] = False
    Job.objects.all().delete()
    assert woken() == []


def test_killed_after_the_claim_the_next_attempt_takes_it_up(model: ModelVersion, fake: FakeGateway) -> None:
    world = make_world(tasks=2, workflow=flow())

    def killed(_: Any) -> Any:
        raise SystemExit

    (job,) = woken()
    fake.replies["predict"] = killed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agents.AgentWork, "_let_go", lambda *_: None)  # nobody tidies up after a process that is killed
        with pytest.raises(SystemExit):
            run_one(job)
    assert ("bot", "claimed") in places(world)
    Job.objects.filter(pk=job.pk).update(lease_expires_at=job.created_at - timedelta(hours=1))
    fake.replies["predict"] = predicted
    again: Any = run_one(job)
    assert again.result["tasks"] == 2
    assert places(world) == [("annotate", "waiting")] * 2
    assert Label.objects.filter(label_set__project=world.project).count() == 2
    assert sound(world)


def test_a_claim_that_ran_out_meanwhile_writes_nothing(model: ModelVersion, fake: FakeGateway) -> None:
    world = make_world(tasks=1, workflow=flow())

    def slow(ask: wire.PredictAsk) -> Any:
        Visit.objects.filter(status=1).update(lease_expires_at=database_now() - timedelta(seconds=1))
        expire_leases(now=database_now())
        return predicted(ask)

    fake.replies["predict"] = slow
    job = work()
    assert (job.result["tasks"], job.result["failed"]) == (0, 1)
    assert Label.objects.filter(label_set__project=world.project).count() == 0
    assert Prediction.objects.count() == 0
    assert sound(world)


def test_a_cancelled_job_lets_its_task_go(model: ModelVersion, fake: FakeGateway) -> None:
    world = make_world(tasks=1, workflow=flow())
    (job,) = woken()

    def away(_: Any) -> Any:
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        return Unavailable("unreachable", "It is not there.", 1)

    fake.replies["predict"] = away
    assert run_one(job).state == "cancelled"
    assert places(world) == [("bot", "waiting")]


def test_what_comes_again_is_only_passed_on(model: ModelVersion, fake: FakeGateway) -> None:
    world = make_world(tasks=1, workflow=flow())
    work()
    task = world.must_claim("ann").task
    label = world.first_label(task)
    from apps.tasks.operations.labeling import LabelChanges, save_task_labels

    changes = LabelChanges(delete=[label])
    save_task_labels(task_id=task.id, user=world.people["ann"], changes=changes, claim_token=None)
    world.step("ann", task, "skip", reason="Again")
    move_task(task_id=task.id, actor=world.people["mia"], stage="bot")
    fake.asked.clear()
    assert work().result["tasks"] == 1
    assert (world.label_count(task), fake.of("predict")) == (0, [])


def test_one_job_for_each_stage_where_tasks_wait(model: ModelVersion, fake: FakeGateway, settings: Any) -> None:
    make_world(tasks=1)
    empty = make_world(tasks=0, workflow=flow())
    world = make_world(tasks=1, workflow=flow())
    settings.INFERENCE_URL = ""
    assert woken() == []
    settings.INFERENCE_URL = "unix:/nowhere"
    (job,) = woken()
    assert job.project_id == world.project.id != empty.project.id
    assert woken() == [job]
    other = make_world(tasks=1, workflow=flow())
    type(other.project).objects.filter(pk=other.project.pk).update(archived_at=database_now())
    assert woken() == [job]
