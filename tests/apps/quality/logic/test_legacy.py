"""The published scores equal what cleanlab 2.9.0 and fiftyone-brain 0.25.0 answered once for the same arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.quality.logic import legacy
from apps.quality.logic.boxes import Boxes
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.legacy import cleanlab, confident_learning, encord, fiftyone

FROZEN = json.loads(Path(__file__).with_name("published.json").read_text())
GIVEN = {name: np.array(value) for name, value in FROZEN["given"].items()}
EXPECTED = {name: np.array(value, dtype=float) for name, value in FROZEN["expected"].items()}
P, Y, X = GIVEN["p"], GIVEN["y"], GIVEN["x"]
ARGUMENTS: dict[str, Any] = {
    "p": P,
    "y": Y,
    "x": X,
    "labels": Boxes(GIVEN["label_image"], GIVEN["label_box"], GIVEN["label_class"]),
    "predictions": Boxes(GIVEN["pred_image"], GIVEN["pred_box"], GIVEN["pred_class"], GIVEN["pred_score"]),
    "images": len(GIVEN["size"]),
    "size": GIVEN["size"],
    "image": np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8),
}
BY_NAME = [name for name in EXPECTED if f"legacy.{name}" in legacy.SCORES and "representativeness" not in name]


def close(found: Array, expected: Array) -> None:
    np.testing.assert_allclose(np.asarray(found, float), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_score_is_what_the_package_answered(name: str) -> None:
    close(legacy.compute(f"legacy.{name}", ARGUMENTS), EXPECTED[name])


def test_nearly_all_scores_were_compared() -> None:
    assert len(BY_NAME) == 25
    others = {name.removeprefix("legacy.") for name in legacy.SCORES} - set(EXPECTED)
    assert all(name.startswith("encord.") for name in others)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith("ensemble.")])
def test_ensembles_of_models_are_weighed_as_published(name: str) -> None:
    _, method, weigh = name.split(".")
    close(cleanlab.ensemble([P, GIVEN["p2"]], Y, method=method, weigh=weigh), EXPECTED[name])


def test_the_confident_joint_and_a_filter_that_takes_half() -> None:
    close(confident_learning.joint(P, Y), EXPECTED["joint"])
    close(confident_learning.joint(P, Y, calibrate=False), EXPECTED["joint_raw"])
    close(confident_learning.issues(P, Y, fraction=0.5, keep=3), EXPECTED["half"])


def test_representativeness_over_the_clusters_that_were_found_there() -> None:
    """A cluster of one is 0 / 0 there, or rounding over rounding; it is 0 here."""
    expected, cluster = EXPECTED["fiftyone.representativeness"], EXPECTED["cluster"].astype(int)
    found, lone = fiftyone.representativeness(X, cluster), np.bincount(cluster)[cluster] == 1
    close(found[~lone], expected[~lone])
    assert (found[lone] == 0).all()
    assert fiftyone.representativeness(X).max() == pytest.approx(1)
    assert fiftyone.representativeness(X[:1]).tolist() == [0]


@pytest.mark.parametrize("name", list(legacy.SCORES))
def test_every_offered_score_is_computed_from_the_arguments_it_names(name: str) -> None:
    score = legacy.SCORES[name]
    assert score.subject in (legacy.LABEL, legacy.PREDICTION, legacy.DATA_UNIT)
    found = np.asarray(legacy.compute(name, ARGUMENTS), float)
    assert found.size in (1, len(Y), len(GIVEN["label_image"]), len(GIVEN["pred_image"]), len(GIVEN["size"]))


def test_empty_sets_are_scored_and_unknown_names_are_not() -> None:
    none = Boxes(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, int), np.zeros(0))
    empty = {"labels": none, "predictions": none, "images": 3, "size": np.full((3, 2), 9.0), "p": P[:0], "y": Y[:0]}
    for name, score in legacy.SCORES.items():
        if set(score.needs) <= set(empty):
            assert len(np.atleast_1d(legacy.compute(name, empty))) in (0, 3), name
    with pytest.raises(KeyError):
        legacy.compute("legacy.nobody.score", ARGUMENTS)
    with pytest.raises(BadInput, match="filter: one of"):
        confident_learning.issues(P, Y, by="odd")
    with pytest.raises(BadInput, match="ensemble: at least"):
        cleanlab.ensemble([], Y)
    with pytest.raises(BadInput, match="ensemble: weigh"):
        cleanlab.ensemble([P], Y, weigh="odd")


def test_what_encord_active_computes() -> None:
    flat = np.full((5, 6, 3), 51, np.uint8)
    assert encord.brightness(flat) == pytest.approx(0.2)
    assert encord.contrast(flat) == 0
    assert encord.sharpness(flat) == 0
    dot = np.zeros((5, 5, 1))
    dot[2, 2] = 1
    assert encord.sharpness(dot) == pytest.approx((16 + 4) / 25)
    assert encord.blur(dot) == pytest.approx(1 - 20 / 25)
    labels = Boxes(np.zeros(2, int), np.array([[0.0, 10, 50, 60], [10, 10, 60, 60]]), np.zeros(2, int))
    size = np.array([[100.0, 100.0]])
    close(encord.relative_area(labels, size), np.array([0.25, 0.25]))
    close(encord.border_closeness(labels, size), np.array([1.0, 0.9]))
    close(encord.duplicate_overlap(labels, 1), np.full(2, 40 / 60))
    x = np.array([[0.0, 0], [0, 0], [3, 4]])
    assert encord.singularity(x).tolist() == [0, 0, 5]
    many = np.repeat(np.eye(2), 10, axis=0) + np.random.default_rng(0).normal(0, 0.01, (20, 2))
    y = np.repeat([0, 1], 10)
    y[0] = 1
    quality = encord.annotation_quality(many, y)
    assert quality[0] == 0
    assert quality[1:10].tolist() == pytest.approx([8 / 9] * 9)
    with pytest.raises(BadInput, match="image: shape"):
        encord.brightness(np.zeros((3, 3)))
