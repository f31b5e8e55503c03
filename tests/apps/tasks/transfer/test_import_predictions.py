"""A model's predictions come in by file: what is sound is kept, the rest is named item by item."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from django.core.files.storage import default_storage

from apps.inference.models import PredictedUnit, Prediction, PredictionModel
from apps.jobs.models import Job
from apps.labels.formats.coco_results import Lenient
from apps.labels.models import Label
from tests.factories.tasks import CELLS, make_world
from tests.factories.transfer import Transfer, names

pytestmark = pytest.mark.django_db

ONTOLOGY = {
    "objects": [*CELLS["objects"], {"name": "stain", "shape": "bitmask"}],
    "classifications": [
        {"name": "focus", "type": "radio", "options": [{"value": "sharp"}, {"value": "blurred"}]},
    ],
}
MODEL = {"name": "yolo", "version": "3", "out_of_sample": True}


@pytest.fixture
def transfer() -> Transfer:
    return Transfer(make_world(tasks=3, ontology=ONTOLOGY))


def take_in(transfer: Transfer, body: Any, **more: Any) -> Job:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    form = {"format": "coco", "kind": "predictions", "model": json.dumps(MODEL), **more}
    return transfer.take_in(content, **form)


def result_of(job: Job) -> dict[str, Any]:
    assert job.result is not None, job.error
    return dict(job.result)


def lost(job: Job) -> dict[str, str]:
    return {item["item"]: item["code"] for item in result_of(job)["not_carried"]}


def found(image: str | int, score: Any = 0.9, kind: Any = "RBC", box: Any = (10, 20, 30, 40), **more: Any) -> Any:
    return {"image_id": image, "category_id": kind, "bbox": list(box), "score": score, **more}


def said(transfer: Transfer) -> dict[str, list[tuple[float, Any]]]:
    rows = Prediction.objects.filter(project=transfer.world.project).order_by("-confidence")
    kept: dict[str, list[tuple[float, Any]]] = {}
    for row in rows.select_related("data_unit"):
        kept.setdefault(row.data_unit.name, []).append((row.confidence, row.geometry))
    return kept


def mixed(first: str, second: str, third: str) -> list[Any]:
    """Sound and unsound results, one of each kind."""
    return [
        found(first),
        found(first, kind="Monocyte"),
        found(first, score=math.nan),
        found(first, box=(600, 400, 100, 10)),
        found(first, box=(1, math.inf, 2, 2)),
        found(second, kind=2, probabilities={"RBC": 0.3, "WBC": 0.7}),
        found(second, kind=2, probabilities={"RBC": 0.3, "WBC": 0.8}),
        found(second, score=1.2),
        found("NaN.png"),
        found(third, kind="Monocyte"),
        {"image_id": first, "category_id": "RBC", "bbox": [1, 1, 2, 2]},
        "nonsense",
    ]


def test_a_results_list_is_taken_item_by_item(transfer: Transfer) -> None:
    first, second, third = names(transfer.world)
    job = take_in(transfer, mixed(first, second, third))
    assert job.state == "succeeded"
    assert lost(job) == {
        "/1": "unknown_class",
        "/2": "out_of_range",
        "/3": "outside_image",
        "/4": "not_a_number",
        "/6": "bad_sum",
        "/7": "out_of_range",
        "/8": "unknown_image",
        "/9": "unknown_class",
        "/10": "no_score",
        "/11": "bad_entry",
    }
    assert (result_of(job)["data_units"], result_of(job)["predictions"]) == (2, 2)
    box = {"x": 10, "y": 20, "width": 30, "height": 40}
    assert said(transfer) == {first: [(0.9, box)], second: [(0.9, box)]}
    model = PredictionModel.objects.get(project=transfer.world.project)
    assert (model.name, model.version, model.out_of_sample, str(model.id)) == (
        "yolo",
        "3",
        True,
        result_of(job)["model"],
    )
    # Of the third nothing was sound: the model was not heard to see nothing there.
    assert PredictedUnit.objects.filter(model=model).count() == 2
    assert not Label.objects.exists()
    assert not default_storage.exists(job.params["file"])


def document(transfer: Transfer, annotations: list[Any]) -> dict[str, Any]:
    images = [
        {"id": number, "file_name": f"val/{name}", "width": 640, "height": 480}
        for number, name in enumerate(names(transfer.world))
    ]
    return {
        "images": images,
        "categories": [{"id": 7, "name": "RBC"}, {"id": 9, "name": "stain"}],
        "annotations": annotations,
    }


def test_a_whole_document_says_which_images_are_empty(transfer: Transfer) -> None:
    first, _, _ = names(transfer.world)
    mask = {"size": [480, 640], "counts": [0, 100, 480 * 640 - 100]}
    items = [found(0, kind=7), {"image_id": 0, "category_id": 9, "segmentation": mask, "score": 0.4}]
    job = take_in(transfer, document(transfer, items))
    assert (lost(job), result_of(job)["data_units"], result_of(job)["predictions"]) == ({}, 3, 2)
    assert sorted(PredictedUnit.objects.values_list("labels", flat=True)) == [0, 0, 2]
    assert [confidence for confidence, _ in said(transfer)[first]] == [0.9, 0.4]


# Committed, since a database says one time throughout a transaction.
@pytest.mark.django_db(transaction=True)
def test_units_are_replaced_whole_and_the_mode_tells_of_the_others(transfer: Transfer) -> None:
    first, second, _ = names(transfer.world)
    take_in(transfer, [found(first), found(first, score=0.5), found(second)])
    take_in(transfer, [found(first, score=0.7)])
    assert {name: len(rows) for name, rows in said(transfer).items()} == {first: 1, second: 1}
    take_in(transfer, [found(first, score=0.6)], mode="replace")
    assert [row[0] for row in said(transfer)[first]] == [0.6]
    assert list(said(transfer)) == [first]
    other = json.dumps({"name": "other"})
    take_in(transfer, [found(second)], model=other, mode="replace")
    assert set(said(transfer)) == {first, second}


# Committed, since a database says one time throughout a transaction.
@pytest.mark.django_db(transaction=True)
def test_refuse_means_that_nothing_is_written(transfer: Transfer) -> None:
    first, second, _ = names(transfer.world)
    take_in(transfer, [found(second)])
    before = said(transfer)
    body = [found(first), found(first, score=math.nan)]
    job = take_in(transfer, body, on_error="refuse", mode="replace")
    assert (job.state, job.error and job.error["code"]) == ("failed", "refused")
    assert said(transfer) == before
    assert take_in(transfer, body[:1], on_error="refuse", mode="replace").state == "succeeded"
    assert list(said(transfer)) == [first]


def test_native_lines_carry_confidence_and_probabilities(transfer: Transfer) -> None:
    task = transfer.world.must_claim("ann").task
    unit = {"id": str(task.data_unit_id), "name": "whatever"}
    answer = {"class": "focus", "shape": "classification", "geometry": None, "attributes": {"focus": "sharp"}}
    good = {**answer, "confidence": 0.8, "probabilities": {"sharp": 0.8, "blurred": 0.2}}
    bad = {**answer, "confidence": 0.8, "probabilities": {"sharp": 0.8, "blurred": 0.1}}
    lines = [{"lapidary": 1}, {"data_unit": unit, "labels": [good, bad]}]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    job = take_in(transfer, content, format="native", match="id")
    assert lost(job) == {"line 2/labels/1": "bad_sum"}
    row = Prediction.objects.get()
    assert (row.data_unit_id, row.confidence, sorted(row.probabilities.values())) == (
        task.data_unit_id,
        0.8,
        [0.2, 0.8],
    )


def test_another_projects_unit_is_like_none(transfer: Transfer) -> None:
    other = make_world(tasks=1, ontology=ONTOLOGY)
    [theirs] = names(other)
    job = take_in(transfer, [found(theirs)])
    assert lost(job) == {"/0": "unknown_image"}
    assert not Prediction.objects.exists()


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"kind": "predictions"}, "/model"),
        ({"kind": "labels", "model": "yolo"}, "/model"),
        ({"kind": "predictions", "model": "yolo", "format": "voc"}, "/format"),
        ({"kind": "predictions", "model": '{"name": "yolo", "weights": 1}'}, "/model/weights"),
        ({"kind": "predictions", "model": '{"name": '}, "/model"),
        ({"kind": "predictions", "model": "{}"}, "/model/name"),
    ],
)
def test_what_cannot_be_taken_is_refused_at_once(transfer: Transfer, form: dict[str, Any], pointer: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    body = {"file": SimpleUploadedFile("results", b"[]"), "format": "coco", **form}
    answer = transfer.post("imports", **body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not PredictionModel.objects.exists()


def test_a_model_of_another_training_is_a_conflict(transfer: Transfer) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    take_in(transfer, [found(names(transfer.world)[0])])
    changed = json.dumps({**MODEL, "out_of_sample": False})
    file = SimpleUploadedFile("results", b"[]")
    answer = transfer.post("imports", file=file, format="coco", kind="predictions", model=changed)
    assert (answer.status_code, answer.json()["code"]) == (409, "model_differs")


class Pieces:
    """Bytes that come a few at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        self._content, self._size = content, size

    def read(self, _: int = -1) -> bytes:
        piece, self._content = self._content[: self._size], self._content[self._size :]
        return piece


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_words_that_no_json_has_are_null_outside_texts(size: int) -> None:
    sent = rb'["NaN \" NaN \\", NaN, -Infinity, Infinity, {"a\\": NaN, "Infinity": 1}, "\\\"", NaN]'
    stream = Lenient(Pieces(sent, size))  # type: ignore[arg-type]
    read = b""
    while piece := stream.read(size):
        read += piece
    assert read == rb'["NaN \" NaN \\", null, null, null, {"a\\": null, "Infinity": 1}, "\\\"", null]'


def test_what_is_no_json_is_refused_whole(transfer: Transfer) -> None:
    job = take_in(transfer, b"[{")
    assert (job.state, job.error and job.error["errors"][0]["code"]) == ("failed", "bad_file")
