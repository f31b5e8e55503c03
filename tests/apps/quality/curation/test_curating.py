"""A project is curated: copies are found and grouped, contradictions named, images checked; and nothing twice."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.storage import default_storage

from apps.datasets.models import DataUnit
from apps.jobs.models import Job
from apps.jobs.operations import enqueue
from apps.quality.models import CropVector, DuplicateMember, Score, UnitVector
from apps.quality.operations import curating, describing
from apps.quality.operations.curating import start_curating
from apps.quality.queries.curation import CURATE
from apps.quality.queries.vectors import crop_vectors, nearest
from apps.tasks.models import Task
from tests.factories.jobs import run_all_jobs
from tests.factories.quality_curation import copies, curate_now, encoded, make_curated, picture, put_boxes

pytestmark = pytest.mark.django_db


def test_copies_are_grouped_by_what_was_done_to_them() -> None:
    files = {"whole": encoded(picture(1)), **copies(picture(1))} | {
        f"other {i}": encoded(picture(i)) for i in range(2, 8)
    }
    world, tasks = make_curated(files)
    result = curate_now(world)
    members = {row.task_id: row for row in DuplicateMember.objects.filter(project=world.project)}
    wanted = {tasks[name].id for name in ("whole", "re-encoded", "resized", "cropped", "flipped")}
    assert (set(members), result["groups"], result["members"]) == (wanted, 1, 5)
    kept = [row for row in members.values() if row.keep]
    assert len(kept) == 1
    assert kept[0].relation == ""
    assert members[tasks["flipped"].id].relation == "flipped"
    assert members[tasks["cropped"].id].relation == "cropped"
    assert {row.relation for row in members.values() if not row.keep} <= {"re-encoded", "resized", "cropped", "flipped"}
    assert all(0 <= row.distance < 0.25 for row in members.values())


def test_labels_of_copies_that_contradict_each_other_are_named() -> None:
    whole = picture(1)
    files = {"whole": encoded(whole), "flipped": copies(whole)["flipped"], "other": encoded(picture(2))}
    world, tasks = make_curated(files)
    same, wrong, alone = put_boxes(
        world, tasks["whole"], ("RBC", 20, 30, 60, 50), ("RBC", 200, 100, 40, 60), ("RBC", 100, 180, 30, 30)
    )
    _, other = put_boxes(
        world, tasks["flipped"], ("RBC", 320 - 20 - 60, 30, 60, 50), ("WBC", 320 - 200 - 41, 101, 40, 60)
    )
    assert curate_now(world)["conflicts"] == 2
    row = DuplicateMember.objects.get(task=tasks["whole"])
    ids = {entry["name"]: entry["id"] for entry in world.ontology.definition["objects"]}
    assert row.conflicts == [
        {
            "kind": "class",
            "task": str(tasks["flipped"].id),
            "label": str(wrong),
            "class": ids["RBC"],
            "other_label": str(other),
            "other_class": ids["WBC"],
        },
        {
            "kind": "missing",
            "task": str(tasks["flipped"].id),
            "label": str(alone),
            "class": ids["RBC"],
            "other_label": None,
            "other_class": None,
        },
    ]
    assert str(same) not in str(row.conflicts)
    assert len(DuplicateMember.objects.get(task=tasks["flipped"]).conflicts) == 2


def test_a_labelled_copy_is_kept_before_a_larger_one() -> None:
    files = {"whole": encoded(picture(1)), "resized": copies(picture(1))["resized"]}
    world, tasks = make_curated(files)
    curate_now(world)
    assert DuplicateMember.objects.get(keep=True).task_id == tasks["resized"].id
    put_boxes(world, tasks["whole"], ("RBC", 20, 30, 60, 50))
    curate_now(world)
    assert DuplicateMember.objects.get(keep=True).task_id == tasks["whole"].id


def test_images_are_scored_and_a_copy_is_not_unique() -> None:
    files = {"whole": encoded(picture(1)), "copy": encoded(picture(1), 60)}
    files |= {f"other {i}": encoded(picture(i)) for i in range(2, 7)}
    world, tasks = make_curated(files)
    curate_now(world)
    unique = dict(Score.objects.filter(metric="uniqueness").values_list("task_id", "value"))
    assert unique[tasks["whole"].id] < 0.05
    assert min(unique[tasks[f"other {i}"].id] for i in range(2, 7)) > 0.3
    metrics = Score.objects.filter(task=tasks["whole"]).values_list("metric", flat=True)
    assert set(metrics) == {
        *("uniqueness", "representativeness", "image.blur", "image.brightness", "image.contrast"),
        *("image.size", "image.corrupt"),
    }
    row = Score.objects.get(task=tasks["whole"], metric="image.blur")
    assert (row.subject, row.subject_type, row.evidence[:8]) == (tasks["whole"].data_unit_id, "data_unit", "Blurring")


def test_what_cannot_be_read_is_said_and_stops_nothing() -> None:
    world, tasks = make_curated({f"picture {i}": encoded(picture(i)) for i in range(4)})
    broken, gone = (DataUnit.objects.get(id=tasks[f"picture {i}"].data_unit_id) for i in (0, 1))
    with default_storage.open(broken.media_key, "rb") as file:
        content = file.read()
    default_storage.delete(broken.media_key)
    default_storage.save(broken.media_key, io.BytesIO(content[: len(content) // 2]))
    default_storage.delete(gone.media_key)
    put_boxes(world, tasks["picture 0"], ("RBC", 20, 30, 60, 50))
    assert curate_now(world)["unreadable"] == 2
    corrupt = dict(Score.objects.filter(metric="image.corrupt").values_list("task_id", "value"))
    assert [corrupt[tasks[f"picture {i}"].id] for i in range(4)] == [1.0, 1.0, 0.0, 0.0]
    assert Score.objects.filter(metric="uniqueness").count() == 2
    default_storage.save(gone.media_key, encoded(picture(1)))
    assert curate_now(world)["unreadable"] == 1
    assert Score.objects.filter(metric="uniqueness").count() == 3


def test_crops_are_described_once_and_anew_when_a_label_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    world, tasks = make_curated({"one": encoded(picture(1)), "two": encoded(picture(2))})
    first, second = put_boxes(world, tasks["one"], ("RBC", 20, 30, 60, 50), ("WBC", 200, 100, 40, 60))
    curate_now(world)
    key = (tasks["one"].id, first)
    before = CropVector.objects.get(label=first)
    found = nearest(world.project.id, crop_vectors(world.project.id, [key])[key][None], 5)[0]
    assert [(one.task, one.subject) for one in found] == [key, (tasks["one"].id, second)]
    assert found[0].distance < 1e-3

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing has changed, and yet an image is read")

    with monkeypatch.context() as patched:
        patched.setattr(describing, "open_pixels", refuse)
        assert curate_now(world)["kept"] == 2
    CropVector.objects.filter(label=first).update(digest="of another place")
    assert curate_now(world)["crops"] == 1
    assert CropVector.objects.get(label=first).id != before.id
    found = nearest(world.project.id, crop_vectors(world.project.id, [key])[key][None], 5)[0]
    assert len(found) == 2


class Stopped(Exception):
    """As a worker that dies."""


def test_a_stopped_curation_goes_on_where_it_was() -> None:
    files = {"whole": encoded(picture(1)), **copies(picture(1)), "other": encoded(picture(2))}
    world, _ = make_curated(files)
    job = start_curating(project=world.project, actor=world.people["mia"])
    saved: dict[str, Any] = {}
    phases: list[int] = []
    found: dict[str, int] | None = None
    for patience in range(1, 12):
        steps = [0]

        def step(state: dict[str, Any], share: float, detail: str) -> None:
            assert 0 <= share <= 1
            assert detail
            steps[0] += 1  # noqa: B023  asked within this very turn
            if steps[0] > patience:  # noqa: B023
                raise Stopped
            saved.clear()
            saved.update(state)
            phases.append(state["phase"])

        try:
            found = curating.curate(project=world.project, run=job.id, saved=dict(saved), step=step)
            break
        except Stopped:
            continue
    assert found is not None
    assert (found["units"], found["groups"], found["members"]) == (6, 1, 5)
    assert phases == sorted(phases)
    assert UnitVector.objects.count() == 6
    assert not default_storage.listdir(f"quality/{world.project.id}/pairs")[1]


def test_only_one_curation_at_a_time_and_archived_tasks_are_left_alone() -> None:
    world, tasks = make_curated({"whole": encoded(picture(1)), "copy": encoded(picture(1), 60)})
    Task.objects.filter(id=tasks["copy"].id).update(status="archived")
    curate_now(world)
    assert not DuplicateMember.objects.exists()
    job = enqueue(
        kind=CURATE, organization_id=world.organization.id, project_id=world.project.id, params={}, created_by=None
    )
    with pytest.raises(Exception, match="already"):
        start_curating(project=world.project, actor=world.people["mia"])
    assert list(Job.objects.filter(kind=CURATE, state="queued")) == [job]
    run_all_jobs()
