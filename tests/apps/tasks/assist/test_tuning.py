"""A tuning from the click that asks for it to the version that came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.core.files.storage import default_storage

from apps.common.ids import new_id
from apps.inference import wire
from apps.inference.gateway import Done, Reply, Unavailable
from apps.inference.models import FinetuneRun, ModelVersion
from apps.jobs.models import Job
from apps.tasks.operations.labeling import LabelChanges
from tests.factories.inference import make_model
from tests.factories.jobs import run_one
from tests.factories.labels import box
from tests.factories.people import Caller, make_key
from tests.factories.tasks import World, graph, make_world
from tests.fakes.inference import GONE, FakeGateway, choose, install

pytestmark = pytest.mark.django_db

CURVE = [wire.CurvePoint(0, 1.0, 0.4, 0.7), wire.CurvePoint(50, 0.5, 0.5, 0.71)]
GAIN = wire.Interval(0.08, 0.05, 0.11)


@pytest.fixture
def world() -> World:
    """Three images with 20 approved boxes each."""
    world = make_world(tasks=4, workflow=graph())
    for _ in range(3):
        task = world.must_claim("ann").task
        world.step("ann", task, "submit", changes=LabelChanges(upsert=[box(x=20 * i, width=10) for i in range(20)]))
        world.must_claim("eve", "expert")
        world.step("eve", task, "approve")
    return world


@pytest.fixture
def base(world: World) -> ModelVersion:
    model = make_model()
    choose(world.project, model)
    return model


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return install(monkeypatch)


def said(state: Any, **values: Any) -> Reply[wire.FinetuneState]:
    return Done(wire.FinetuneState(state, **values))


def accepted(**values: Any) -> Reply[wire.FinetuneState]:
    more = {"fraction": 1.0, "curve": CURVE, "click_gain": GAIN, "box_gain": GAIN, "held_out": 30, "trained_on": 30}
    return said(
        "done", **{"accepted": True, "decoder_key": "finetune/x/d.pt", "decoder_sha256": "d" * 64, **more, **values}
    )


def caller(world: World, name: str = "mia") -> Caller:
    return Caller(make_key(world.people[name]))


def ask(world: World, body: dict[str, Any] | None = None, name: str = "mia") -> Any:
    return caller(world, name).post(f"/projects/{world.project.id}/finetune/", body or {})


def started(world: World, **body: Any) -> Job:
    answer = ask(world, body)
    assert answer.status_code == 202, answer.json()
    return Job.objects.get(pk=answer.json()["id"])


def ended(job: Job) -> Any:
    """The job as it ended, its result and error read as they are."""
    return run_one(job)


def shown(world: World, job: Job) -> Any:
    return caller(world, "val").get(f"/finetunes/{job.pk}/").json()


def test_an_accepted_tuning_becomes_a_version_of_the_project(
    world: World, base: ModelVersion, fake: FakeGateway
) -> None:
    unit = world.project.tasks.filter(status="complete")[0].data_unit
    image = wire.ImageRef(unit.media_key, unit.sha256, unit.width, unit.height)
    mask = wire.Mask((480, 640), "1")
    example = wire.Example(image, "RBC", (0, 0, 9, 9), mask, mask, mask, 0.5, 0.6)
    classes = [wire.ClassGain("RBC", 30, 0.4, 0.5, 0.7, 0.71)]
    fake.replies["finetune_start"] = said("preparing")
    fake.replies["finetune_state"] = [
        said("training", fraction=0.5, curve=CURVE[:1]),
        accepted(classes=classes, examples=[example]),
    ]
    job = started(world, seed=3)
    done = ended(job)
    assert done.state == "succeeded", done.error
    made = ModelVersion.objects.get(base=base)
    assert (made.project_id, made.decoder_key, made.sha256) == (world.project.id, "finetune/x/d.pt", base.sha256)
    assert done.result["accepted"] is True
    assert (done.result["model"], done.result["model_name"]) == (str(made.id), made.name)
    assert done.result["click_gain"] == {"mean": 0.08, "low": 0.05, "high": 0.11}
    (sent,) = fake.of("finetune_start")
    assert (sent.run, sent.base, sent.seed, sent.folder) == (str(job.id), base.spec(), 3, f"finetune/{job.id}")
    assert len(sent.objects) == 60
    assert not default_storage.exists(f"finetune/{job.id}/ask.json")
    answer = shown(world, job)
    assert (answer["base"], answer["base_name"], answer["model"]) == (str(base.id), "SAM", str(made.id))
    assert (answer["state"]["state"], answer["state"]["accepted"]) == ("done", True)
    assert [point["step"] for point in answer["state"]["curve"]] == [0, 50]
    assert answer["state"]["classes"][0]["click_after"] == 0.5
    shown_image = answer["state"]["examples"][0]["image"]
    assert (shown_image["data_unit"], shown_image["width"]) == (str(unit.id), 640)
    assert "/media/" in shown_image["url"]
    assert "decoder_key" not in answer["state"]


def test_a_refused_tuning_says_why_and_leaves_no_version(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    low = wire.Interval(0.01, -0.02, 0.04)
    fake.replies["finetune_start"] = said("done", reason="The click gain may be nothing.", click_gain=low, box_gain=low)
    done = ended(started(world))
    assert done.state == "succeeded"
    assert (done.result["accepted"], done.result["model"]) == (False, None)
    assert done.result["reason"] == "The click gain may be nothing."
    assert done.result["click_gain"]["low"] == -0.02
    assert not ModelVersion.objects.filter(base=base).exists()


def test_a_training_that_learned_nothing_fails_the_job(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    fake.replies["finetune_start"] = said("failed", reason="The gradient is zero.", curve=CURVE)
    done = ended(started(world))
    assert (done.state, done.error["detail"]) == ("failed", "The gradient is zero.")
    state = shown(world, done)["state"]
    assert (state["state"], state["reason"], len(state["curve"])) == ("failed", "The gradient is zero.", 2)
    assert not ModelVersion.objects.filter(base=base).exists()


def test_too_little_to_learn_from_fails_with_the_counts(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    done = ended(started(world, classes=["WBC"]))
    assert (done.state, done.error["code"], done.error["objects"]) == ("failed", "too_few_objects", 0)
    assert "60" in shown(world, done)["state"]["reason"]
    assert fake.asked == []


def test_a_process_that_comes_back_goes_on_with_the_same_objects(
    world: World, base: ModelVersion, fake: FakeGateway
) -> None:
    fake.replies["finetune_start"] = [GONE, said("training"), said("training"), said("training")]
    fake.replies["finetune_state"] = [said("training"), GONE, said("unknown"), accepted()]
    assert run_one(started(world)).state == "succeeded"
    sent = fake.of("finetune_start")
    assert len(sent) == 3
    assert all(one == sent[0] for one in sent)


def test_a_worker_that_dies_leaves_a_training_that_the_next_one_follows(
    world: World, base: ModelVersion, fake: FakeGateway
) -> None:
    def dies(_: Any) -> Any:
        raise KeyboardInterrupt

    fake.replies["finetune_start"] = said("training")
    fake.replies["finetune_state"] = dies
    job = started(world)
    with pytest.raises(KeyboardInterrupt):
        run_one(job)
    Job.objects.filter(pk=job.pk).update(lease_expires_at=job.created_at - timedelta(hours=1))
    fresh = world.must_claim("ann").task  # one more task, finished meanwhile, is not added to what is trained on
    world.step("ann", fresh, "submit", changes=LabelChanges(upsert=[box(x=20 * i, width=10) for i in range(20)]))
    world.must_claim("eve", "expert")
    world.step("eve", fresh, "approve")
    fake.replies["finetune_state"] = accepted()
    assert run_one(job).state == "succeeded"
    first, second = fake.of("finetune_start")
    assert first == second


def test_half_a_collection_is_made_anew(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    from django.core.files.base import ContentFile

    fake.replies["finetune_start"] = accepted()
    job = started(world)
    default_storage.save(f"finetune/{job.pk}/ask.json", ContentFile(b'{"run": "x'))
    assert run_one(job).state == "succeeded"
    assert len(fake.of("finetune_start")[0].objects) == 60


def test_a_cancelled_job_stops_the_training(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    job = started(world)

    def cancelled(_: Any) -> Any:
        Job.objects.filter(pk=job.pk).update(cancel_requested=True)
        return said("training", fraction=0.2)

    fake.replies["finetune_start"] = said("preparing")
    fake.replies["finetune_state"] = cancelled
    assert run_one(job).state == "cancelled"
    assert fake.of("finetune_cancel") == [str(job.pk)]
    assert shown(world, job)["state"]["state"] == "cancelled"


def test_what_will_not_pass_by_waiting_fails_at_once(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    fake.replies["finetune_start"] = Unavailable("no_torch", "This process has no torch.", 60)
    done = ended(started(world))
    assert (done.state, done.error["code"]) == ("failed", "no_torch")
    assert len(fake.asked) == 1


def test_one_tuning_at_a_time(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    job = started(world)
    answer = ask(world)
    assert (answer.status_code, answer.json()["code"], answer.json()["job"]) == (409, "finetuning", str(job.id))
    assert FinetuneRun.objects.count() == 1


def test_what_cannot_be_asked_for(world: World, fake: FakeGateway) -> None:
    assert ask(world).json()["code"] == "no_model"
    model = make_model(is_default=True)
    unsound: list[tuple[dict[str, Any], str]] = [
        ({"base": str(new_id())}, "/base"),
        ({"base": "SAM"}, "/base"),
        ({"classes": ["RBC", "nobody"]}, "/classes/1"),
        ({"classes": []}, "/classes"),
        ({"seed": -1}, "/seed"),
    ]
    for body, pointer in unsound:
        answer = ask(world, body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert ask(world, name="val").status_code == 403
    assert ask(world, name="ann").status_code == 403
    assert not Job.objects.exists()
    assert not FinetuneRun.objects.exists()
    assert ask(world, {"base": str(model.id)}).status_code == 202


def test_the_list_is_short_and_only_for_who_sees_all(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    fake.replies["finetune_start"] = accepted()
    jobs = [started(world)]
    run_one(jobs[0])
    jobs.append(started(world))
    page = caller(world, "val").get(f"/projects/{world.project.id}/finetunes/?limit=1").json()
    assert [row["id"] for row in page["results"]] == [str(jobs[1].id)]
    rest = caller(world, "val").get(page["next"].split("/api/v1")[1]).json()["results"]
    assert [row["id"] for row in rest] == [str(jobs[0].id)]
    assert (page["results"][0]["state"]["state"], rest[0]["state"]["state"]) == ("preparing", "done")
    assert not {"curve", "examples"} & set(rest[0]["state"])
    for name, status in [("ann", 403), ("rex", 403)]:
        assert caller(world, name).get(f"/projects/{world.project.id}/finetunes/").status_code == status
        assert caller(world, name).get(f"/finetunes/{jobs[0].id}/").status_code == status
    stranger = make_world(tasks=0)
    assert caller(stranger).get(f"/finetunes/{jobs[0].id}/").status_code == 404


def test_the_state_that_is_kept_is_the_processs_own(world: World, base: ModelVersion, fake: FakeGateway) -> None:
    fake.replies["finetune_start"] = accepted()
    run_one(started(world))
    kept = FinetuneRun.objects.get()
    assert msgspec.convert(kept.state, wire.FinetuneState) == accepted().value  # type: ignore[union-attr]
    assert kept.finished_at is not None
