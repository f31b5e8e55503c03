"""Wrong boxes: what the scores do, whatever the figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from apps.quality.logic import boxes, detection, tables
from apps.quality.logic.boxes import Boxes
from apps.quality.logic.calibration import Verdicts
from apps.quality.logic.checks import Array, BadInput
from tests.bench import quality_errors
from tests.bench.quality_measures import auroc, precision_at_n

CLASSES = 6
KINDS = {"swap": "wrong_class", "loc": "badly_located", "spurious": "spurious", "dup": "duplicate"}


@pytest.fixture(scope="module")
def scene() -> tuple[Boxes, Boxes, Array, Array]:
    """Labels with injected errors, a detector's output, sizes, and what was done to each label."""
    clean = quality_errors.make_scenes(120, 6, CLASSES, 0)
    noisy = quality_errors.inject(clean, CLASSES, 0, **quality_errors.HIGH_RATES)
    seen = quality_errors.detect(clean, CLASSES, 0)
    kind = np.concatenate([image.kind for image in noisy])
    return quality_errors.flat(noisy), quality_errors.flat(seen, scored=True), quality_errors.sizes(noisy), kind


def order_of(values: Array) -> Array:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


def test_every_kind_finds_its_errors(scene: tuple[Boxes, Boxes, Array, Array]) -> None:
    labels, predictions, size, kind = scene
    found = detection.score(labels, predictions, size, CLASSES)
    for name, column in KINDS.items():
        judged = (kind == name) | (kind == "ok")
        assert auroc(kind[judged] == name, found.kinds[column][judged]) > 0.75, name
    assert precision_at_n(kind != "ok", found.p_error) > 0.45
    for values in (found.p_error, found.p_missing, found.image_p_error, *found.kinds.values()):
        assert 0 <= values.min() <= values.max() <= 1


def test_twice_the_resolution_changes_nothing(scene: tuple[Boxes, Boxes, Array, Array]) -> None:
    labels, predictions, size, _ = scene
    one = detection.score(labels, predictions, size, CLASSES)
    large, seen = (replace(of, box=2 * of.box) for of in (labels, predictions))
    two = detection.score(large, seen, 2 * size, CLASSES)
    np.testing.assert_allclose(two.p_error, one.p_error, rtol=1e-9)
    np.testing.assert_allclose(two.p_missing, one.p_missing, rtol=1e-9)
    np.testing.assert_allclose(two.image_p_error, one.image_p_error, rtol=1e-9)


def test_squeezed_confidences_leave_the_order_nearly_as_it_was(scene: tuple[Boxes, Boxes, Array, Array]) -> None:
    labels, predictions, size, _ = scene
    assert predictions.score is not None
    squeezed = replace(predictions, score=0.88 * predictions.score**2)
    one, two = (detection.score(labels, of, size, CLASSES) for of in (predictions, squeezed))
    for name in ("p_error", "p_missing", "image_p_error"):
        ranks = np.corrcoef(order_of(getattr(one, name)), order_of(getattr(two, name)))[0, 1]
        assert ranks > 0.97, name


def test_rows_may_come_in_any_order_and_images_in_any_portion(
    scene: tuple[Boxes, Boxes, Array, Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, predictions, size, _ = scene
    one = detection.score(labels, predictions, size, CLASSES)
    order = np.random.default_rng(1).permutation(len(labels))
    mixed = Boxes(labels.image[order], labels.box[order], labels.kind[order])
    monkeypatch.setattr(boxes, "PAIRS_AT_ONCE", 100)
    two = detection.score(mixed, predictions, size, CLASSES)
    np.testing.assert_allclose(two.p_error, one.p_error[order], atol=1e-9)
    np.testing.assert_allclose(two.p_missing, one.p_missing, atol=1e-9)


def test_a_class_the_detector_never_finds_is_not_called_spurious(scene: tuple[Boxes, Boxes, Array, Array]) -> None:
    labels, predictions, size, _ = scene
    blind = np.arange(len(labels)) % 5 == 0
    unseen = replace(labels, kind=np.where(blind, CLASSES, labels.kind))
    away = replace(unseen, box=np.where(blind[:, None], [0.0, 0.0, 3.0, 3.0], unseen.box))
    found = detection.score(away, predictions, size, CLASSES + 1).kinds["spurious"]
    assert found[blind].max() < 0.1


def test_a_deleted_label_makes_its_prediction_missing(scene: tuple[Boxes, Boxes, Array, Array]) -> None:
    labels, predictions, size, kind = scene
    assert predictions.score is not None
    pairs = boxes.overlapping(labels, predictions, len(size))
    close = np.flatnonzero((pairs.iou > 0.8) & (predictions.score[pairs.second] > 0.9) & (kind[pairs.first] == "ok"))
    gone, seen = pairs.first[close[0]], pairs.second[close[0]]
    kept = np.arange(len(labels)) != gone
    fewer = Boxes(labels.image[kept], labels.box[kept], labels.kind[kept])
    before = detection.score(labels, predictions, size, CLASSES).p_missing[seen]
    assert detection.score(fewer, predictions, size, CLASSES).p_missing[seen] > before + 0.3


def test_empty_images_and_empty_sets_are_scored() -> None:
    none, size = Boxes(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, int), np.zeros(0)), np.full((3, 2), 50.0)
    one = Boxes(np.array([1]), np.array([[5.0, 5, 20, 20]]), np.array([0]), np.array([0.9]))
    assert detection.score(none, none, size, 1).image_p_error.tolist() == [0, 0, 0]
    alone = detection.score(one, none, size, 1)
    assert alone.kinds["spurious"].tolist() == [0]
    assert alone.image_p_error[[0, 2]].tolist() == [0, 0]
    assert len(detection.score(none, one, size, 1).p_missing) == 1
    assert np.isfinite(detection.score(one, one, size, 1).p_error).all()


def test_verdicts_calibrate_labels_kinds_and_predictions(scene: tuple[Boxes, Boxes, Array, Array]) -> None:
    labels, predictions, size, kind = scene
    at = np.random.default_rng(0).choice(len(labels), 300, replace=False)
    heard = {
        "any": Verdicts.of(at, kind[at] != "ok"),
        "wrong_class": Verdicts.of(at, kind[at] == "swap"),
        "missing": Verdicts.of(np.arange(60), np.arange(60) < 6),
    }
    found, before = (detection.score(labels, predictions, size, CLASSES, of) for of in (heard, None))
    assert found.model in ("calibrated", "learned")
    assert abs(found.p_error.mean() - (kind != "ok").mean()) < 0.05
    assert abs(found.kinds["wrong_class"].mean() - (kind == "swap").mean()) < 0.03
    np.testing.assert_array_equal(found.kinds["spurious"], before.kinds["spurious"])
    assert abs(found.p_missing.mean() - 0.1) < 0.08


GOOD = {
    "label_image": np.array([0, 1]),
    "label_box": np.array([[0.0, 0, 10, 10], [5, 5, 20, 20]]),
    "label_class": np.array([0, 1]),
    "pred_image": np.array([0, 0]),
    "pred_box": np.array([[0.0, 0, 10, 10], [5, 5, 20, 20]]),
    "pred_class": np.array([0, 1]),
    "pred_score": np.array([0.9, 0.2]),
    "size": np.array([[40, 30], [40, 30]]),
}


def test_the_arrays_that_come_out() -> None:
    found = tables.score_detection(GOOD).arrays
    per_label = {"p_error", "p_wrong_class", "p_badly_located", "p_spurious", "p_duplicate"}
    assert {name for name, array in found.items() if array.shape} == per_label | {"p_missing", "image_p_error"}
    assert all(found[name].shape == (2,) for name in per_label | {"p_missing", "image_p_error"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label_box": None}, "label_box: the array is missing"),
        ({"label_image": np.array([0, 2])}, r"label_image: row 1 \(2\) is an unknown image \(0 to 1 exist\)"),
        ({"label_class": np.array([0, -1])}, "label_class: row 1"),
        ({"class_name": np.array(["cat"])}, r"label_class: row 1 \(1\) is an unknown class"),
        ({"label_box": np.array([[0.0, 0, 10, 10], [20, 5, 5, 20]])}, "label_box: row 1 .* ends before it begins"),
        ({"pred_box": np.array([[0.0, 0, 10, 10], [50, 5, 60, 20]])}, "pred_box: row 1 .* lies outside its image"),
        ({"pred_box": np.array([[0.0, 0, 10, np.nan], [5, 5, 6, 7]])}, "pred_box: row 0 is not a finite number"),
        ({"pred_box": np.ones((2, 3))}, r"pred_box: shape \(n, 4\)"),
        ({"pred_score": np.array([0.9, 1.2])}, r"pred_score: row 1 \(1.2\) is not between 0 and 1"),
        ({"pred_score": np.array([0.9])}, "pred_score: 1 rows, but pred_image has 2"),
        ({"size": np.array([[40, 30], [0, 30]])}, "size: row 1 is not larger than 0"),
    ],
)
def test_bad_input_is_refused_by_array_and_row(change: dict[str, Array | None], words: str) -> None:
    given = {name: array for name, array in (GOOD | change).items() if array is not None}
    with pytest.raises(BadInput, match=words):
        tables.score_detection(given)


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ({"index": np.array([2]), "is_error": np.array([1])}, r"index: row 0 \(2\) points beyond the 2 rows"),
        ({"index": np.array([0]), "is_error": np.array([2])}, "is_error: row 0"),
        ({"index": np.array([0, 1]), "is_error": np.array([1])}, "is_error: 1 rows"),
        ({"index": np.array([0]), "is_error": np.array([1]), "kind": np.array(["odd"])}, "kind: row 0"),
        ({"index": np.array([0]), "is_error": np.array([1]), "probability": np.array([0.0])}, "probability: row 0"),
    ],
)
def test_bad_verdicts_are_refused(verdicts: dict[str, Array], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        tables.score_detection(GOOD, verdicts)
