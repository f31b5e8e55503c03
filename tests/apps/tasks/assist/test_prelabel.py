"""Pre-labels: written before people come, and never over what people do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.common.clock import database_now
from apps.datasets.hooks import tell_units_added
from apps.flows.models import Workflow
from apps.inference import wire
from apps.inference.gateway import Done, Late, Refused, Unavailable
from apps.inference.models import ModelVersion, PredictedUnit, Prediction
from apps.jobs.models import Job
from apps.labels.models import Label, Revision
from apps.projects.operations import create_project, publish_project_version
from apps.tasks.assist import prelabel
from apps.tasks.assist.account import agent_of
from apps.tasks.models import Task
from apps.tasks.queries.integrity import broken_invariants, first_difference
from tests.factories.jobs import run_one
from tests.factories.labels import make_unit
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, graph, make_world, publish
from tests.fakes.inference import FakeGateway, install, make_predictor

pytestmark = pytest.mark.django_db


def with_prelabels(**config: Any) -> dict[str, Any]:
    flow = graph()
    flow["stages"][0]["config"] = {"prelabel": "Cells", **config}
    return flow


@pytest.fixture
def world() -> World:
    return make_world(tasks=3, workflow=with_prelabels(class_map={"red": "RBC"}))


@pytest.fixture
def model(world: World) -> ModelVersion:
    return make_predictor()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings: Any) -> FakeGateway:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    fake = install(monkeypatch, settings)
    fake.replies["predict"] = predicted
    return fake


def predicted(ask: wire.PredictAsk) -> Any:
    labels = [
        wire.PredictedLabel("red", 0.9, "bounding_box", bbox=(10, 20, 30, 40)),
        wire.PredictedLabel("WBC", 0.8, "bounding_box", bbox=(100, 20, 30, 40)),
    ]
    return Done(wire.PredictAnswer(labels, ask.model.id, 5.0))


def ask(world: World, body: dict[str, Any] | None = None, name: str = "mia") -> Any:
    return Caller(make_key(world.people[name])).post(f"/projects/{world.project.id}/prelabel/", body or {})


def done(world: World, **body: Any) -> Any:
    answer = ask(world, body)
    assert answer.status_code == 202, answer.json()
    return run_one(answer.json()["id"])


def labels_of(world: World) -> list[Label]:
    rows = Label.objects.filter(label_set__project=world.project)
    return list(rows.order_by("label_set_id", "id").select_related("created_by", "label_set"))


def test_waiting_tasks_are_labeled_in_the_models_name(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    job = done(world)
    assert job.state == "succeeded", job.error
    assert {name: job.result[name] for name in ("tasks", "labels", "skipped", "not_carried", "continued_by")} == {
        "tasks": 3,
        "labels": 6,
        "skipped": 0,
        "not_carried": [],
        "continued_by": None,
    }
    labels = labels_of(world)
    assert {label.origin["kind"] for label in labels} == {"model"}
    assert {(label.origin["model"], label.origin["edited"]) for label in labels} == {("Cells", False)}
    assert {label.created_by for label in labels} == {agent_of(world.project)}
    assert {label.origin["prompts"] for label in labels} == {None}
    for one in {label.label_set_id for label in labels}:
        ids = [label.label_id for label in labels if label.label_set_id == one]
        assert ids == sorted(ids), "their order would tell which the model is surer of"
    assert Revision.objects.filter(label_set=labels[0].label_set, operation="prelabel").count() == 1
    asked = fake.of("predict")
    assert {one.model.id for one in asked} == {model.spec_id}
    assert first_difference(project_id=world.project.id) is None
    assert not broken_invariants(project_id=world.project.id)


def test_what_the_model_said_is_kept_for_quality(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    done(world)
    rows = Prediction.objects.filter(project=world.project)
    assert rows.count() == 6
    kept = rows[0].model
    assert (kept.name, kept.version, kept.model_version) == ("Cells", model.spec_id, model)
    assert {str(label.label_id) for label in labels_of(world)} == {str(row.label_id) for row in rows}


def test_an_annotator_corrects_and_the_label_says_so(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    done(world)
    task = world.must_claim("ann").task
    label = Label.objects.filter(label_set=world.fresh(task).label_set).order_by("id")[0]
    body = {"id": str(label.label_id), "class": "RBC", "shape": "bounding_box", "attributes": {}}
    geometry = {"x": 11, "y": 20, "width": 30, "height": 40}
    answer = Caller(make_key(world.people["ann"])).patch(
        f"/tasks/{task.id}/labels/", {"upsert": [body | {"geometry": geometry}]}, If_Match='"main-1"'
    )
    assert answer.status_code == 200, answer.json()
    label.refresh_from_db()
    assert (label.origin["kind"], label.origin["edited"]) == ("model", True)


def test_work_of_people_is_left_alone(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    held = world.must_claim("ann").task
    worked = world.must_claim("bob").task
    world.label("bob", worked)
    world.step("bob", worked, "skip", reason="Later")
    assert world.fresh(worked).status == "waiting"
    job = done(world)
    assert (job.result["tasks"], job.result["labels"]) == (1, 2)
    assert (world.label_count(held), world.label_count(worked)) == (0, 1)


def test_who_claims_meanwhile_comes_first(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    taken: list[Task] = []

    def claimed_meanwhile(ask: wire.PredictAsk) -> Any:
        return predicted(ask)

    fake.replies["predict"] = claimed_meanwhile
    answer = ask(world)
    work = prelabel.Prelabeler._take

    def take(self: Any, task: Task, reply: Any) -> None:
        if not taken:
            taken.append(world.must_claim("ann").task)
        work(self, task, reply)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prelabel.Prelabeler, "_take", take)
        job: Any = run_one(answer.json()["id"])
    assert (job.result["tasks"], job.result["skipped"]) == (2, 1)
    assert world.label_count(taken[0]) == 0
    assert not PredictedUnit.objects.filter(data_unit=taken[0].data_unit).exists()


def test_items_that_cannot_be_carried_are_named(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    first, second, third = Task.objects.filter(project=world.project).order_by("id").select_related("data_unit")

    def mixed(ask: wire.PredictAsk) -> Any:
        if ask.image.sha256 == first.data_unit.sha256:
            return Refused("bad_image", "The image cannot be read.")
        if ask.image.sha256 == second.data_unit.sha256:
            return Late()
        odd = [wire.PredictedLabel("nobody", 0.9, "bounding_box", bbox=(10, 20, 30, 40))]
        return Done(wire.PredictAnswer(odd, ask.model.id, 5.0))

    fake.replies["predict"] = mixed
    job = done(world)
    assert (job.state, job.result["tasks"], job.result["not_carried_count"]) == ("succeeded", 0, 3)
    named = {item["task"]: (item["code"], item["detail"]) for item in job.result["not_carried"]}
    assert named[str(first.id)] == ("bad_image", "The image cannot be read.")
    assert named[str(second.id)][0] == "late"
    assert named[str(third.id)] == ("labels_lost", "no class 'nobody': 1")
    assert labels_of(world) == []


def test_a_process_that_is_away_is_waited_for(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    away = Unavailable("unreachable", "It is not there.", 3)
    left = [away] * 5
    fake.replies["predict"] = lambda ask: left.pop() if left else predicted(ask)
    assert done(world).result["tasks"] == 3


def test_another_attempt_goes_on_where_the_first_stopped(
    world: World, model: ModelVersion, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prelabel, "AT_ONCE", 1)
    calls = 0

    def dies(ask: wire.PredictAsk) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return predicted(ask)

    fake.replies["predict"] = dies
    answer = ask(world)
    with pytest.raises(KeyboardInterrupt):
        run_one(answer.json()["id"])
    job = Job.objects.get(pk=answer.json()["id"])
    Job.objects.filter(pk=job.pk).update(lease_expires_at=job.created_at - timedelta(hours=1))
    again: Any = run_one(job)
    assert (again.state, again.result["tasks"], calls) == ("succeeded", 3, 4)
    assert len(labels_of(world)) == 6


def test_a_long_job_hands_the_rest_to_a_next_one(
    world: World, model: ModelVersion, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prelabel, "AT_ONCE", 1)
    monkeypatch.setattr(prelabel, "SHIFT", -1.0)
    first = done(world)
    assert first.result["continued_by"] is not None
    monkeypatch.setattr(prelabel, "SHIFT", 60.0)
    rest: Any = run_one(first.result["continued_by"])
    assert (rest.result["tasks"], rest.result["continued_by"]) == (3, None)


def test_tasks_that_come_are_labeled_by_themselves(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    unit = make_unit(world.dataset)
    tell_units_added(world.dataset.id, [unit.id], database_now())
    tell_units_added(world.dataset.id, [make_unit(world.dataset).id], database_now())
    (job,) = Job.objects.filter(kind="inference.prelabel")
    result: Any = run_one(job).result
    assert result["tasks"] == 5
    tell_units_added(world.dataset.id, [make_unit(world.dataset).id], database_now())
    fake.asked.clear()
    (job,) = Job.objects.filter(kind="inference.prelabel", state="queued")
    result = run_one(job).result
    assert (result["tasks"], len(fake.of("predict"))) == (1, 1)


def test_an_image_without_anything_is_asked_about_once(world: World, model: ModelVersion, fake: FakeGateway) -> None:
    fake.replies["predict"] = lambda ask: Done(wire.PredictAnswer([], ask.model.id, 5.0))
    assert done(world).result["tasks"] == 0
    fake.asked.clear()
    assert prelabel.prelabel_soon(world.project) is not None
    run_one(Job.objects.get(kind="inference.prelabel", state="queued"))
    assert fake.of("predict") == []
    done(world)  # a manager who asks means all of them
    assert len(fake.of("predict")) == 3


def test_a_new_project_and_a_new_version_begin_by_themselves(
    world: World, model: ModelVersion, fake: FakeGateway
) -> None:
    mia = world.people["mia"]
    flow = Workflow.objects.create(organization=world.organization, name="Second")
    publish(flow, with_prelabels())
    create_project(
        organization=world.organization,
        name="Second",
        ontology=world.ontology,
        workflow=flow,
        datasets=[world.dataset],
        with_tasks=True,
        created_by=mia,
    )
    assert Job.objects.filter(kind="inference.prelabel").exclude(project_id=world.project.id).count() == 1
    plain = make_world(tasks=1)
    publish_project_version(
        project_id=plain.project.id,
        graph=with_prelabels(),
        mapping={},
        actor=plain.people["mia"],
        now=database_now(),
        check=lambda project: None,
    )
    assert Job.objects.filter(kind="inference.prelabel", project_id=plain.project.id).count() == 1


def test_nothing_begins_without_a_process_or_a_predictor(world: World, fake: FakeGateway, settings: Any) -> None:
    assert prelabel.prelabel_soon(world.project) is None
    make_predictor()
    settings.INFERENCE_URL = ""
    assert prelabel.prelabel_soon(world.project) is None
    tell_units_added(world.dataset.id, [make_unit(world.dataset).id], database_now())
    assert not Job.objects.filter(kind="inference.prelabel").exists()


def test_what_cannot_be_asked_for(world: World, fake: FakeGateway) -> None:
    assert ask(world).json()["errors"][0]["code"] == "unknown_model"
    make_predictor()
    assert ask(world, {"stage": "review"}).json()["errors"][0]["pointer"] == "/stage"
    assert ask(world, name="ann").status_code == 403
    assert ask(make_world(tasks=1)).json()["code"] == "no_prelabel"
    assert not Job.objects.exists()
    assert ask(world, {"stage": "annotate"}).status_code == 202


def test_the_agents_account_cannot_sign_in(world: World) -> None:
    agent = agent_of(world.project)
    assert agent == agent_of(world.project)
    assert agent.email.endswith(".invalid")
    assert not agent.has_usable_password()
    body = {"email": agent.email, "password": "", "name": "k"}
    assert Caller().post("/auth/api-keys/", body).status_code in (400, 401, 403)
    assert world.access("mia").is_manager
