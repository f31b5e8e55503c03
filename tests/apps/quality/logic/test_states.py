"""What was fitted on a whole set scores any part of it as the whole set was scored."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality.logic import classification, classification_state, detection, detection_state, neighbours
from apps.quality.logic.boxes import Boxes, measured
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.numbers import sigmoid
from tests.apps.quality.logic.made_up import classified, detected, of_images

SEEDS = st.integers(min_value=0, max_value=10_000)
FEW = settings(max_examples=15, deadline=None)


def kept(arrays: dict[str, Array]) -> dict[str, Array]:
    """The arrays after they were written and read again."""
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def same(one: detection.Evidence, other: detection.Evidence) -> None:
    np.testing.assert_array_equal(one.odds, other.odds)
    np.testing.assert_array_equal(one.columns, other.columns)
    np.testing.assert_array_equal(one.missing, other.missing)
    np.testing.assert_array_equal(one.partner, other.partner)


@FEW
@given(SEEDS)
def test_boxes_with_the_state_of_their_own_set_are_scored_as_at_once(seed: int) -> None:
    labels, predictions, size, _ = detected(seed, 12)
    state = detection.fit(labels, predictions, size, 5)
    again = detection_state.State.of(kept(state.arrays()))
    same(
        detection.evidence(labels, predictions, size, 5), detection.evidence(labels, predictions, size, 5, state=again)
    )


@FEW
@given(SEEDS)
def test_one_image_alone_is_scored_as_among_all(seed: int) -> None:
    labels, predictions, size, _ = detected(seed, 12)
    state, whole = detection.fit(labels, predictions, size, 5), detection.evidence(labels, predictions, size, 5)
    some = np.array([seed % 12])
    (of_label, rows), (of_prediction, seen) = of_images(labels, some), of_images(predictions, some)
    part = detection.evidence(of_label, of_prediction, size[some], 5, state=state)
    np.testing.assert_allclose(part.odds, whole.odds[rows], atol=1e-9)
    np.testing.assert_allclose(part.columns, whole.columns[rows], atol=1e-9)
    np.testing.assert_allclose(part.missing, whole.missing[seen], atol=1e-9)
    partner = np.where(part.partner >= 0, seen[part.partner] if len(seen) else -1, -1)
    np.testing.assert_array_equal(partner, whole.partner[rows])


@FEW
@given(SEEDS, st.booleans())
def test_classes_with_the_state_of_their_own_set_are_scored_as_at_once(seed: int, with_embeddings: bool) -> None:
    p, y, x, _ = classified(seed)
    embeddings = x if with_embeddings else None
    state = classification_state.State.of(kept(classification.fit(p, y, embeddings).arrays()))
    whole = classification.evidence(p, y, embeddings, detail=True)
    again = classification.evidence(p, y, embeddings, state=state, detail=True)
    np.testing.assert_array_equal(again.odds, whole.odds)
    np.testing.assert_array_equal(again.columns, whole.columns)
    np.testing.assert_array_equal(again.suggested, whole.suggested)


@FEW
@given(SEEDS)
def test_one_label_with_its_neighbours_from_an_index_is_scored_as_among_all(seed: int) -> None:
    p, y, x, _ = classified(seed)
    near = neighbours.nearest(x)
    state, whole = classification.fit(p, y, near=near), classification.evidence(p, y, x)
    plain = classification.evidence(p, y, state=state)
    first = neighbours.hear(neighbours.Near(y[near.index], near.distance), y, state.crowd)
    model = (plain.odds - state.offset) / classification.SLOPE
    trust = sigmoid(-(model + neighbours.disagreement_odds(first)))[near.index]
    row = np.array([seed % len(y)])
    told = neighbours.Near(y[near.index[row]], near.distance[row], trust[row])
    found = classification.evidence(p[row], y[row], state=state, near=told)
    np.testing.assert_allclose(found.odds, whole.odds[row], atol=1e-6)
    assert found.suggested[0] == whole.suggested[row][0]


def test_given_overlaps_are_what_the_boxes_would_have_been_measured_at() -> None:
    labels, predictions, size, _ = detected(3)
    given_overlaps = measured(labels, predictions, len(size))
    away = Boxes(labels.image, labels.box, labels.kind)
    one = detection.evidence(labels, predictions, size, 5)
    same(one, detection.evidence(away, predictions, size, 5, overlaps=given_overlaps))


def test_the_partner_contradicts_or_else_supports() -> None:
    labels, predictions, size, kind = detected(1, 120)
    found = detection.evidence(labels, predictions, size, 5)
    there = found.partner >= 0
    assert (predictions.image[found.partner[there]] == labels.image[there]).all()
    agrees = predictions.kind[found.partner] == labels.kind
    assert agrees[there & (kind == "ok")].mean() > 0.85
    assert agrees[there & (kind == "swap") & (found.kinds["wrong_class"] > 0.5)].sum() == 0
    alone = Boxes(np.array([0]), np.array([[1.0, 1, 5, 5]]), np.array([0]))
    none = Boxes(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, int), np.zeros(0))
    assert detection.evidence(alone, none, size, 5).partner.tolist() == [-1]


def test_more_evidence_joins_and_what_is_unknown_changes_nothing() -> None:
    labels, predictions, size, _ = detected(2)
    n, plain = len(labels), detection.evidence(labels, predictions, size, 5)
    unknown = {"badly_located": np.full(n, np.nan)}
    same(plain, detection.evidence(labels, predictions, size, 5, extra=unknown))
    more = {"badly_located": np.r_[0.9, np.full(n - 1, np.nan)], "wrong_attribute": np.r_[0, 0.9, np.zeros(n - 2)]}
    found = detection.evidence(labels, predictions, size, 5, extra=more)
    assert (found.odds[:2] > plain.odds[:2]).all()
    np.testing.assert_array_equal(found.odds[2:], plain.odds[2:])
    assert found.kinds["wrong_attribute"][1] == pytest.approx(0.9)
    assert found.columns.shape == plain.columns.shape


def test_a_state_of_other_classes_and_extra_evidence_of_another_shape_are_refused() -> None:
    labels, predictions, size, _ = detected(2)
    state = detection.fit(labels, predictions, size, 5)
    with pytest.raises(BadInput, match="state: it knows 5 classes"):
        detection.evidence(labels, predictions, size, 6, state=state)
    with pytest.raises(BadInput, match="extra: badly_located"):
        detection.evidence(labels, predictions, size, 5, extra={"badly_located": np.zeros(1)})
    with pytest.raises(BadInput, match="extra: colour"):
        detection.evidence(labels, predictions, size, 5, extra={"colour": np.zeros(len(labels))})
    p, y, x, _ = classified(0)
    known = classification.fit(p, y, x)
    with pytest.raises(BadInput, match="state: it knows 4 classes"):
        classification.evidence(p[:, :2], y % 2, state=known)
    with pytest.raises(BadInput, match="near: "):
        classification.evidence(p, y, near=neighbours.Near(np.zeros((len(y), 1), int), np.zeros((len(y), 1))))
    with pytest.raises(BadInput, match="noise: the array is missing"):
        classification_state.State.of({"power": np.array(1.0)})
    with pytest.raises(BadInput, match="surprise: the array is missing"):
        detection_state.State.of({"right": np.ones(2), "any": np.ones(2)})


def test_a_detector_that_was_never_seen_has_no_opinion_of_places() -> None:
    labels, predictions, size, _ = detected(2)
    none = Boxes(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, int), np.zeros(0))
    state = detection.fit(labels, none, size, 5)
    found = detection.evidence(labels, predictions, size, 5, state=state)
    assert found.kinds["badly_located"].max() == 0
    assert np.isfinite(found.odds).all()
