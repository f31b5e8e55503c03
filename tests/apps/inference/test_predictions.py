"""Predictions: each data unit wholly or not at all, replaced by the same model, kept from who labels."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.inference.models import PredictedUnit, Prediction, PredictionModel
from apps.inference.operations import SavedItem, prediction_model, save_predictions
from apps.ontologies.models import Ontology
from apps.ontologies.operations import change_ontology
from tests.factories.labels import make_unit
from tests.factories.ontologies import make_ontology
from tests.factories.people import People
from tests.factories.projects import Lab, make_dataset_of, make_lab

pytestmark = pytest.mark.django_db
DEFINITION: dict[str, Any] = {
    "objects": [
        {"name": "RBC", "shape": "bounding_box"},
        {"name": "WBC", "shape": "bounding_box"},
        {"name": "stain", "shape": "bitmask"},
    ],
    "classifications": [
        {"name": "focus", "type": "radio", "options": [{"value": "sharp"}, {"value": "blurred"}]},
    ],
}
MODEL: dict[str, Any] = {"name": "yolo", "version": "3", "out_of_sample": True}


@pytest.fixture
def lab(people: People) -> Lab:
    made = make_lab(people)
    made.project.ontology = make_ontology(people.organization, DEFINITION)
    made.project.save()
    return made


def units(lab: Lab) -> list[str]:
    return [str(pk) for pk in lab.dataset.data_units.order_by("pk").values_list("pk", flat=True)]


def box(**more: Any) -> dict[str, Any]:
    geometry = {"x": 10, "y": 20, "width": 30, "height": 40}
    return {"class": "RBC", "shape": "bounding_box", "geometry": geometry, "confidence": 0.9, **more}


def focus(**more: Any) -> dict[str, Any]:
    answer = {"class": "focus", "shape": "classification", "geometry": None, "attributes": {"focus": "sharp"}}
    return {**answer, "confidence": 0.8, "probabilities": {"sharp": 0.8, "blurred": 0.2}, **more}


def send(lab: Lab, *items: dict[str, Any], by: str = "mia", **more: Any) -> Any:
    body = {"model": {**MODEL, **more}, "predictions": list(items)}
    return lab.people.caller(by).post(lab.path + "predictions/", body)


def listed(lab: Lab, query: str = "", by: str = "mia") -> list[dict[str, Any]]:
    answer = lab.people.caller(by).get(lab.path + "predictions/" + query)
    assert answer.status_code == 200
    return list(answer.json()["results"])


def test_predictions_come_and_are_read_again(lab: Lab) -> None:
    first, second, _ = units(lab)
    own = str(uuid4())
    shares = {"RBC": 0.9, "WBC": 0.1, "stain": 0}
    answer = send(
        lab,
        {"data_unit": first, "labels": [box(id=own, probabilities=shares), focus()]},
        {"data_unit": second, "labels": []},
    )
    assert answer.status_code == 200
    assert [(item["id"], item["status"], item["labels"]) for item in answer.json()["results"]] == [
        (first, "saved", 2),
        (second, "saved", 0),
    ]
    cell, sharp = listed(lab)
    assert (cell["id"], cell["class"], cell["confidence"], cell["probabilities"]) == (own, "RBC", 0.9, shares)
    assert cell["geometry"] == {"x": 10, "y": 20, "width": 30, "height": 40}
    assert (sharp["attributes"], sharp["probabilities"]) == ({"focus": "sharp"}, {"sharp": 0.8, "blurred": 0.2})
    model = lab.people.caller("mia").get(lab.path + "prediction-models/").json()["results"][0]
    assert (model["name"], model["version"], model["out_of_sample"]) == ("yolo", "3", True)
    # Nothing found is an answer too.
    assert list(PredictedUnit.objects.order_by("pk").values_list("labels", flat=True)) == [2, 0]


def test_the_same_model_replaces_and_another_adds(lab: Lab) -> None:
    first, second, _ = units(lab)
    send(lab, {"data_unit": first, "labels": [box(), box()]}, {"data_unit": second, "labels": [box()]})
    send(lab, {"data_unit": first, "labels": [box(confidence=0.5)]})
    send(lab, {"data_unit": first, "labels": [box()]}, version="4")
    assert len(listed(lab)) == 3
    one = PredictionModel.objects.get(version="3")
    assert [row["confidence"] for row in listed(lab, f"?model={one.pk}&data_unit={first}")] == [0.5]
    assert len(listed(lab, f"?data_unit={second}")) == 1


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (box(**{"class": "XBC"}), "/labels/1/class", "unknown_class"),
    (box(shape="polygon"), "/labels/1/shape", "wrong_shape"),
    (box(geometry={"x": 630, "y": 0, "width": 30, "height": 4}), "/labels/1/geometry", "outside_image"),
    (box(geometry={"x": 1}), "/labels/1/geometry", ""),
    (box(confidence=1.01), "/labels/1/confidence", "out_of_range"),
    (box(confidence=None), "/labels/1/confidence", "out_of_range"),
    (box(confidence="0.5"), "/labels/1/confidence", "out_of_range"),
    (box(probabilities={"RBC": 0.9, "WBC": 0.05}), "/labels/1/probabilities", "bad_sum"),
    (box(probabilities={"RBC": 1.5, "WBC": -0.5}), "/labels/1/probabilities/RBC", "out_of_range"),
    (box(probabilities={"RBC": 0.5, "tree": 0.5}), "/labels/1/probabilities/tree", "unknown_class"),
    (box(probabilities={"RBC": 0.5, "focus": 0.5}), "/labels/1/probabilities/focus", "unknown_class"),
    (box(probabilities={}), "/labels/1/probabilities", "not_an_object"),
    (box(id="7"), "/labels/1/id", "bad_id"),
    (box(score=1), "/labels/1/score", "unknown_field"),
    (focus(attributes={}), "/labels/1/attributes", "required"),
    (focus(probabilities={"sharp": 1, "RBC": 0}), "/labels/1/probabilities/RBC", "unknown_class"),
    (focus(geometry={"x": 1}), "/labels/1/geometry", "not_null"),
    (
        {"class": "stain", "shape": "bitmask", "geometry": {"size": [2, 2], "counts": "04"}, "confidence": 1},
        "/labels/1/geometry/size",
        "wrong_size",
    ),
]


@pytest.mark.parametrize(("label", "pointer", "code"), WRONG)
def test_a_bad_item_changes_nothing_and_stops_no_other(
    lab: Lab, label: dict[str, Any], pointer: str, code: str
) -> None:
    first, second, _ = units(lab)
    send(lab, {"data_unit": first, "labels": [box(confidence=0.7)]})
    answer = send(lab, {"data_unit": first, "labels": [box(), label]}, {"data_unit": second, "labels": [box()]}).json()
    bad, good = answer["results"]
    assert (bad["status"], good["status"]) == ("failed", "saved")
    found = bad["error"]["errors"][0]
    assert found["pointer"].startswith(pointer)
    assert found["code"] == code or not code
    assert [row["confidence"] for row in listed(lab, f"?data_unit={first}")] == [0.7]


def failed(results: list[SavedItem]) -> list[str]:
    return [item.error.errors[0].code if item.error and item.error.errors else "" for item in results]


def test_numbers_that_are_none(lab: Lab) -> None:
    """JSON with NaN never gets here; a predictor of ours may."""
    first, second, third = units(lab)
    model = prediction_model(project=lab.project, name="own")
    items = [
        {"data_unit": first, "labels": [box(confidence=float("nan"))]},
        {"data_unit": second, "labels": [box(geometry={"x": float("nan"), "y": 0, "width": 1, "height": 1})]},
        {"data_unit": third, "labels": [box(probabilities={"RBC": float("inf")})]},
    ]
    results = save_predictions(model=model, project=lab.project, items=items, now=timezone.now())
    assert "" not in failed(results)
    assert not Prediction.objects.exists()


def test_data_units_of_others_are_like_missing_ones(lab: Lab) -> None:
    foreign = make_unit(make_dataset_of(lab.people, 0))
    first = units(lab)[0]
    items = [{"data_unit": unit, "labels": []} for unit in (str(foreign.pk), str(uuid4()), "x", first, first)]
    answer = send(lab, *items, {"labels": []}, {"data_unit": first}).json()
    codes = [item.get("error", {}).get("errors", [{"code": ""}])[0]["code"] for item in answer["results"]]
    assert codes == [*["unknown_data_unit"] * 3, "", "repeated", "unknown_data_unit", "repeated"]
    assert PredictedUnit.objects.count() == 1


def test_the_sum_is_one_within_a_thousandth(lab: Lab) -> None:
    first = units(lab)[0]
    for share, status in ((0.099, "saved"), (0.101, "saved"), (0.0989, "failed"), (0.1011, "failed")):
        answer = send(lab, {"data_unit": first, "labels": [box(probabilities={"RBC": 0.9, "WBC": share})]})
        assert answer.json()["results"][0]["status"] == status, share


def test_a_model_that_is_said_to_be_another_needs_a_version(lab: Lab) -> None:
    first = units(lab)[0]
    assert send(lab, {"data_unit": first, "labels": [box()]}).status_code == 200
    assert send(lab, {"data_unit": first, "labels": []}, out_of_sample=None).status_code == 200
    refused = send(lab, {"data_unit": first, "labels": [box()]}, out_of_sample=False)
    assert (refused.status_code, refused.json()["code"]) == (409, "model_differs")
    assert send(lab, {"data_unit": first, "labels": [box()]}, trained_on="snapshot 1").status_code == 200
    assert PredictionModel.objects.get().trained_on == "snapshot 1"
    assert PredictedUnit.objects.get().labels == 1


def test_a_renamed_class_stays_what_it_was(lab: Lab) -> None:
    first = units(lab)[0]
    shares = {"RBC": 0.9, "WBC": 0.1}
    send(lab, {"data_unit": first, "labels": [box(probabilities=shares)]})
    ontology = Ontology.objects.get(pk=lab.project.ontology_id)
    definition = ontology.definition
    changed = [{**item, "name": {"RBC": "red"}.get(item["name"], item["name"])} for item in definition["objects"]]
    change_ontology(
        ontology=ontology,
        body={"objects": changed, "classifications": definition["classifications"]},
        name=None,
        changed_by=None,
        check=lambda _: None,
    )
    row = listed(lab)[0]
    assert (row["class"], row["probabilities"]) == ("red", {"red": 0.9, "WBC": 0.1})


def test_who_labels_never_sees_a_prediction(lab: Lab) -> None:
    send(lab, {"data_unit": units(lab)[0], "labels": [box()]})
    for name, status in (("ann", 403), ("rex", 403), ("eve", 403), ("val", 200), ("mia", 200), ("olga", 404)):
        for path in ("predictions/", "prediction-models/"):
            assert lab.people.caller(name).get(lab.path + path).status_code == status, (name, path)
    lab.add("robot", "agent")
    assert len(listed(lab, by="robot")) == 1


def test_who_brings_predictions(lab: Lab) -> None:
    lab.add("robot", "agent")
    first = units(lab)[0]
    for name, status in (("ann", 403), ("val", 403), ("rex", 403), ("olga", 404)):
        assert send(lab, {"data_unit": first, "labels": [box()]}, by=name).status_code == status
    assert not PredictionModel.objects.exists()
    assert send(lab, {"data_unit": first, "labels": [box()]}, by="robot").status_code == 200


NO_BODIES: list[dict[str, Any]] = [
    {},
    {"model": MODEL, "predictions": []},
    {"model": MODEL, "predictions": [5]},
    {"model": {}, "predictions": [{}]},
    {"model": {**MODEL, "luck": 1}, "predictions": [{}]},
    {"model": {**MODEL, "out_of_sample": "perhaps"}, "predictions": [{}]},
    {"model": MODEL, "predictions": [{}], "luck": 1},
]


@pytest.mark.parametrize("body", NO_BODIES)
def test_a_body_that_is_none(lab: Lab, body: dict[str, Any]) -> None:
    assert lab.people.caller("mia").post(lab.path + "predictions/", body).status_code == 400
    assert not PredictionModel.objects.exists()


def test_lists_are_pages(lab: Lab) -> None:
    send(lab, *({"data_unit": unit, "labels": [box()]} for unit in units(lab)))
    answer = lab.people.caller("mia").get(lab.path + "predictions/?limit=2").json()
    assert (len(answer["results"]), answer["next"] is None) == (2, False)
    rest = lab.people.caller("mia").get(answer["next"].split("/api/v1")[1]).json()
    assert (len(rest["results"]), rest["next"]) == (1, None)
    for query in ("?luck=1", "?model=x", "?data_unit=7", "?ordering=confidence"):
        assert lab.people.caller("mia").get(lab.path + "predictions/" + query).status_code == 400
