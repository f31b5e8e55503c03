"""Images are compared by a chosen model: its vectors are made by a job, never mixed, and nothing stands in for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.inference import wire
from apps.inference.gateway import Busy, Done, Refused, Unavailable, hang_up
from apps.inference.models import ModelKind, ModelVersion, StoredEmbedding
from apps.inference.operations import describing as asking
from apps.jobs.models import Job
from apps.quality.descriptors.layout import METHOD
from apps.quality.models import CropVector, DuplicateMember, QualitySettings, Score, ScoreRun, SweepMark, UnitVector
from apps.quality.operations import curating
from apps.quality.operations.curating import start_curating
from apps.quality.operations.settings import change_settings
from apps.quality.queries.curation import CURATE, curation_of
from apps.quality.queries.vectors import crop_vectors, nearest, stored_index
from tests.factories.inference import make_model
from tests.factories.inference_live import LiveInference
from tests.factories.jobs import run_all_jobs
from tests.factories.people import Caller, make_key
from tests.factories.quality_curation import copies, curate_now, encoded, make_curated, picture, put_boxes
from tests.factories.quality_scores import make_scored_world, score_now
from tests.factories.tasks import World
from tests.fakes.inference import FakeGateway, install
from tests.inference import tiny_onnx

pytestmark = pytest.mark.django_db

LOOK = {"kind": "embedding", "input": {"size": [64, 64], "resize": "stretch"}}
SIDE = 8


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveInference]:
    with LiveInference(tmp_path_factory.mktemp("inference")) as found:
        yield found


@pytest.fixture
def process(live: LiveInference, own_media: None, settings: Any) -> Iterator[LiveInference]:
    """The inference process as it ships, which reads the test's media."""
    live.start()
    settings.MEDIA_ROOT, settings.INFERENCE_URL = live.media, live.url
    yield live
    hang_up()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, settings: Any) -> FakeGateway:
    """A process that describes every image by its digest, at once."""
    monkeypatch.setattr(asking, "pause", lambda seconds: None)
    found = install(monkeypatch, settings)
    found.replies |= {"state": Done({}), "describe": described}
    return found


def described(ask: wire.DescribeAsk) -> Any:
    rows = []
    for box in (*([None] if ask.whole else []), *ask.boxes):
        seed = hashlib.sha256(f"{ask.model.id}{ask.image.sha256}{box}".encode()).digest()
        row = np.random.default_rng(list(seed)).normal(size=SIDE)
        rows.append(row / np.linalg.norm(row))
    return Done(wire.DescribeAnswer(SIDE, np.array(rows, "<f2").tobytes(), ask.model.id, True, 1_000))


def embedder(name: str = "Look", **values: Any) -> ModelVersion:
    """A small ONNX model as a version that has been added already."""
    content = tiny_onnx.look().SerializeToString()
    digest = hashlib.sha256(content).hexdigest()
    key = default_storage.save(f"models/{digest}.onnx", ContentFile(content))
    given = {"sha256": digest, "key": key, "family": "onnx", "config": LOOK, "contract_sha256": "c" * 64, **values}
    return make_model(name, kind=ModelKind.EMBEDDER, **given)


def segmenter(name: str = "Small SAM", **values: Any) -> ModelVersion:
    made = make_model(name, **values)
    default_storage.save(made.key, ContentFile(b"weights"))
    return made


def choose(world: World, setting: str) -> QualitySettings:
    values = {"embedding": setting}
    return change_settings(project=world.project, actor=world.people["mia"], values=values)


def a_project() -> tuple[World, dict[str, Any], list[Any]]:
    files = {"whole": encoded(picture(1)), "flipped": copies(picture(1))["flipped"]}
    world, tasks = make_curated(files | {f"other {i}": encoded(picture(i)) for i in range(2, 5)})
    labels = put_boxes(world, tasks["whole"], ("RBC", 20, 30, 60, 50), ("WBC", 200, 100, 40, 60))
    labels += put_boxes(world, tasks["other 2"], ("RBC", 20, 30, 60, 50))
    return world, tasks, labels


def methods(world: World) -> tuple[set[str], set[str]]:
    """Of the project's images and crops."""
    units = UnitVector.objects.values_list("method", flat=True)
    return set(units), set(CropVector.objects.filter(project=world.project).values_list("method", flat=True))


def test_images_and_crops_are_compared_by_a_segmenters_encoder(process: LiveInference) -> None:
    world, tasks, labels = a_project()
    curate_now(world)
    before = dict(Score.objects.filter(metric="uniqueness").values_list("subject", "value"))
    model = process.model()
    choose(world, f"sam:{model.pk}")
    run_all_jobs()
    job = Job.objects.filter(kind=CURATE).latest("created_at")
    method = f"sam-1:{process.sam_sha256[:32]}"
    assert (job.state, (job.result or {})["method"], (job.result or {})["crops"]) == ("succeeded", method, 3)
    assert methods(world) == ({METHOD, method}, {method})
    assert set(process.embeddings()) >= {task.data_unit.sha256 for task in tasks.values()}
    assert StoredEmbedding.objects.filter(model_sha256=model.sha256).count() == 5
    after = Score.objects.filter(metric="uniqueness")
    assert {row.scorer_version for row in after} == {f"images-1 {method}"}
    assert dict(after.values_list("subject", "value")) != before
    # What shows the same picture is still found without a model, by its pixels.
    assert {row.task_id for row in DuplicateMember.objects.all()} == {tasks["whole"].id, tasks["flipped"].id}
    key = (tasks["whole"].id, labels[0])
    vector = crop_vectors(world.project.id, [key])[key]
    assert (vector.shape, round(float(np.linalg.norm(vector)), 2)) == ((32,), 1.0)
    found = nearest(world.project.id, vector[None], 5)[0]
    assert (found[0].task, found[0].subject, len(found)) == (*key, 3)


def test_one_encoding_serves_all_crops_and_is_made_once(process: LiveInference) -> None:
    world, tasks, _ = a_project()
    model = process.model()
    choose(world, f"sam:{model.pk}")
    assert curate_now(world)["units"] == 5
    stored = process.embeddings()
    assert curate_now(world)["kept"] == 3
    put_boxes(world, tasks["other 3"], ("RBC", 50, 60, 30, 30), ("RBC", 150, 60, 30, 30))
    result = curate_now(world)
    assert (result["units"], result["crops"], result["kept"]) == (0, 2, 3)
    assert process.embeddings() == stored


def test_an_onnx_embedder_takes_over_from_an_encoder_and_hands_back(process: LiveInference) -> None:
    world, tasks, _ = a_project()
    curate_now(world)
    sam, look = process.model(), embedder()
    choose(world, f"sam:{sam.pk}")
    run_all_jobs()
    choose(world, f"onnx:{look.pk}")
    run_all_jobs()
    method = f"onnx-1:{look.sha256[:32]}:{'c' * 16}"
    assert methods(world)[1] == {method}
    for what, count in (("unit", 5), ("crop", 3)):
        index = stored_index(world.project.id, what)  # type: ignore[arg-type]
        assert index is not None
        assert len(index) == count
        assert stored_index(world.project.id, what, method=f"sam-1:{sam.sha256[:32]}") is None  # type: ignore[arg-type]
    assert len(next(iter(UnitVector.objects.filter(method=method))).vector) == 2 * 3
    mia = Caller(make_key(world.people["mia"]))
    path = f"/projects/{world.project.id}/quality"
    answer = mia.get(f"{path}/similar/?data_unit={tasks['whole'].data_unit_id}").json()
    assert (answer["method"], len(answer["results"])) == (method, 4)
    assert answer["results"][0]["name"] == "flipped", "its channels' means are those of its mirror image"
    assert answer["results"][0]["distance"] < 1e-3
    files = {mark.position["key"] for mark in SweepMark.objects.filter(name__startswith="chosen:")}
    choose(world, METHOD)
    run_all_jobs()
    assert methods(world)[1] == {METHOD}
    assert not SweepMark.objects.filter(name__startswith="chosen:").exists()
    assert files
    assert curation_of(world.project.id)["method"] == METHOD


def test_what_cannot_describe_images_is_refused_by_name_and_changes_nothing(fake: FakeGateway) -> None:
    world, _, _ = a_project()
    curate_now(world)
    other, _ = make_curated({})
    usable = segmenter()
    mia, path = Caller(make_key(world.people["mia"])), f"/projects/{world.project.id}/quality/settings/"
    gone = segmenter("Gone", archived_at=timezone.now())
    unknown = (
        *("layout-2", "sam", "sam:", "sam:nothing", f"sam:{world.project.id}", f"other:{usable.pk}"),
        *(f"sam:{embedder().pk}", f"onnx:{usable.pk}", f"sam:{gone.pk}"),
        f"sam:{segmenter('Theirs', project=other.project).pk}",
    )
    for setting in unknown:
        answer = mia.patch(path, {"embedding": setting, "base_rate": 0.3})
        assert answer.status_code == 400, setting
        assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (
            "/embedding",
            "unknown_embedding",
        )
    fileless = make_model("No file")
    fake.replies["state"] = Unavailable("unreachable", "The inference process is not there.", 3)
    for setting in (f"sam:{fileless.pk}", f"sam:{usable.pk}"):
        answer = mia.patch(path, {"embedding": setting, "base_rate": 0.3}).json()
        assert (answer["errors"][0]["pointer"], answer["errors"][0]["code"]) == ("/embedding", "not_ready")
    assert not QualitySettings.objects.filter(project=world.project).exists()
    assert Job.objects.filter(kind=CURATE).count() == 1
    assert mia.get(path).json()["embedding"] == METHOD


def test_a_change_has_a_curated_project_described_anew_and_no_other(fake: FakeGateway) -> None:
    world, _, _ = a_project()
    model = segmenter()
    mia, path = Caller(make_key(world.people["mia"])), f"/projects/{world.project.id}/quality"
    assert mia.patch(f"{path}/settings/", {"embedding": f"sam:{model.pk}"}).json()["embedding_in_use"] == METHOD
    assert not Job.objects.exists(), "nobody has asked for a curation yet"
    assert mia.patch(f"{path}/settings/", {"embedding": METHOD}).status_code == 200
    curate_now(world)
    assert mia.patch(f"{path}/settings/", {"base_rate": 0.1}).status_code == 200
    assert Job.objects.count() == 1
    mia.patch(f"{path}/settings/", {"embedding": f"sam:{model.pk}"})
    answer = mia.get(f"{path}/curate/").json()
    job = Job.objects.get(state="queued")
    assert (answer["method"], answer["current"], answer["under_way"]) == (METHOD, False, str(job.pk))
    assert (answer["images"], answer["crops"]) == (5, 3)
    run_all_jobs()
    answer = mia.get(f"{path}/curate/").json()
    assert answer == {
        "embedding": f"sam:{model.pk}",
        "method": f"sam-1:{model.sha256[:32]}",
        "name": f"Small SAM (sam-1:{model.sha256[:32]})",
        "current": True,
        "trouble": "",
        "images": 5,
        "crops": 3,
        "under_way": None,
    }
    assert mia.get(f"{path}/settings/").json()["embedding_in_use"] == answer["name"]


def test_a_tuned_decoder_has_its_bases_vectors(fake: FakeGateway) -> None:
    world, _, _ = a_project()
    base = segmenter()
    choose(world, f"sam:{base.pk}")
    curate_now(world)
    asked = len(fake.of("describe"))
    tuned = make_model("Tuned", sha256=base.sha256, key=base.key, decoder_sha256="d" * 64, project=world.project)
    choose(world, f"sam:{tuned.pk}")
    run_all_jobs()
    assert len(fake.of("describe")) == asked == 5
    assert curation_of(world.project.id)["current"]


def test_a_process_that_is_away_fails_the_job_in_words_and_what_was_in_use_stays(
    fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, tasks, labels = a_project()
    curate_now(world)
    model = segmenter()
    monkeypatch.setattr(asking, "PATIENCE", -1.0)
    fake.replies["describe"] = Unavailable("unreachable", "The inference process is not there.", 3)
    choose(world, f"sam:{model.pk}")
    run_all_jobs()
    job = Job.objects.filter(kind=CURATE).latest("created_at")
    assert job.state == "failed"
    assert "Small SAM cannot describe images: The inference process is not there." in str(job.error)
    assert methods(world) == ({METHOD}, {METHOD})
    answer = curation_of(world.project.id)
    assert (answer["method"], answer["current"], answer["crops"]) == (METHOD, False, 3)
    assert "Small SAM cannot describe images" in answer["trouble"]
    key = (tasks["whole"].id, labels[0])
    assert nearest(world.project.id, crop_vectors(world.project.id, [key])[key][None], 1)[0][0].subject == labels[0]


def test_scoring_goes_on_without_the_model_and_says_so(fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, _ = a_project()
    model = segmenter()
    choose(world, f"sam:{model.pk}")
    monkeypatch.setattr(asking, "PATIENCE", -1.0)
    fake.replies["describe"] = Busy(1)
    score_now(world, metrics=["mistakenness", "uniqueness"])
    run = ScoreRun.objects.get(project=world.project)
    (warning,) = [said for said in run.warnings if "Neighbours" in said]
    assert warning.startswith("Neighbours were found by layout-1: Small SAM cannot describe images")
    assert {row.scorer_version for row in Score.objects.filter(metric="uniqueness")} == {f"images-1 {METHOD}"}
    fake.replies["describe"] = described
    run = ScoreRun.objects.get(id=score_now(world, metrics=["mistakenness", "uniqueness"]).pk)
    assert not [said for said in run.warnings if "Neighbours" in said]
    assert methods(world)[1] == {f"sam-1:{model.sha256[:32]}"}


def test_a_process_that_comes_back_is_waited_for_and_an_image_it_cannot_read_is_passed_over(fake: FakeGateway) -> None:
    world, tasks, _ = a_project()
    model = segmenter()
    choose(world, f"sam:{model.pk}")
    bad = tasks["other 4"].data_unit.sha256
    troubles = [Unavailable("starting", "It is being loaded.", 1), Busy(1), Unavailable("failed", "It failed.", 1)]

    def moody(ask: wire.DescribeAsk) -> Any:
        if ask.image.sha256 == bad:
            return Refused("bad_image", "The image is broken.")
        return troubles.pop() if troubles else described(ask)

    fake.replies["describe"] = moody
    result = curate_now(world)
    assert (result["units"], result["unreadable"], result["crops"]) == (4, 1, 3)
    row = UnitVector.objects.get(data_unit__sha256=bad, method=f"sam-1:{model.sha256[:32]}")
    assert (bytes(row.vector), row.checks) == (b"", {"unreadable": True, "why": "The image is broken."})
    assert Score.objects.filter(metric="uniqueness").count() == 4
    fake.replies["describe"] = described
    assert curate_now(world)["units"] == 1


def test_a_model_that_cannot_be_used_at_all_is_not_tried_image_by_image(fake: FakeGateway) -> None:
    world, _, _ = a_project()
    choose(world, f"sam:{segmenter().pk}")
    fake.replies["describe"] = Refused("damaged_file", "The model's file is not the one that was added.")
    job = start_curating(project=world.project, actor=world.people["mia"])
    run_all_jobs()
    job.refresh_from_db()
    assert (job.state, "not the one that was added" in str(job.error)) == ("failed", True)
    assert len(fake.of("describe")) <= 5
    assert not UnitVector.objects.exclude(method=METHOD).exists()


def test_an_archived_model_is_named_and_what_was_in_use_stays(fake: FakeGateway) -> None:
    world, _, _ = a_project()
    model = segmenter()
    choose(world, f"sam:{model.pk}")
    curate_now(world)
    ModelVersion.objects.filter(pk=model.pk).update(archived_at=timezone.now())
    job = start_curating(project=world.project, actor=world.people["mia"])
    run_all_jobs()
    job.refresh_from_db()
    assert (job.state, "no longer there" in str(job.error)) == ("failed", True)
    answer = curation_of(world.project.id)
    assert (answer["method"], answer["crops"], answer["current"]) == (f"sam-1:{model.sha256[:32]}", 3, False)
    assert "no longer there" in answer["trouble"]


def test_a_choice_made_while_a_curation_runs_is_followed_by_that_very_one(fake: FakeGateway) -> None:
    world, _, _ = a_project()
    model = segmenter()
    job = start_curating(project=world.project, actor=world.people["mia"])
    phases: list[tuple[int, str]] = []

    def step(state: dict[str, Any], share: float, detail: str) -> None:
        if not phases:
            choose(world, f"sam:{model.pk}")
        phases.append((state["phase"], state["method"]))

    result = curating.curate(project=world.project, run=job.id, saved=asdict(curating.Saved()), step=step)
    method = f"sam-1:{model.sha256[:32]}"
    assert (result["method"], result["units"], result["groups"]) == (method, 5, 1)
    assert [method for _, method in phases] == sorted(method for _, method in phases)
    assert methods(world)[1] == {method}
    assert Job.objects.filter(kind=CURATE).count() == 1


def test_scores_of_a_scored_project_learn_their_neighbours_anew(fake: FakeGateway) -> None:
    found = make_scored_world()
    found.score()
    curate_now(found.world)
    choose(found.world, f"sam:{segmenter().pk}")
    kinds = [job.kind for job in run_all_jobs()]
    assert kinds == [CURATE, "quality.score"]
    assert ScoreRun.objects.filter(project=found.world.project, finished_at__isnull=False).count() == 2
