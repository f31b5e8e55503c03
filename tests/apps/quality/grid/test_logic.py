"""Like beside like, and what hidden errors say, without a database."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.quality.logic.gridding import chain, distances, hidden_number, medoid, sensitivity, standing_for

rows = st.tuples(st.integers(1, 12), st.integers(0, 2**20)).map(
    lambda one: np.random.default_rng(one[1]).integers(-3, 4, (one[0], 3)).astype(float)
)


@given(rows)
def test_a_chain_names_every_row_once_and_goes_on_to_the_nearest(vectors: np.ndarray) -> None:
    away = distances(vectors)
    order = chain(away, medoid(away))
    assert sorted(order) == list(range(len(vectors)))
    for step in range(1, len(order)):
        left = order[step:]
        assert away[order[step - 1], order[step]] <= min(away[order[step - 1], one] for one in left) + 1e-9


@given(rows, st.integers(1, 8))
def test_those_that_stand_for_all_are_distinct_and_the_medoid_leads(vectors: np.ndarray, most: int) -> None:
    away = distances(vectors)
    chosen = standing_for(away, most)
    assert chosen[0] == medoid(away)
    assert len(set(chosen)) == len(chosen) == min(most, len(vectors))


def test_each_cluster_has_somebody_who_stands_for_it() -> None:
    rng = np.random.default_rng(1)
    centres = np.array([[0, 0], [10, 0], [0, 10]])
    vectors = np.concatenate([centre + rng.normal(0, 0.2, (20, 2)) for centre in centres])
    assert {one // 20 for one in standing_for(distances(vectors), 3)} == {0, 1, 2}


@given(st.integers(0, 40), st.integers(0, 40))
def test_more_that_was_found_never_lowers_a_sensitivity(found: int, missed: int) -> None:
    mean, low, high = sensitivity(found, found + missed)
    assert 0 <= low < mean < high <= 1
    assert sensitivity(found + 1, found + missed + 1)[0] >= mean


def test_the_number_of_hidden_tiles_is_the_share_on_average() -> None:
    numbers = [hidden_number(30, 0.04, toss / 100) for toss in range(100)]
    assert set(numbers) == {1, 2}
    assert abs(sum(numbers) / 100 - 1.2) < 0.011
