"""Embeddings: accounted for, forgotten by last use, and made ahead for a whole project by a job that survives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.inference import jobs
from apps.inference.logic.versions import embedding_key
from apps.inference.models import ModelVersion, StoredEmbedding
from apps.inference.operations import evict_embeddings, make_default, note_embedding, settle_embeddings
from apps.jobs.models import Job, JobState
from apps.jobs.operations import cancel
from apps.projects.models import ProjectDataset
from apps.projects.operations import archive_project
from tests.factories.datasets import make_dataset, make_units
from tests.factories.inference import digest, make_model, store_embedding
from tests.factories.jobs import run_all_jobs, run_one
from tests.factories.people import People
from tests.factories.projects import Lab, make_lab
from tests.fakes.inference_process import Answer, Process, serving

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def hours(number: float) -> Any:
    return NOW - timedelta(hours=number)


def files(model: ModelVersion) -> list[str]:
    return sorted(default_storage.listdir(f"embeddings/{model.sha256}")[1])


def test_a_use_is_noted_once_an_hour(django_assert_num_queries: Any) -> None:
    names: dict[str, Any] = {"model_sha256": digest(), "image_sha256": digest(), "bytes": 7}
    note_embedding(**names, now=hours(5))
    note_embedding(**names, now=hours(4.5))
    row = StoredEmbedding.objects.get()
    assert (row.bytes, row.created_at, row.last_used_at) == (7, hours(5), hours(5))
    note_embedding(**names, now=hours(1))
    row.refresh_from_db()
    assert (row.created_at, row.last_used_at) == (hours(5), hours(1))
    with django_assert_num_queries(1):
        note_embedding(**names, now=hours(0.5))


def test_the_longest_unused_go_first() -> None:
    model = make_model()
    images = [digest() for _ in range(5)]
    for age, image in enumerate(images):
        store_embedding(model, image, b"x" * 10, last_used_at=hours(age))
    assert evict_embeddings(now=NOW, limit_bytes=30) == 2
    assert files(model) == sorted(f"{image}.i8" for image in images[:3])
    assert set(StoredEmbedding.objects.values_list("image_sha256", flat=True)) == set(images[:3])
    assert evict_embeddings(now=NOW, limit_bytes=30) == 0
    assert evict_embeddings(now=NOW, limit_bytes=0) == 3


def test_a_file_that_cannot_go_keeps_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    store_embedding(make_model(), digest())

    def refuse(key: str) -> None:
        raise PermissionError(key)

    monkeypatch.setattr(default_storage, "delete", refuse)
    assert evict_embeddings(now=NOW, limit_bytes=0) == 0
    assert StoredEmbedding.objects.count() == 1


def test_the_chore_keeps_the_limit_of_the_settings(settings: Any) -> None:
    store_embedding(make_model(), digest(), b"x" * 10)
    settings.EMBEDDINGS_MAX_BYTES = 10
    assert jobs.evict() == 0
    settings.EMBEDDINGS_MAX_BYTES = 9
    assert jobs.evict() == 1


def test_the_account_is_made_to_agree_with_the_storage() -> None:
    model, lost, gone = make_model(), make_model(), digest()
    kept, found, young = digest(), digest(), digest()
    store_embedding(model, kept, created_at=hours(9))
    default_storage.save(embedding_key(model.sha256, found), ContentFile(b"12345"))
    default_storage.save(f"embeddings/{model.sha256}/{found}.i8.part", ContentFile(b"1"))
    for owner, image, age in ((model, gone, 9), (model, young, 0), (lost, gone, 9)):
        StoredEmbedding.objects.create(
            model_sha256=owner.sha256, image_sha256=image, bytes=1, created_at=hours(age), last_used_at=hours(age)
        )
    assert settle_embeddings(now=NOW) == (1, 2)
    assert dict(StoredEmbedding.objects.values_list("image_sha256", "bytes")) == {kept: 4, found: 5, young: 1}
    assert settle_embeddings(now=NOW) == (0, 0)


@pytest.fixture
def process(settings: Any) -> Iterator[Process]:
    with serving() as found:
        settings.INFERENCE_URL = found.url
        yield found


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the job rested, without resting."""
    found: list[float] = []
    monkeypatch.setattr(jobs, "pause", found.append)
    return found


@pytest.fixture
def lab(people: People) -> Lab:
    return make_lab(people, units=20)


def embed(lab: Lab, by: str = "mia", **body: Any) -> Any:
    return lab.people.caller(by).post(lab.path + "embed/", body)


def encoded(process: Process) -> list[str]:
    return [body["image"]["sha256"] for body in process.asked_for("POST /encode")]


def test_a_project_is_encoded(lab: Lab, process: Process) -> None:
    model = make_default(model=make_model())
    there = lab.dataset.data_units.order_by("pk")[3]
    store_embedding(model, there.sha256)
    answer = embed(lab)
    assert answer.status_code == 202
    job = run_all_jobs()[0]
    assert job.state == JobState.SUCCEEDED, job.error
    assert job.result == {
        "total": 20,
        "created": 19,
        "existing": 1,
        "failed": 0,
        "errors": [],
        "continued_by": None,
    }
    assert len(encoded(process)) == len(set(encoded(process))) == 19
    assert there.sha256 not in encoded(process)
    assert {body["priority"] for body in process.asked_for("POST /encode")} == {"batch"}
    assert StoredEmbedding.objects.filter(model_sha256=model.sha256).count() == 20
    assert lab.people.caller("mia").get(lab.path + "assistant/").json()["coverage"]["embedded"] == 20


def test_the_same_bytes_in_two_datasets_are_encoded_once(lab: Lab, process: Process, people: People) -> None:
    make_default(model=make_model())
    ProjectDataset.objects.all().delete()
    for name in ("one", "two"):
        dataset = make_dataset(people.organization, name)
        unit = make_units(dataset)[0]
        unit.sha256 = "c" * 64
        unit.save()
        ProjectDataset.objects.create(project=lab.project, dataset=dataset)
    embed(lab)
    run_all_jobs()
    assert encoded(process) == ["c" * 64]


def test_a_bad_image_is_named_and_the_next_is_tried(lab: Lab, process: Process) -> None:
    make_default(model=make_model())
    bad = lab.dataset.data_units.order_by("pk")[5]

    def encode(body: Any) -> Answer:
        if body["image"]["sha256"] == bad.sha256:
            return 400, {"code": "bad_image", "detail": "It cannot be read."}
        return process.encode(body)

    process.answers["POST /encode"] = encode
    embed(lab)
    result: Any = run_all_jobs()[0].result
    assert (result["created"], result["failed"]) == (19, 1)
    assert result["errors"] == [{"data_unit": str(bad.pk), "code": "bad_image", "detail": "It cannot be read."}]
    assert not StoredEmbedding.objects.filter(image_sha256=bad.sha256).exists()


def test_an_image_on_which_the_process_fails_is_given_up(lab: Lab, process: Process, naps: list[float]) -> None:
    make_default(model=make_model())
    bad = lab.dataset.data_units.order_by("pk")[5]

    def encode(body: Any) -> Answer:
        broken: Answer = (503, {"code": "failed", "detail": "It failed."})
        return broken if body["image"]["sha256"] == bad.sha256 else process.encode(body)

    process.answers["POST /encode"] = encode
    embed(lab)
    result: Any = run_all_jobs()[0].result
    assert (result["created"], result["failed"], result["errors"][0]["code"]) == (19, 1, "failed")
    assert encoded(process).count(bad.sha256) == jobs.TRIES


def test_it_waits_for_a_process_that_is_busy(lab: Lab, process: Process, naps: list[float]) -> None:
    make_default(model=make_model())
    troubles: list[Answer] = [
        (429, {"code": "busy", "detail": ""}, {"Retry-After": "3"}),
        (504, {"code": "late", "detail": ""}),
    ]

    def encode(body: Any) -> Answer:
        return troubles.pop() if troubles else process.encode(body)

    process.answers["POST /encode"] = encode
    embed(lab)
    job = run_all_jobs()[0]
    assert (job.state, StoredEmbedding.objects.count()) == (JobState.SUCCEEDED, 20)
    assert naps


def test_it_gives_up_on_a_process_that_stays_away(lab: Lab, settings: Any, naps: list[float]) -> None:
    make_default(model=make_model())
    settings.INFERENCE_URL = "unix:/nowhere/at/all"
    jobs.PATIENCE, kept = -1.0, jobs.PATIENCE
    try:
        embed(lab)
        job = run_all_jobs()[0]
    finally:
        jobs.PATIENCE = kept
    assert job.state == JobState.FAILED
    assert job.error is not None
    assert job.error["code"] == "unreachable"
    assert not StoredEmbedding.objects.exists()


@pytest.mark.parametrize("code", ["model_missing", "no_torch"])
def test_it_does_not_wait_for_what_will_not_come(lab: Lab, process: Process, naps: list[float], code: str) -> None:
    make_default(model=make_model())
    process.answers["POST /encode"] = (503, {"code": code, "detail": "Not here."})
    embed(lab)
    job = run_all_jobs()[0]
    assert (job.state, job.error and job.error["code"], naps) == (JobState.FAILED, code, [])


def before_batch(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[], object]) -> None:
    """Does ``act`` when the job is about to ask for its batch of this number."""
    asked: list[int] = []
    ask = jobs._ask

    def wrapped(model: ModelVersion, units: Any) -> Any:
        asked.append(len(units))
        if len(asked) == number:
            act()
        return ask(model, units)

    monkeypatch.setattr(jobs, "_ask", wrapped)


def test_another_attempt_goes_on_where_the_last_one_died(
    lab: Lab, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_default(model=make_model())
    embed(lab)
    # Another worker took the job: this one may write no more.
    before_batch(monkeypatch, 2, lambda: Job.objects.update(lease_token=99))
    job = run_one(Job.objects.get())
    assert (job.state, job.checkpoint["done"], len(encoded(process))) == (JobState.RUNNING, 8, 16)
    Job.objects.update(state=JobState.QUEUED, lease_expires_at=None)
    job = run_one(job)
    assert (job.state, StoredEmbedding.objects.count()) == (JobState.SUCCEEDED, 20)
    assert len(encoded(process)) == 16 + 12


def test_it_can_be_stopped(lab: Lab, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    make_default(model=make_model())
    embed(lab)
    before_batch(monkeypatch, 1, lambda: Job.objects.update(cancel_requested=True))
    assert run_one(Job.objects.get()).state == JobState.CANCELLED
    # What was made stays, and is accounted for.
    assert StoredEmbedding.objects.count() == len(encoded(process)) == 8


def test_one_at_a_time(lab: Lab) -> None:
    first, second = make_default(model=make_model()), make_model()
    one, again = embed(lab).json(), embed(lab, model=str(first.pk)).json()
    assert one["id"] == again["id"]
    assert embed(lab, model=str(second.pk)).json()["code"] == "embedding"
    assert Job.objects.count() == 1
    cancel(job=Job.objects.get(), now=NOW)
    assert embed(lab, model=str(second.pk)).status_code == 202
    assert Job.objects.count() == 2


def test_a_long_project_takes_several_jobs(lab: Lab, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    make_default(model=make_model())
    monkeypatch.setattr(jobs, "SHIFT", -1.0)
    embed(lab)
    first = run_one(Job.objects.get())
    assert first.result is not None
    following = Job.objects.get(pk=first.result["continued_by"])
    monkeypatch.setattr(jobs, "SHIFT", 1e9)
    last = run_one(following)
    assert last.result is not None
    assert (last.result["created"], last.result["continued_by"]) == (20, None)


def test_who_may_ask_and_for_what(lab: Lab) -> None:
    assert embed(lab).json()["code"] == "no_model"
    make_default(model=make_model())
    for name, status in (("ann", 403), ("val", 403), ("rex", 403), ("olga", 404)):
        assert embed(lab, by=name).status_code == status
    assert embed(lab, model="x").status_code == 400
    assert embed(lab, luck=1).status_code == 400
    archive_project(project=lab.project, now=NOW)
    assert embed(lab).json()["code"] == "project_archived"
    assert not Job.objects.exists()


def test_a_model_that_was_archived_meanwhile(lab: Lab) -> None:
    model = make_default(model=make_model())
    embed(lab)
    ModelVersion.objects.filter(pk=model.pk).update(archived_at=NOW, is_default=False)
    job = run_all_jobs()[0]
    assert (job.state, job.error and job.error["code"]) == (JobState.FAILED, "gone")
