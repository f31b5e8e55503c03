"""Certificates that rest on the grid's random draws too: the truth is inside, whatever the grid misses. Pure."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.quality.logic.certificate.cuts import Cut
from apps.quality.logic.certificate.estimate import estimate
from apps.quality.logic.certificate.frame import Frame
from apps.quality.logic.certificate.gridded import with_grid
from apps.quality.logic.certificate.instrument import (
    FINE,
    FLAGGED,
    NONE,
    RELABELED,
    SEEN_BEFORE,
    UNCHECKED,
    Ends,
    Gridded,
    Words,
    overlooked,
    posterior,
)
from apps.quality.logic.certificate.stated import stated
from apps.quality.logic.frame_record import ABSENT, contents_in, key_of, keys_of, packed, unpacked

SEEDS, TASKS = 200, 500
FINDS, FALSE = 0.8, 0.004
AUDIT = 0.06
NAMES = UUID("7f9d1a52-0c1f-4d4e-9d0e-5a3b1c2d4e6f")


def simulated(
    seed: int,
    *,
    rate: float,
    audited: float = AUDIT,
    in_grid: int = 300,
    hidden: int = 40,
    finds: float = FINDS,
    grid_first: bool = False,
) -> tuple[Cut, float]:
    """Tasks of one to seven labels with errors that come together; experts look at some by chance and put right what
    they find; labels drawn for the grid get a class in place or an issue, four false marks in a thousand. A third of
    the marks is checked. Also the true share still wrong."""
    rng = np.random.default_rng([seed, int(rate * 1000), in_grid, int(finds * 100), hidden])
    task = np.repeat(np.arange(TASKS), 1 + rng.poisson(3, TASKS))
    n = len(task)
    wrong = rng.random(n) < rng.beta(rate * 6, (1 - rate) * 6, TASKS)[task]
    seen = (rng.random(TASKS) < audited)[task]
    drawn = np.zeros(n, bool)
    drawn[rng.choice(n, in_grid, replace=False)] = True
    there = wrong if grid_first else wrong & ~seen
    marked = drawn & np.where(there, rng.random(n) < finds, rng.random(n) < FALSE)
    given_class = marked & (rng.random(n) < 0.7)
    checked = marked & (rng.random(n) < 1 / 3) & ~seen
    reviewed = seen | checked
    now = np.where(given_class, ~wrong, wrong) & ~reviewed
    alone = np.where(given_class, RELABELED, np.where(marked, FLAGGED, np.where(drawn, FINE, NONE)))
    before = checked | (seen & drawn & grid_first)
    # What an expert had judged before tells nothing of what nobody has seen.
    word = drawn if grid_first else drawn & ~seen
    known = marked & (checked | (seen & grid_first))
    frame = Frame(
        task,
        np.full(n, "any"),
        np.where(checked, 0, 1),
        np.where(checked, 1.0, audited),
        reviewed,
        wrong & reviewed,
        np.zeros(n, bool),
        np.full(n, "cell"),
    )
    kinds, checks = np.where(marked, "wrong_class", ""), np.where(known, wrong.astype(int), UNCHECKED)
    chance = np.full(n, in_grid / n)
    words = Words(task, frame.of_class, chance, marked, kinds, checks, ~marked & ~reviewed).where(word)
    state = np.where(before, SEEN_BEFORE, np.where(reviewed, NONE, alone))
    found = int(rng.binomial(hidden, finds))
    grid = Gridded(state, chance, words, hidden, found, in_grid, 0)
    kinds = np.where((wrong & reviewed) | marked, "wrong_class", "")
    return Cut(frame, kinds, grid), float(now.mean())


def lines(cut: Cut, kind: str = "") -> Ends:
    assert cut.grid is not None
    said = with_grid(cut.frame, cut.grid, cut.found, kind, 0.95, 0.01)
    assert said is not None
    return Ends(said.estimate.share, said.estimate.lower, said.estimate.upper, said.estimate.live_upper)


@pytest.mark.parametrize(
    ("rate", "audited", "grid_first"),
    [
        (0.01, 0.0, False),
        (0.03, 0.0, False),
        (0.1, 0.0, False),
        (0.01, AUDIT, False),
        (0.03, AUDIT, True),
        (0.1, AUDIT, False),
    ],
)
def test_the_truth_is_inside_in_95_of_100_seeds(rate: float, audited: float, grid_first: bool) -> None:
    inside, off = 0, []
    for seed in range(SEEDS):
        cut, truth = simulated(seed, rate=rate, audited=audited, grid_first=grid_first)
        said = lines(cut)
        inside += said.low <= truth <= said.high <= said.live
        off.append(said.middle - truth)
    assert inside / SEEDS >= 0.95
    assert abs(float(np.mean(off))) < 0.1 * rate + 0.002, "right on average, too"


def test_an_instrument_that_finds_half_is_not_taken_for_a_better_one() -> None:
    inside = 0
    for seed in range(SEEDS // 2):
        cut, truth = simulated(seed, rate=0.05, audited=0.0, finds=0.5, hidden=30)
        said = lines(cut)
        inside += said.low <= truth <= said.high
    assert inside / (SEEDS // 2) >= 0.95


def test_both_instruments_together_say_more_than_each_alone() -> None:
    widths = []
    for seed in range(10):
        both, _ = simulated(seed, rate=0.03, hidden=200, in_grid=600)
        alone, _ = simulated(seed, rate=0.03, hidden=200, in_grid=600, audited=0.0)
        said, grid, reviews = lines(both, "wrong_class"), lines(alone, "wrong_class"), estimate(both.frame)
        widths.append((said.high - said.low, grid.high - grid.low, reviews.upper - reviews.lower))
    together, by_grid, by_reviews = np.mean(widths, axis=0)
    assert together < min(by_grid, by_reviews)


def test_the_less_is_known_of_the_grid_the_wider_it_speaks() -> None:
    widths = []
    for hidden in (10, 40, 400):
        cut, _ = simulated(3, rate=0.03, audited=0.0)
        assert cut.grid is not None
        grid = replace(cut.grid, shown=hidden, found=int(0.8 * hidden))
        said = lines(replace(cut, grid=grid))
        widths.append(said.high - said.low)
    assert widths == sorted(widths, reverse=True)
    cut, _ = simulated(3, rate=0.03, audited=0.0, hidden=9)
    assert not stated(cut, 0.95, 0.01)["certified"]


def test_reviews_have_the_last_word_where_the_grid_contradicts_them() -> None:
    cut, truth = simulated(5, rate=0.1, audited=0.4, in_grid=400)
    assert cut.grid is not None
    words = cut.grid.words
    blind = replace(words, marked=np.zeros(len(words), bool), kind=np.full(len(words), ""))
    said = with_grid(cut.frame, replace(cut.grid, words=blind, found=40), cut.found, "", 0.95, 0.01)
    assert said is not None
    assert said.contradicted
    assert said.estimate.upper >= truth * 0.8


def test_which_estimate_is_given_does_not_depend_on_what_was_found() -> None:
    cut, _ = simulated(8, rate=0.03, in_grid=600, hidden=200)
    assert cut.grid is not None
    words = cut.grid.words
    chosen = set()
    for marked in (np.zeros(len(words), bool), words.marked, np.arange(len(words)) % 9 == 0):
        grid = replace(cut.grid, words=replace(words, marked=marked))
        chosen.add(bool(stated(replace(cut, grid=grid, kind="wrong_class"), 0.95, 0.01).get("by_grid")))
    assert len(chosen) == 1


def test_what_was_missed_follows_from_what_was_found() -> None:
    sense = posterior(80, 100, 0.95)
    assert sense.low < 0.8 < sense.high
    missed = overlooked(Ends(8.0, 8.0, 8.0, 8.0), sense, 0.95, 500.0)
    assert missed.middle == pytest.approx(8 * (1 - sense.middle) / sense.middle)
    assert missed.low == 0 < missed.middle < missed.high < 12
    none = overlooked(Ends(0.0, 0.0, 0.0, 0.0), sense, 0.95, 500.0)
    assert none.middle == 0 < none.high < missed.high, "to find nothing is no proof that nothing is there"
    assert overlooked(Ends(8.0, 8.0, 8.0, 8.0), sense, 0.95, 1.0).high <= 1


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 900)), max_size=40))
def test_a_frame_is_kept_as_it_was(rows: list[tuple[int, int, int]]) -> None:
    ids = {number: uuid5(NAMES, str(number)) for number in range(61)}
    frame = {(ids[task], ids[label]): content for task, label, content in rows}
    record = unpacked(packed([(task, label, content) for (task, label), content in frame.items()]))
    wanted = [(ids[task], ids[label]) for task in range(0, 61, 7) for label in range(0, 61, 5)] + [*frame]
    found = contents_in(record, keys_of(wanted))
    assert [int(one) for one in found] == [frame.get(subject, ABSENT) for subject in wanted]
    assert key_of(ids[1], ids[2]) != key_of(ids[2], ids[1])
