"""A model's words become labels of the ontology, without a database."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.ids import new_id
from apps.inference import wire
from apps.tasks.assist.translating import Language, shape_of
from tests.factories.labels import SIZE, blood_cells
from tests.fakes.inference import square

INDEX = blood_cells()
BOX = (10.0, 20.0, 30.0, 40.0)


def language(**values: Any) -> Language:
    return Language(INDEX, "Cells", SIZE, new_id(), **values)


def boxed(name: str, confidence: float = 0.9, **values: Any) -> wire.PredictedLabel:
    return wire.PredictedLabel(name, confidence, "bounding_box", bbox=values.pop("bbox", BOX), **values)


def answer(name: str, confidence: float, **values: Any) -> wire.PredictedLabel:
    return wire.PredictedLabel(name, confidence, "classification", of="focus", **values)


def names(labels: list[dict[str, Any]]) -> list[str]:
    return [INDEX.class_name(label["class"]) for label in labels]


def test_a_box_of_a_known_class_is_a_label_and_its_score_a_predictions() -> None:
    found = language().predicted([boxed("RBC", 0.87654321)])
    (label,) = found.labels
    assert names(found.labels) == ["RBC"]
    assert label["geometry"] == {"x": 10, "y": 20, "width": 30, "height": 40}
    assert label["origin"] == {"kind": "model", "model": "Cells", "prompts": None}
    (prediction,) = found.predictions
    assert (prediction["id"], prediction["confidence"]) == (label["id"], 0.87654321)
    assert "origin" not in prediction
    assert found.lost == {}


def test_classes_may_be_called_otherwise() -> None:
    found = language(classes={"red": "RBC"}).predicted([boxed("red"), boxed("blue")])
    assert names(found.labels) == ["RBC"]
    assert found.lost == {"no class 'blue'": 1}


def test_what_leaves_the_image_is_cut_and_what_is_outside_is_lost() -> None:
    found = language().predicted([boxed("RBC", bbox=(-5, -5, 20, 1000)), boxed("RBC", bbox=(700, 5, 10, 10))])
    assert found.labels[0]["geometry"] == {"x": 0, "y": 0, "width": 15, "height": 480}
    assert sum(found.lost.values()) == 1


def test_the_classs_shape_decides() -> None:
    mask = square().mask
    seen = wire.PredictedLabel
    found = language().predicted(
        [
            seen("stain", 0.9, "bitmask", bbox=BOX, mask=mask),
            seen("nucleus", 0.8, "bitmask", bbox=BOX, mask=mask),
            seen("RBC", 0.7, "bitmask", bbox=BOX, mask=mask),
            boxed("tilted", 0.6),
            boxed("stain", 0.5),
            boxed("centre", 0.4),
            boxed("focus", 0.3),
        ]
    )
    assert [label["shape"] for label in found.labels] == [
        "bitmask",
        "polygon",
        "bounding_box",
        "rotatable_bounding_box",
    ]
    assert found.labels[0]["geometry"] == {"size": [480, 640], "counts": mask.counts}
    (ring,) = found.labels[1]["geometry"]["polygons"][0]
    assert sorted(map(tuple, ring)) == [(10, 20), (10, 50), (40, 20), (40, 50)]
    assert found.labels[3]["geometry"] == {"cx": 25, "cy": 40, "width": 30, "height": 40, "angle": 0}
    assert sum(found.lost.values()) == 3


def test_a_mask_of_another_image_is_lost() -> None:
    found = language().predicted([wire.PredictedLabel("stain", 0.9, "bitmask", mask=wire.Mask((9, 9), "1"))])
    assert (found.labels, found.lost) == ([], {"wrong_size": 1})


def test_one_answer_to_a_classification_the_surest() -> None:
    found = language().predicted([answer("blurred", 0.4), answer("sharp", 0.6), answer("unsure", 0.9)])
    assert len(found.labels) == 1
    assert (found.labels[0]["geometry"], found.labels[0]["attributes"]) == (None, {"focus": "sharp"})
    assert sum(found.lost.values()) == 2


@pytest.mark.parametrize(
    ("said", "kept"),
    [({"RBC": 0.7, "WBC": 0.3}, True), ({"RBC": 0.7, "nobody": 0.3}, False), ({"RBC": 0.7}, False), ({}, False)],
)
def test_probabilities_are_kept_where_every_class_is_known(said: dict[str, float], kept: bool) -> None:
    (prediction,) = language().predicted([boxed("RBC", probabilities=said)]).predictions
    assert ("probabilities" in prediction) == kept


def test_everything_goes_under_one_class_in_its_shape() -> None:
    found = language().everything([square(), square(x=100)], "nucleus")
    assert names(found.labels) == ["nucleus", "nucleus"]
    assert found.labels[0]["geometry"]["polygons"] == [[[[10, 20], [40, 20], [40, 50], [10, 50]]]]
    assert language().everything([square()], "focus").lost == {"no class 'focus'": 1}


def test_another_attempt_makes_the_same_ids() -> None:
    words = language()
    first, again = (words.predicted([boxed("nobody"), boxed("RBC"), boxed("WBC")]).labels for _ in range(2))
    assert [label["id"] for label in first] == [label["id"] for label in again]
    assert len({label["id"] for label in first}) == 2


def test_too_little_is_no_shape() -> None:
    assert shape_of("bitmask", BOX, None, None, SIZE) is None
    assert shape_of("polygon", BOX, None, None, SIZE) is None
    assert shape_of("bounding_box", None, None, None, SIZE) is None
    assert shape_of("polyline", BOX, square().mask, None, SIZE) is None
