"""The pure rules of routing: order, budget, recall, work, and the day's threshold."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.quality.logic.routing import by_budget, by_number, by_threshold, priorities
from apps.quality.logic.routing_online import (
    Account,
    arrivals,
    opened,
    place_among,
    spending_threshold,
    spending_thresholds,
)
from apps.quality.logic.routing_recall import Found, curve, recall_at, threshold_for
from apps.quality.logic.routing_work import KINDS, Prices, Suspects, pace_of, shares_of, shrunk, weigh

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
amounts = st.floats(0, 1_000, allow_nan=False)
items = st.lists(st.tuples(amounts, st.floats(0.01, 100)), max_size=12)


def arrays(pairs: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([a for a, _ in pairs], float), np.array([b for _, b in pairs], float)


def test_thresholds_and_numbers() -> None:
    value = np.array([0.2, 0.9, 0.5, 0.9])
    assert by_threshold(value, 0.5).chosen.tolist() == [False, True, True, True]
    assert by_number(value, 1).chosen.tolist() == [False, True, False, False]
    assert by_number(value, 9).chosen.all()
    assert by_number(value[:0], 3).cut is None


@FEW
@given(items, st.floats(0, 500))
def test_a_budget_is_never_exceeded_and_within_one_task_of_the_bound(
    pairs: list[tuple[float, float]], budget: float
) -> None:
    benefit, seconds = arrays(pairs)
    choice = by_budget(benefit, seconds, budget)
    got = float(benefit[choice.chosen].sum())
    assert float(seconds[choice.chosen].sum()) <= budget * (1 + 1e-9) + 1e-9
    assert choice.bound is not None
    assert got <= choice.bound + 1e-6
    assert got >= choice.bound - float(benefit.max(initial=0.0)) - 1e-6
    assert not choice.chosen[benefit <= 0].any()


@FEW
@given(items, st.floats(0, 500))
def test_no_choice_within_the_budget_beats_the_bound(pairs: list[tuple[float, float]], budget: float) -> None:
    benefit, seconds = arrays(pairs)
    bound = by_budget(benefit, seconds, budget).bound or 0.0
    for mask in range(0, 1 << len(pairs), 7):
        some = np.array([bool(mask >> i & 1) for i in range(len(pairs))], dtype=bool)
        if float(seconds[some].sum()) <= budget:
            assert float(benefit[some].sum()) <= bound + 1e-6


def test_what_still_fits_is_taken_too() -> None:
    choice = by_budget(np.array([10.0, 9.0, 1.0]), np.array([10.0, 10.0, 2.0]), 13.0)
    assert choice.chosen.tolist() == [True, False, True]


@FEW
@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.data())
def test_priorities_rank_the_chosen(worth: list[float], data: st.DataObject) -> None:
    values = np.array(worth)
    chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(worth), max_size=len(worth))))
    ranks = priorities(values, chosen)
    assert (ranks[~chosen] == 0).all()
    if chosen.any():
        assert ranks[chosen].min() >= 1
        assert ranks[chosen].max() == 100
        order = np.argsort(-values[chosen], kind="stable")
        assert (np.diff(ranks[chosen][order]) <= 0).all()


def test_recall_counts_errors_by_their_chance() -> None:
    found = Found(np.array([0.9, 0.5, 0.1]), np.array([10.0, 10.0, 20.0]), 30)
    assert recall_at(found, 0.5).estimate == pytest.approx(0.5)
    assert threshold_for(found, 0.5) == 0.5
    assert threshold_for(found, 0.51) == 0.1
    assert threshold_for(found, 1.0) == 0.1
    assert [point.threshold for point in curve(found)] == [0.9, 0.5, 0.1]


@FEW
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1, 50)), min_size=1, max_size=60), st.floats(0.01, 1))
def test_the_threshold_reaches_its_recall_and_no_higher_one_does(
    pairs: list[tuple[float, float]], target: float
) -> None:
    value, weight = arrays(pairs)
    found = Found(value, weight, len(pairs))
    threshold = threshold_for(found, target)
    said = recall_at(found, threshold)
    assert said.estimate >= target - 1e-6
    assert said.low <= said.estimate <= said.high
    higher = value[value > threshold]
    if len(higher):
        assert recall_at(found, float(higher.min())).estimate < target + 1e-6


def test_few_errors_leave_a_wide_interval() -> None:
    many = Found(np.linspace(0, 1, 100), np.ones(100), 100)
    clustered = Found(np.linspace(0, 1, 100), np.r_[np.full(5, 50.0), np.ones(95)], 345)
    wide, narrow = recall_at(clustered, 0.5), recall_at(many, 0.5)
    assert wide.high - wide.low > narrow.high - narrow.low


def test_benefit_and_work_follow_prices() -> None:
    shares = np.array([shares_of({"missing": 1.0}, ""), shares_of({}, "wrong_class")])
    suspects = Suspects(np.array([0, 1]), np.array([0.5, 0.5]), shares, np.array([1.0, 3.0]))
    prices = Prices(costs={"missing": 4.0}, fix=dict.fromkeys(KINDS, 10.0), look=2.0, fixed=8.0, sensitivity=0.5)
    benefit, seconds = weigh(suspects, np.array([3.0, 1.0]), prices)
    assert benefit.tolist() == pytest.approx([0.5 * 4 * 0.5, 0.5 * 3 * 0.5])
    assert seconds.tolist() == pytest.approx([8 + 6 + 5, 8 + 2 + 5])


def test_measured_times_are_drawn_to_the_documented_ones() -> None:
    assert shrunk([], 4.0) == 4.0
    assert 4.0 < shrunk([10.0] * 5, 4.0) < 10.0
    assert shrunk([9_999.0] * 1_000, 4.0) < 121.0
    assert pace_of(0.0, 0.0, 0) == 1.0
    assert 1.0 < pace_of(400.0, 200.0, 10) < 2.0


def test_unspent_seconds_carry_over_for_three_days() -> None:
    monday = date(2026, 1, 5)
    first = opened(None, 100.0, None, monday)
    assert first == Account(100.0)
    spent = first.pay(30.0)
    assert opened(spent, 100.0, monday, monday) == Account(70.0, 30.0, 0.0)
    assert opened(spent, 100.0, monday, date(2026, 1, 6)) == Account(170.0, 0.0, 70.0)
    assert opened(spent, 100.0, monday, date(2026, 2, 6)).left == 300.0
    assert opened(Account(-40.0, 140.0), 100.0, monday, date(2026, 1, 6)).left == 60.0


@FEW
@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(1, 100)), min_size=1, max_size=50),
    st.floats(1, 5_000),
    st.floats(0, 10_000),
)
def test_the_threshold_spends_what_is_left(recent: list[tuple[float, float]], coming: float, left: float) -> None:
    ratio, seconds = arrays(recent)
    threshold = spending_threshold(ratio, seconds, coming, left)
    above = float(seconds[ratio > threshold].sum()) * coming / len(ratio)
    assert above <= left + 1e-6
    if threshold == 0.0:
        assert float(seconds[ratio > 0].sum()) * coming / len(ratio) <= left + 1e-6 or 0.0 in ratio


@FEW
@given(
    st.lists(st.tuples(amounts, st.floats(0.1, 60), st.booleans(), st.booleans()), min_size=1, max_size=20),
    st.floats(0, 200),
    st.tuples(st.floats(0, 500), st.floats(0, 500)),
)
def test_every_budget_has_a_threshold_that_spends_its_own(
    recent: list[tuple[float, float, bool, bool]], coming: float, left: tuple[float, float]
) -> None:
    ratio, seconds = arrays([(one[0], one[1]) for one in recent])
    able = np.array([one[2:] for one in recent])
    found = spending_thresholds(ratio, seconds, able, coming, np.array(left))
    rest = np.ones(len(ratio), dtype=bool)
    for place, own in enumerate(left):
        above = rest & able[:, place] & (ratio > found[place])
        assert float(seconds[above].sum()) * coming / len(ratio) <= own + 1e-6
        rest &= ~(able[:, place] & (ratio >= found[place]))
    alone = spending_thresholds(ratio, seconds, np.ones((len(ratio), 1), dtype=bool), coming, np.array(left[:1]))
    assert alone[0] == spending_threshold(ratio, seconds, coming, left[0])


def test_a_rich_budget_takes_what_a_poor_one_must_leave() -> None:
    ratio, seconds = np.array([0.9, 0.8, 0.2, 0.1]), np.full(4, 10.0)
    able = np.array([[False, True], [False, True], [True, True], [True, True]])
    rich, poor = spending_thresholds(ratio, seconds, able, 4, np.array([100.0, 15.0])).tolist()
    assert (rich, poor) == (0.0, 0.9)
    same = spending_thresholds(ratio, seconds, np.ones((4, 2), dtype=bool), 4, np.array([10.0, 20.0])).tolist()
    assert same == [0.9, 0.2]
    assert spending_threshold(ratio, seconds, 4, 30.0) == 0.2, "together they buy what one of their sum would"
    assert spending_thresholds(ratio, seconds, ~able, 4, np.array([0.0, 9.0])).tolist() == [np.inf, 0.0]


def test_arrivals_go_on_at_the_pace_of_the_day() -> None:
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    times = noon.timestamp() - np.linspace(0, 6 * 3600, 60)
    assert arrivals(times, noon) == pytest.approx(120)
    assert arrivals(times - 10 * 86_400, noon) == 0.0
    assert arrivals(np.zeros(0), noon) == 0.0


def test_the_place_among_recent_ones_is_the_priority() -> None:
    recent = np.arange(200.0)
    assert place_among(199.0, recent) == 100
    assert place_among(0.0, recent) == 1
    assert place_among(99.0, recent) == 50
