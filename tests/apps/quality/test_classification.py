"""Wrong labels of classifications: what the scores do, whatever the figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.quality.logic import classification, neighbours, published, tables
from apps.quality.logic.checks import Array, BadInput

SETS = st.integers(min_value=0, max_value=10_000).map(lambda seed: made_up(seed))


def made_up(seed: int, n: int = 120, k: int = 4) -> tuple[Array, Array, Array, Array]:
    """Probabilities, labels of which a tenth are wrong, embeddings around class centres, and which are wrong."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    z = rng.normal(0, 1, (n, k))
    z[np.arange(n), true] += 3
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    wrong = rng.random(n) < 0.1
    given_label = np.where(wrong, (true + rng.integers(1, k, n)) % k, true)
    x = np.eye(k)[true] * 3 + rng.normal(0, 0.4, (n, k))
    return p, given_label, x, wrong


def score(p: Array, y: Array, x: Array | None = None) -> Array:
    return classification.score(p, y, x).mistakenness


@given(SETS)
def test_flipping_a_right_label_raises_its_score(made: tuple[Array, Array, Array, Array]) -> None:
    p, y, x, wrong = made
    row = int(np.where(wrong, 0, published.own(p, y)).argmax())
    flipped = y.copy()
    flipped[row] = (y[row] + 1) % p.shape[1]
    assert score(p, flipped)[row] > score(p, y)[row]
    assert score(p, flipped, x)[row] > score(p, y, x)[row]


@given(SETS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(made: tuple[Array, Array, Array, Array], random: object) -> None:
    p, y, x, _ = made
    order = np.random.default_rng(random.randrange(1 << 30)).permutation(len(y))  # type: ignore[attr-defined]
    np.testing.assert_allclose(score(p[order], y[order], x[order]), score(p, y, x)[order], atol=1e-4)


@given(SETS)
def test_the_numbering_of_classes_does_not_matter(made: tuple[Array, Array, Array, Array]) -> None:
    p, y, x, _ = made
    order = np.random.default_rng(1).permutation(p.shape[1])
    found = classification.score(p[:, order], np.argsort(order)[y], x)
    before = classification.score(p, y, x)
    np.testing.assert_allclose(found.mistakenness, before.mistakenness, atol=1e-4)
    assert (order[found.suggested_label] == before.suggested_label).all()


def test_errors_come_first_and_their_true_class_is_suggested() -> None:
    p, y, x, wrong = made_up(5, n=600)
    found = classification.score(p, y, x)
    assert found.mistakenness[wrong].min() > np.median(found.mistakenness[~wrong])
    assert (found.suggested_label[wrong] != y[wrong]).mean() > 0.9
    assert (found.suggested_label[~wrong] == y[~wrong]).mean() > 0.95
    assert 0 <= found.p_error.min() <= found.p_error.max() <= 1
    assert found.model == "fixed"


def test_embeddings_that_know_nothing_abstain() -> None:
    p, y, _, _ = made_up(6, n=400)
    noise = np.random.default_rng(0).normal(0, 1, (400, 8))
    np.testing.assert_allclose(score(p, y, noise), score(p, y), atol=1e-6)


def test_a_single_class_a_single_row_and_no_rows_are_scored() -> None:
    p, _, x, _ = made_up(7)
    assert np.isfinite(score(p, np.zeros(len(p), int), x)).all()
    assert len(score(p[:1], np.array([2]), x[:1])) == 1
    assert len(score(p[:0], np.zeros(0, int))) == 0


def test_certain_and_impossible_labels_stay_finite() -> None:
    p = np.eye(3)[[0, 1, 2, 0, 1, 2]]
    found = classification.score(p, np.array([0, 1, 2, 0, 1, 0]))
    assert np.isfinite(found.p_error).all()
    assert found.mistakenness.argmax() == 5
    assert found.suggested_label[5] == 2


def test_the_published_formulas() -> None:
    p, y = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]]), np.array([0, 2])
    np.testing.assert_allclose(published.self_confidence(p, y), [0.3, 0.7])
    np.testing.assert_allclose(published.normalized_margin(p, y), [0.25, 0.65])
    agree, differ = np.exp(-published.entropy(p))
    np.testing.assert_allclose(published.fiftyone_logits(p, y), [(1 - agree) / 2, (1 + differ) / 2])
    np.testing.assert_allclose(published.fiftyone_confidence(p, y), [0.15, 0.8])
    np.testing.assert_allclose(published.hardness(np.full((1, 4), 0.25)), [1.0])
    q = published.hardness(p) / np.array([0.7, 0.3])
    np.testing.assert_allclose(published.weighted_entropy(p, y), 1 - np.log1p(q) / q)


def test_a_copy_is_not_unique_and_one_outlier_moves_nobody() -> None:
    x = np.random.default_rng(2).normal(0, 1, (300, 16))
    x[0] = x[1]
    before, kept = neighbours.uniqueness(x), x.copy()
    assert before[:2].max() < before[2:].min()
    assert 0 <= before.min() <= before.max() <= 1
    far = np.vstack([x, 1e4 * np.eye(16)[:1]])
    assert np.abs(neighbours.uniqueness(far)[:-1] - before)[2:].max() < 0.05
    assert np.median(np.abs(neighbours.uniqueness(far)[:-1] - before)) < 0.01
    np.testing.assert_array_equal(x, kept)


def test_neighbours_are_the_same_in_small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(3).normal(0, 1, (90, 5))
    whole = neighbours.nearest(x)
    monkeypatch.setattr(neighbours, "CHUNK", 7)
    np.testing.assert_array_equal(neighbours.nearest(x).index, whole.index)
    assert (whole.index != np.arange(90)[:, None]).all()
    assert (np.diff(whole.distance, axis=1) >= 0).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pred_probs": None}, "pred_probs: the array is missing"),
        ({"pred_probs": np.full((3, 2), 0.6)}, "pred_probs: row 0 .* does not sum to 1; so are 2 more rows"),
        ({"pred_probs": np.array([[0.5, 0.5], [np.nan, 1], [0, 1]])}, "pred_probs: row 1 is not a finite number"),
        ({"pred_probs": np.array([[0.5, 0.5], [1.5, -0.5], [0, 1]])}, "pred_probs: row 1 holds a negative"),
        ({"pred_probs": np.ones((3, 1))}, "pred_probs: at least two classes"),
        ({"pred_probs": np.ones(3)}, r"pred_probs: shape \(n, k\) is needed"),
        ({"pred_probs": np.array([["a", "b"]])}, "pred_probs: numbers are needed"),
        ({"given_label": np.array([0, 2, 1])}, r"given_label: row 1 \(2\) is an unknown class \(0 to 1 exist\)"),
        ({"given_label": np.array([0, -1, 1])}, "given_label: row 1"),
        ({"given_label": np.array([0, 0.5, 1])}, "given_label: row 1 is not whole"),
        ({"given_label": np.array([0, 1])}, "given_label: 2 rows, but pred_probs has 3"),
        ({"embeddings": np.ones((2, 4))}, "embeddings: 2 rows"),
        ({"embeddings": np.full((3, 4), np.inf)}, "embeddings: row 0 is not a finite number"),
    ],
)
def test_bad_input_is_refused_by_array_and_row(change: dict[str, Array | None], words: str) -> None:
    good = {"pred_probs": np.array([[0.5, 0.5], [1, 0], [0, 1.0]]), "given_label": np.array([0, 0, 1])}
    given_tables = {name: array for name, array in (good | change).items() if array is not None}
    with pytest.raises(BadInput, match=words):
        tables.score_classification(given_tables)


def test_sums_may_be_a_thousandth_off_and_zeros_are_fine() -> None:
    p = np.array([[0.5004, 0.5004], [1, 0], [0, 1]], np.float32)
    found = tables.score_classification({"pred_probs": p, "given_label": np.array([0, 1, 1])})
    assert set(found.arrays) >= {"mistakenness", "p_error", "suggested_label"}
    assert found.warnings == []
    assert not found.arrays["calibrated"]


def test_probabilities_that_look_memorized_are_only_warned_about() -> None:
    y = np.arange(300) % 3
    found = tables.score_classification({"pred_probs": np.eye(3)[y] * 0.991 + 0.003, "given_label": y})
    assert "out-of-sample" in found.warnings[0]
    assert len(found.arrays["p_error"]) == 300
