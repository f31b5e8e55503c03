"""What holds of every score, whatever the set: QUALITY.md, section 9."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality.logic import classification, detection, neighbours, published, tables, unaided
from apps.quality.logic.boxes import Boxes, overlapping
from apps.quality.logic.checks import Array, BadInput
from tests.apps.quality.logic.made_up import classified, detected
from tests.bench import quality_errors
from tests.bench.quality_measures import auroc

SEEDS = st.integers(min_value=0, max_value=10_000)
FEW = settings(max_examples=8, deadline=None)
CLASSES = 5


def ranks(values: Array) -> Array:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")


@FEW
@given(SEEDS)
def test_a_right_box_that_is_given_another_class_scores_higher(seed: int) -> None:
    labels, predictions, size, kind = detected(seed, 30)
    before = detection.evidence(labels, predictions, size, CLASSES)
    agrees = (before.partner >= 0) & (predictions.kind[before.partner] == labels.kind) & (kind == "ok")
    row = int(np.where(agrees, -before.odds, -np.inf).argmax())
    other = labels.kind.copy()
    other[row] = (other[row] + 1) % CLASSES
    after = detection.evidence(replace(labels, kind=other), predictions, size, CLASSES)
    assert after.odds[row] > before.odds[row]
    assert after.kinds["wrong_class"][row] > before.kinds["wrong_class"][row]


@FEW
@given(SEEDS)
def test_the_order_of_boxes_images_and_classes_does_not_matter(seed: int) -> None:
    labels, predictions, size, _ = detected(seed, 15)
    rng = np.random.default_rng(seed)
    one = detection.score(labels, predictions, size, CLASSES)
    rows, seen, images, names = (rng.permutation(n) for n in (len(labels), len(predictions), len(size), CLASSES))
    place = np.argsort(images)
    mixed = Boxes(place[labels.image[rows]], labels.box[rows], names[labels.kind[rows]])
    score = np.asarray(predictions.score)[seen]
    told = Boxes(place[predictions.image[seen]], predictions.box[seen], names[predictions.kind[seen]], score)
    two = detection.score(mixed, told, size[images], CLASSES)
    np.testing.assert_allclose(two.p_error, one.p_error[rows], atol=1e-6)
    np.testing.assert_allclose(two.p_missing, one.p_missing[seen], atol=1e-6)
    np.testing.assert_allclose(two.image_p_error, one.image_p_error[images], atol=1e-6)


@FEW
@given(SEEDS, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_resolution_changes_nothing(seed: int, factor: float) -> None:
    labels, predictions, size, _ = detected(seed, 12)
    one = detection.evidence(labels, predictions, size, CLASSES)
    large, seen = (replace(of, box=factor * of.box) for of in (labels, predictions))
    two = detection.evidence(large, seen, factor * size, CLASSES)
    np.testing.assert_allclose(two.odds, one.odds, atol=1e-6)
    np.testing.assert_allclose(two.missing, one.missing, atol=1e-6)


@FEW
@given(SEEDS, st.floats(min_value=0.6, max_value=0.99), st.floats(min_value=0.7, max_value=2.0))
def test_a_squeeze_of_the_confidences_leaves_the_order_nearly_as_it_was(seed: int, top: float, power: float) -> None:
    labels, predictions, size, _ = detected(seed, 60)
    squeezed = replace(predictions, score=top * np.asarray(predictions.score) ** power)
    one, two = (detection.score(labels, of, size, CLASSES) for of in (predictions, squeezed))
    for name in ("p_error", "p_missing"):
        assert np.corrcoef(ranks(getattr(one, name)), ranks(getattr(two, name)))[0, 1] > 0.95, name


@FEW
@given(SEEDS)
def test_what_the_detector_never_finds_is_not_called_spurious(seed: int) -> None:
    labels, predictions, size, _ = detected(seed, 40)
    hidden = np.flatnonzero(labels.kind == 0)
    unseen = ~np.isin(predictions.kind, [0])
    pairs = overlapping(labels, predictions, len(size))
    unseen[pairs.second[np.isin(pairs.first, hidden)]] = False
    known = Boxes(*(getattr(predictions, name)[unseen] for name in ("image", "box", "kind", "score")))
    found = detection.evidence(labels, known, size, CLASSES).kinds["spurious"]
    if len(hidden) > 20:
        assert found[hidden].max() < 0.2


@FEW
@given(SEEDS)
def test_a_copy_is_not_unique_and_a_far_outlier_moves_the_others_by_less_than_a_hundredth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.abs(rng.normal(1, 0.4, (300, 12)))
    x[7] = x[3]
    found = neighbours.uniqueness(x)
    assert found[[3, 7]].max() < 1e-3
    assert np.median(found) > 0.4
    moved = neighbours.uniqueness(np.vstack([x, -1e3 * np.ones((1, 12))]))
    assert moved[-1] > 0.99
    assert np.abs(moved[:-1] - found).max() < 0.01


@given(SEEDS)
def test_probabilities_of_two_classes_rank_alike_by_every_published_score(seed: int) -> None:
    p, y, _, _ = classified(seed, 60, 2)
    by_margin = ranks(np.round(published.normalized_margin(p, y), 9))
    assert (by_margin == ranks(np.round(published.self_confidence(p, y), 9))).all()


def test_one_class_of_boxes_empty_images_and_missing_predictions_are_scored() -> None:
    labels, predictions, size, _ = detected(1, 20)
    one, other = (replace(of, kind=np.zeros(len(of), int)) for of in (labels, predictions))
    found = detection.score(one, other, np.vstack([size, size]), 1)
    assert found.kinds["wrong_class"].max() == 0
    assert found.image_p_error[20:].max() == 0
    none = Boxes(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, int), np.zeros(0))
    alone = detection.evidence(labels, none, size, CLASSES)
    assert alone.kinds["spurious"].max() == 0
    assert (alone.partner == -1).all()


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (np.ones((2, 1)), "at least two classes"),
        (np.array([[0.5, np.nan], [0.5, 0.5]]), "row 0 is not a finite number"),
        (np.array([[0.5, 0.5], [0.9, 0.3]]), r"row 1 .* does not sum to 1"),
        (np.array([[0.5, 0.5]]), "given_label: 2 rows"),
    ],
)
def test_what_cannot_be_scored_is_named(p: Array, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        tables.score_classification({"pred_probs": p, "given_label": np.array([0, 0])})


RATES = {"swap": 0.04, "loc": 0.03, "dup": 0.01, "spurious": 0.03, "missing": 0.0}


def found_at_budget(wrong: Array, odds: Array) -> float:
    """The share of the wrong labels among as many looks as there are wrong ones."""
    return float(wrong[np.argsort(-odds, kind="stable")[: int(wrong.sum())]].mean())


def run(seed: int) -> tuple[Boxes, Boxes, Boxes, Array, Array, Array]:
    """People's labels with a tenth wrong; labels that model M made, a tenth wrong too, accepted as they were; another
    model's predictions; sizes; and which labels are wrong."""
    clean = quality_errors.make_scenes(150, 6, CLASSES, seed)
    people = quality_errors.inject(clean, CLASSES, seed, **RATES)
    made = quality_errors.inject(clean, CLASSES, seed + 1, **RATES)
    other = quality_errors.flat(quality_errors.detect(clean, CLASSES, seed + 2), scored=True)
    wrong = [np.concatenate([image.kind for image in of]) != "ok" for of in (people, made)]
    return quality_errors.flat(people), quality_errors.flat(made), other, quality_errors.sizes(clean), *wrong


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_labels_that_a_model_made_are_judged_by_another_and_never_by_itself(seed: int) -> None:
    people, made, other, size, wrong, wrong_too = run(seed)
    for_people = found_at_budget(wrong, detection.evidence(people, other, size, CLASSES).odds)
    for_made = found_at_budget(wrong_too, detection.evidence(made, other, size, CLASSES).odds)
    sure = np.random.default_rng(seed).uniform(0.7, 0.99, len(made))
    itself = detection.evidence(made, replace(made, score=sure), size, CLASSES)
    assert for_made >= for_people / 2
    assert for_people > 0.4
    assert auroc(wrong_too, itself.kinds["wrong_class"] + itself.kinds["badly_located"]) < 0.55


@pytest.mark.parametrize("seed", [0, 10, 20])
def test_labels_that_a_model_made_are_judged_by_their_neighbours(seed: int) -> None:
    """Crops lie near their true class; people's labels, with a model to judge them, are the measure."""
    rng = np.random.default_rng(seed)
    p, y, x, wrong = classified(seed, 400, CLASSES)
    for_people = found_at_budget(wrong, classification.evidence(p, y).odds)
    slips = rng.random(400) < 0.1
    true = x.argmax(axis=1)
    made = np.where(slips, (true + 1) % CLASSES, true)
    near = neighbours.nearest(x)
    found = unaided.evidence(made, state=unaided.fit(made, CLASSES, near=near), near=near)
    assert found_at_budget(slips, found.odds) >= for_people / 2
