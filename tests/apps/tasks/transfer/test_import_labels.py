"""Importing labels into a project, over HTTP."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from apps.jobs.models import Job
from apps.labels.models import Label, Revision
from apps.tasks.models import Task, TaskEvent
from apps.tasks.transfer.importing import tell
from tests.factories.jobs import run_one
from tests.factories.tasks import make_world
from tests.factories.transfer import Transfer, boxes_of, names, voc_file, whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def transfer() -> Transfer:
    return Transfer(make_world(tasks=3))


def result_of(job: Job) -> dict[str, Any]:
    """The result of a job that has one."""
    assert job.result is not None, job.error
    return dict(job.result)


def lost(job: Job) -> list[tuple[str, str]]:
    return [(item["item"], item["code"]) for item in result_of(job)["not_carried"]]


def test_sound_labels_come_in_and_the_rest_is_named(transfer: Transfer) -> None:
    first, second, third = names(transfer.world)
    file = voc_file({
        first: [("RBC", 10, 20, 30, 40), ("Monocyte", 1, 1, 2, 2), ("RBC", 5, 5, 5, 9)],
        f"folder/{second}": [("WBC", 0, 0, 640, 480), ("RBC", 600, 400, 641, 480)],
        "elsewhere.png": [("RBC", 1, 1, 2, 2)],
    })  # fmt: skip
    job = transfer.take_in(file)
    assert (job.state, result_of(job)["tasks"], result_of(job)["labels"]) == ("succeeded", 2, 2)
    assert sorted(lost(job)) == sorted([
        (f"{first}.xml/object/1", "unknown_class"),
        (f"{first}.xml/object/2", "zero_size"),
        (f"folder/{second}.xml/object/1", "outside_image"),
        ("elsewhere.png.xml", "unknown_image"),
    ])  # fmt: skip
    exported, _ = transfer.give_out("coco")
    assert boxes_of(exported) == {first: [("RBC", [10, 20, 20, 20])], second: [("WBC", [0, 0, 640, 480])], third: []}
    label = Label.objects.filter(class_id=transfer.world.ontology.definition["objects"][0]["id"]).get()
    assert label.origin == {"kind": "import", "model": None, "prompts": None, "edited": False}
    assert label.created_by == transfer.world.people["mia"]


def test_each_task_gets_one_revision_and_one_event(transfer: Transfer) -> None:
    first = names(transfer.world)[0]
    transfer.take_in(voc_file({first: [("RBC", 10, 20, 30, 40), ("RBC", 50, 20, 70, 40)]}))
    task = Task.objects.get(data_unit__name=first)
    assert task.label_set is not None
    assert (task.label_set.revision, task.label_set.label_count) == (1, 2)
    revision = Revision.objects.get()
    assert (revision.operation, revision.stage, len(revision.delta["changes"])) == ("import", "annotate", 2)
    event = TaskEvent.objects.get(task=task, sequence=task.sequence)
    assert (event.action, event.reason, event.label_revision) == ("corrected", "import", 1)
    assert event.actor == transfer.world.people["mia"]
    call_command("verify_history", stdout=StringIO())


def test_replace_takes_the_old_labels_away_and_add_keeps_them(transfer: Transfer) -> None:
    first = names(transfer.world)[0]
    transfer.take_in(voc_file({first: [("RBC", 10, 20, 30, 40)]}))
    transfer.take_in(voc_file({first: [("WBC", 1, 2, 3, 4)]}), mode="add")
    assert Label.objects.count() == 2
    transfer.take_in(voc_file({first: [("WBC", 5, 6, 7, 8)]}), mode="replace")
    assert [(label.x, label.y) for label in Label.objects.all()] == [(5, 6)]
    task = Task.objects.get(data_unit__name=first)
    assert task.label_set is not None
    assert (task.label_set.revision, task.label_set.label_count) == (3, 1)
    call_command("verify_history", stdout=StringIO())


def test_claimed_tasks_are_refused_and_the_others_go_on(transfer: Transfer) -> None:
    held = transfer.world.must_claim("ann").task
    file = voc_file({name: [("RBC", 1, 2, 3, 4)] for name in names(transfer.world)})
    job = transfer.take_in(file)
    assert (result_of(job)["tasks"], [code for _, code in lost(job)]) == (2, ["claimed"])
    assert transfer.world.fresh(held).label_set is None


def test_refuse_writes_nothing_at_all(transfer: Transfer) -> None:
    first, second, _ = names(transfer.world)
    file = voc_file({first: [("RBC", 1, 2, 3, 4)], second: [("Monocyte", 1, 2, 3, 4)]})
    job = transfer.take_in(file, on_error="refuse")
    assert job.state == "failed"
    assert job.error is not None
    assert (job.error["code"], job.error["not_carried"][0]["code"]) == ("refused", "unknown_class")
    assert not Label.objects.exists()
    assert not Revision.objects.exists()
    assert result_of(transfer.take_in(voc_file({first: [("RBC", 1, 2, 3, 4)]}), on_error="refuse"))["labels"] == 1


def test_another_attempt_goes_on_where_the_last_ended(transfer: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.tasks.transfer.jobs.CHUNK_IMAGES", 1)
    file = voc_file({name: [("RBC", 1, 2, 3, 4), ("Blast", 1, 2, 3, 4)] for name in names(transfer.world)})
    calls: list[int] = []
    monkeypatch.setattr("apps.tasks.transfer.importing.tell", stumble(calls))
    answer = transfer.post("imports", file=SimpleUploadedFile("labels", file), format="voc")
    with pytest.raises(RuntimeError, match="power cut"):
        run_one(answer.json()["id"])
    assert (Label.objects.count(), Job.objects.get().checkpoint["seen"]) == (1, 1)
    Job.objects.update(state="queued")
    job = run_one(answer.json()["id"])
    assert (job.state, result_of(job)["labels"], len(lost(job))) == ("succeeded", 3, 3)
    assert Revision.objects.count() == 3
    call_command("verify_history", stdout=StringIO())


def stumble(calls: list[int]) -> Any:
    def told(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        tell(*arguments)

    return told


def test_the_whole_report_can_be_fetched(transfer: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.tasks.transfer.report.SHOWN", 2)
    first = names(transfer.world)[0]
    job = transfer.take_in(voc_file({first: [("Blast", 1, 2, 3, 4)] * 5}))
    assert (len(result_of(job)["not_carried"]), result_of(job)["not_carried_count"]) == (2, 5)
    fetched: Any = transfer.client.get(result_of(job)["report"])
    lines = whole(fetched).splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["unknown_class"] * 5
    assert default_storage.listdir("transfer/uploads")[1] == []


def test_images_match_by_digest_or_id(transfer: Transfer) -> None:
    first = names(transfer.world)[0]
    transfer.take_in(voc_file({first: [("RBC", 1, 2, 3, 4)]}))
    native, _ = transfer.give_out("native")
    renamed = native.replace(first.encode(), b"another-name.png")
    Label.objects.all().delete()
    for by in ("sha256", "id"):
        assert transfer.take_in(renamed, format="native", match=by, mode="replace").state == "succeeded"
    job = transfer.take_in(renamed, format="native", match="file_name")
    assert [code for _, code in lost(job)] == ["unknown_image"]


def test_native_gives_back_ids_origins_people_and_times(transfer: Transfer) -> None:
    task = transfer.world.must_claim("ann").task
    transfer.world.label("ann", task, boxes=2)
    transfer.world.step("ann", task, "submit")
    before = list(
        Label.objects.order_by("label_id").values("label_id", "geometry", "origin", "created_by", "created_at")
    )
    native, _ = transfer.give_out("native")
    first = names(transfer.world)[0]
    transfer.take_in(voc_file({first: [("RBC", 1, 2, 3, 4)]}), mode="replace")
    transfer.take_in(native, format="native", mode="replace")
    after = Label.objects.order_by("label_id").values("label_id", "geometry", "origin", "created_by", "created_at")
    assert list(after) == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"format": "yolo"}, "/format"),
        ({"kind": "scores"}, "/kind"),
        ({"mode": "merge"}, "/mode"),
        ({"on_error": "panic"}, "/on_error"),
        ({"match": "colour"}, "/match"),
        ({"file": "no file"}, "/file"),
        ({"model": "m"}, "/model"),
    ],
)
def test_bad_requests_name_the_member(transfer: Transfer, body: dict[str, Any], pointer: str) -> None:
    answer = transfer.post("imports", **{"file": SimpleUploadedFile("a", b"x"), "format": "voc", **body})
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (400, [pointer])
    assert not Job.objects.exists()


def test_a_file_of_another_kind_fails_the_job(transfer: Transfer) -> None:
    for form, content in {"coco": b'{"images": [', "native": b"{}\n", "voc": b"PK\x03\x04 no zip"}.items():
        job = transfer.take_in(content, format=form)
        assert (job.state, job.error and job.error["code"]) == ("failed", "invalid"), form


def test_only_managers_import_and_viewers_export(transfer: Transfer) -> None:
    for name in ("ann", "rex", "eve", "val"):
        answer = Transfer(transfer.world, name).post("imports", file=SimpleUploadedFile("a", b"x"), format="voc")
        assert answer.status_code == 403
    for name in ("ann", "rex", "eve"):
        assert Transfer(transfer.world, name).post("exports", format="coco").status_code == 403
    assert Transfer(transfer.world, "val").post("exports", format="coco").status_code == 202
    assert (
        Transfer(make_world(tasks=0))
        .client.post(
            f"/api/v1/projects/{transfer.world.project.id}/exports/",
            {"format": "coco"},
            content_type="application/json",
        )
        .status_code
        == 404
    )
