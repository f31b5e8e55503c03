"""Labels without predictions, checklists, attributes and checks of the labels alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality.logic import attributes, label_checks, multilabel, neighbours, unaided
from apps.quality.logic.boxes import Boxes, measured
from apps.quality.logic.checks import Array, BadInput
from apps.quality.logic.numbers import sigmoid
from tests.apps.quality.logic.made_up import classified, detected
from tests.bench.quality_measures import auroc

SEEDS = st.integers(min_value=0, max_value=10_000)
FEW = settings(max_examples=15, deadline=None)


def test_neighbours_and_shapes_find_wrong_classes_without_a_prediction() -> None:
    _, y, x, wrong = classified(0, 500)
    near = neighbours.nearest(x)
    state = unaided.fit(y, 4, near=near)
    found = unaided.evidence(y, state=state, near=near)
    assert auroc(wrong, found.odds) > 0.95
    assert (found.suggested[wrong] != y[wrong]).mean() > 0.9
    labels, _, size, kind = detected(0, 300, 6)
    shapes = unaided.shape_measures(labels.box, size[labels.image])
    by_shape = unaided.evidence(labels.kind, state=unaided.fit(labels.kind, 6, shapes=shapes), shapes=shapes)
    judged = np.isin(kind, ("ok", "swap"))
    assert auroc(kind[judged] == "swap", by_shape.odds[judged]) > 0.6


def test_what_knows_nothing_answers_the_base_rate() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 400)
    near = neighbours.nearest(rng.normal(0, 1, (400, 8)))
    shapes = rng.normal(0, 1, (400, 4))
    state = unaided.fit(y, 4, shapes=shapes, near=near, base=0.1)
    chance = sigmoid(unaided.evidence(y, state=state, near=near, shapes=shapes).odds)
    assert np.median(chance) == pytest.approx(0.1, abs=0.02)
    nothing = unaided.fit(y, 4, base=0.07)
    np.testing.assert_allclose(sigmoid(unaided.evidence(y, state=nothing).odds), 0.07)
    unknown = np.full((400, 4), np.nan)
    np.testing.assert_allclose(sigmoid(unaided.evidence(y, state=nothing, shapes=unknown).odds), 0.07)


@FEW
@given(SEEDS)
def test_one_label_with_the_state_of_all_is_scored_as_among_all(seed: int) -> None:
    _, y, x, _ = classified(seed)
    near, shapes = neighbours.nearest(x), x[:, :4]
    state = unaided.State.of(unaided.fit(y, 4, near=near, shapes=shapes).arrays())
    whole = unaided.evidence(y, state=state, near=near, shapes=shapes)
    row = np.array([seed % len(y)])
    told = neighbours.Near(y[near.index[row]], near.distance[row])
    part = unaided.evidence(y[row], state=state, near=told, shapes=shapes[row])
    np.testing.assert_allclose(part.columns[:, 1:], whole.columns[row, 1:])
    alone = unaided.evidence(y[row], state=state, near=neighbours.Near(np.full((1, 3), -1), np.ones((1, 3))))
    assert alone.columns[0, 0] == 0
    assert alone.suggested.tolist() == y[row].tolist()


def test_an_odd_shape_raises_the_odds() -> None:
    labels, _, size, _ = detected(3, 200)
    shapes = unaided.shape_measures(labels.box, size[labels.image])
    shapes[0, 0] = shapes[:, 0].max() + 5
    found = unaided.evidence(labels.kind, state=unaided.fit(labels.kind, 5, shapes=shapes), shapes=shapes)
    assert found.columns[0, 2] > np.quantile(found.columns[:, 2], 0.95)


def answers(seed: int, n: int = 300, k: int = 3) -> tuple[Array, Array, Array]:
    """Probabilities of answers, given answers, and which of those are wrong."""
    rng = np.random.default_rng(seed)
    true = rng.random((n, k)) < (0.5, 0.2, 0.1)
    z = np.where(true, 2.5, -2.5) + rng.normal(0, 1, (n, k))
    wrong = rng.random((n, k)) < 0.04
    return np.asarray(1 / (1 + np.exp(-z))), true ^ wrong, wrong


def test_missing_and_extra_answers_of_a_checklist_are_found() -> None:
    p, y, wrong = answers(0)
    found = multilabel.evidence(p, y)
    assert auroc(np.asarray(wrong.any(axis=1)), found.odds) > 0.9
    assert auroc((wrong & ~y)[~y], found.missing[~y]) > 0.9
    assert auroc((wrong & y)[y], found.extra[y]) > 0.9
    assert (found.missing[y] == 0).all()
    assert (found.extra[~y] == 0).all()
    flagged = found.missing + found.extra > 0.5
    np.testing.assert_array_equal(found.suggested, y ^ flagged)
    assert wrong[flagged].mean() > 0.5


@FEW
@given(SEEDS)
def test_a_checklist_with_its_own_state_is_scored_as_at_once(seed: int) -> None:
    p, y, _ = answers(seed, 60)
    state = multilabel.State.of(multilabel.fit(p, y).arrays())
    np.testing.assert_allclose(multilabel.evidence(p, y, state=state).odds, multilabel.evidence(p, y).odds)
    order = np.random.default_rng(seed).permutation(3)
    np.testing.assert_allclose(multilabel.evidence(p[:, order], y[:, order]).odds, multilabel.evidence(p, y).odds)


def test_a_checklist_of_another_shape_is_refused() -> None:
    p, y, _ = answers(0, 20)
    with pytest.raises(BadInput, match="answers: booleans of shape"):
        multilabel.evidence(p, y[:, :2])
    with pytest.raises(BadInput, match="probabilities: row 0"):
        multilabel.evidence(p * np.nan, y)
    with pytest.raises(BadInput, match="state: it knows 3 answers"):
        multilabel.evidence(p[:, :2], y[:, :2], state=multilabel.fit(p, y))
    assert len(multilabel.evidence(p[:0], y[:0]).odds) == 0


def test_an_attribute_that_a_model_answers_otherwise_is_found() -> None:
    p, y, _, bad = classified(4, 400, 3)
    said = p.argmax(axis=1)
    said[:50] = -1
    value, state = attributes.wrong(attributes.told(said, 3, p.max(axis=1)), y)
    assert np.isnan(value[:50]).all()
    assert auroc(bad[50:], value[50:]) > 0.9
    again, _ = attributes.wrong(attributes.told(said[60:61], 3, p.max(axis=1)[60:61]), y[60:61], state=state)
    np.testing.assert_allclose(again, value[60:61])
    both = attributes.together([value, np.full(400, np.nan)], same_object=np.full(400, 0.5))
    np.testing.assert_allclose(both[50:], value[50:] / 2)
    assert np.isnan(both[:50]).all()
    sure, unsure = (attributes.told(np.array([1, -1]), 3, np.array([c, c])) for c in (0.9, 0.0))
    np.testing.assert_allclose(sure[0], [0.05, 0.9, 0.05])
    np.testing.assert_allclose(unsure[0], 1 / 3)
    with pytest.raises(BadInput, match="attributes: "):
        attributes.wrong(p, y[:10])


def checked(labels: Boxes, size: Array, classes: int = 5) -> label_checks.Checks:
    state = label_checks.State.of(label_checks.fit(labels, size, classes).arrays())
    return label_checks.check(labels, size, state, among=measured(labels, labels, len(size)).labels)


def test_tiny_huge_odd_edge_and_double_labels_are_noticed_with_a_sentence() -> None:
    clean = np.random.default_rng(0)
    n = 200
    corner = clean.uniform(100, 300, (n, 2))
    box = np.hstack([corner, corner + clean.uniform(40, 60, (n, 2))])
    box[:5] = [[50, 50, 52, 52], [10, 10, 600, 470], [0, 200, 50, 250], [20, 20, 400, 26], [100, 100, 150, 150]]
    box[5] = box[4] + 0.5
    labels = Boxes(np.r_[0, 1, 2, 3, 4, 4, np.arange(6, n)], box, np.zeros(n, int))
    found = checked(labels, np.tile([640.0, 480.0], (n, 1)), 1)
    for row, name in enumerate(("tiny", "huge", "at_border", "odd_shape", "duplicates")):
        assert found.values[name][row] > 0.9, name
        assert found.values[name][6:].max() < 0.6, name
    assert found.values["duplicates"][5] == 1
    assert found.sentence("duplicates", 4) == "1 other labels of its class cover the same place."
    assert "below that of its class" in found.sentence("tiny", 0)
    assert found.sentence("at_border", 2) == "It ends 0.0% of the image's diagonal from the edge of the image."
    assert set(found.values) == set(label_checks.NAMES) == set(label_checks.SENTENCES)


@FEW
@given(SEEDS)
def test_checks_are_the_same_at_twice_the_resolution(seed: int) -> None:
    labels, _, size, _ = detected(seed, 10)
    one, two = checked(labels, size), checked(Boxes(labels.image, 2 * labels.box, labels.kind), 2 * size)
    for name, values in one.values.items():
        np.testing.assert_allclose(two.values[name], values, atol=1e-9)
        assert ((values >= 0) & (values <= 1)).all()


def test_outlines_that_cross_themselves_and_ragged_ones() -> None:
    square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    bow = np.array([[0.0, 0], [10, 10], [10, 0], [0, 10]])
    star = np.array([[np.cos(a), np.sin(a)] for a in np.arange(5) * 4 * np.pi / 5])
    assert [label_checks.crossings_of(ring) for ring in (square, bow, star, square[:0])] == [0, 1, 5, 0]
    twice = np.repeat(square, 2, axis=0)
    assert label_checks.crossings_of(twice) == 0
    angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    disc = np.column_stack([np.cos(angles), np.sin(angles)])
    assert label_checks.compactness_of([disc]) > 0.99
    assert label_checks.compactness_of([square]) == pytest.approx(np.pi / 4)
    assert label_checks.compactness_of([disc, disc * 0.9]) < 0.1
    with pytest.raises(BadInput, match="rings"):
        label_checks.compactness_of([])
