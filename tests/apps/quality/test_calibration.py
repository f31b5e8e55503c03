"""From log odds to probabilities: what verdicts change, and what they must not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.quality.logic import calibration
from apps.quality.logic.calibrated import Model
from apps.quality.logic.calibration import Verdicts
from apps.quality.logic.checks import Array
from apps.quality.logic.numbers import sigmoid
from tests.bench.quality_measures import calibration_error, skill, slope


def world(seed: int, n: int = 6000, a: float = 0.6, b: float = -1.5) -> tuple[Array, Array, Array, Array]:
    """Log odds that claim too much, the truth, a second column that knows more, and 4 classes."""
    rng = np.random.default_rng(seed)
    odds, more = rng.normal(-1, 2.5, n), rng.normal(0, 1, n)
    wrong = rng.random(n) < sigmoid(a * odds + b + 1.5 * more)
    return odds, wrong, np.column_stack([more, rng.normal(0, 1, n)]), rng.integers(0, 4, n)


def fitted(seed: int, m: int, *, columns: bool = False) -> tuple[calibration.Fit, Array, Array]:
    odds, wrong, more, groups = world(seed)
    at = np.random.default_rng(seed + 1).choice(len(odds), m, replace=False)
    evidence = more if columns else more[:, :0]
    verdicts = Verdicts.of(at, wrong[at])
    found = calibration.fit(odds, evidence, groups=groups, units=np.arange(len(odds)), verdicts=verdicts)
    return found, wrong, odds


def test_a_hundred_verdicts_make_probabilities_mean_what_they_say() -> None:
    errors, slopes, skills = [], [], []
    for seed in range(8):
        found, wrong, odds = fitted(seed, 100)
        assert found.model == "calibrated"
        errors.append(calibration_error(wrong, found.p_error))
        slopes.append(slope(wrong, found.p_error))
        skills.append(skill(wrong, found.p_error) - skill(wrong, sigmoid(odds)))
    assert np.mean(errors) < 0.1
    assert 0.7 < np.mean(slopes) < 1.3
    assert min(skills) > 0


def test_calibration_alone_never_changes_the_order() -> None:
    found, _, odds = fitted(0, 40)
    np.testing.assert_array_equal(np.argsort(found.p_error, kind="stable"), np.argsort(odds, kind="stable"))


def test_few_or_one_sided_verdicts_leave_the_fixed_formula() -> None:
    odds, wrong, more, groups = world(1)
    for at in (np.arange(10), np.flatnonzero(wrong)[:50]):
        found = calibration.fit(odds, more, groups=groups, units=groups, verdicts=Verdicts.of(at, wrong[at]))
        assert found.model == "fixed"
        np.testing.assert_array_equal(found.p_error, sigmoid(odds))


def test_a_learned_model_replaces_the_formula_only_where_it_gains() -> None:
    better, wrong, odds = fitted(2, 800, columns=True)
    assert better.model == "learned"
    assert skill(wrong, better.p_error) > skill(wrong, fitted(2, 800)[0].p_error) + 0.1
    rng = np.random.default_rng(0)
    useless = rng.normal(0, 1, (len(odds), 8))
    plain = rng.random(len(odds)) < sigmoid(odds)
    at = rng.choice(len(odds), 400, replace=False)
    kept = calibration.fit(
        odds, useless, groups=np.zeros(len(odds), int), units=np.arange(len(odds)), verdicts=Verdicts.of(at, plain[at])
    )
    assert kept.model == "calibrated"
    assert fitted(2, 150, columns=True)[0].model == "calibrated"


def test_chosen_verdicts_are_weighed_back_to_the_whole() -> None:
    odds, wrong, _, groups = world(3)
    extra = np.random.default_rng(9).normal(0, 1, len(odds))
    chance = np.where(wrong & (extra > 0), 0.5, 0.05)  # chosen by something the odds do not know
    at = np.flatnonzero(np.random.default_rng(4).random(len(odds)) < chance)
    none = np.zeros((len(odds), 0))

    def mean(weight: Array | None) -> float:
        verdicts = Verdicts.of(at, wrong[at], weight)
        return float(calibration.fit(odds, none, groups=groups, units=groups, verdicts=verdicts).p_error.mean())

    assert abs(mean(1 / chance[at]) - wrong.mean()) < 0.05 < abs(mean(None) - wrong.mean())


def test_weights_are_capped() -> None:
    weight = calibration.cap_weights(np.r_[np.ones(99), 1e6])
    assert weight.max() / np.median(weight) == calibration.CAP
    np.testing.assert_allclose(weight.mean(), 1)


def test_a_class_with_few_verdicts_gets_no_threshold_of_its_own() -> None:
    rng = np.random.default_rng(5)
    odds, groups = np.zeros(2000), np.r_[np.zeros(1900, int), np.ones(100, int)]
    wrong = rng.random(2000) < np.where(groups == 1, 0.9, 0.3)
    for few in (10, 60):
        at = np.r_[rng.choice(1900, 200, replace=False), 1900 + np.arange(few)]
        found = calibration.fit(
            odds, np.zeros((2000, 0)), groups=groups, units=np.arange(2000), verdicts=Verdicts.of(at, wrong[at])
        )
        project, own = wrong[at].mean(), wrong[at][200:].mean()
        if few == 10:
            assert abs(found.p_error[1950] - project) < 0.03
        else:
            assert project + 0.2 < found.p_error[1950] < own


def test_verdicts_that_contradict_the_order_do_not_turn_it_round() -> None:
    odds, wrong, _, groups = world(6)
    at = np.random.default_rng(1).choice(len(odds), 400, replace=False)
    verdicts = Verdicts.of(at, odds[at] < np.median(odds))
    found = calibration.fit(odds, np.zeros((len(odds), 0)), groups=groups, units=groups, verdicts=verdicts)
    assert np.ptp(found.p_error) == 0
    np.testing.assert_allclose(found.p_error[0], 0.5, atol=0.1)
    np.testing.assert_array_equal(found.ranking, odds)
    assert wrong.any()


def lesson(seed: int, m: int, *, ahead: int = 0, weights: Array | None = None) -> calibration.Lesson:
    odds, wrong, more, groups = world(seed)
    at = np.random.default_rng(seed + 1).choice(len(odds), m, replace=False)
    given = np.ones(m) if weights is None else weights
    names = np.array([f"class-{one}" for one in groups[at]])
    return calibration.learn(odds[at], more[at], names, at, given, wrong[at], ahead=ahead)


def test_a_learned_model_takes_over_when_it_was_ahead_in_two_fits_running() -> None:
    first = lesson(2, 800)
    assert (first.model.kind, first.ahead, first.figures["learned"]["ahead"]) == ("calibrated", 1, True)
    second = lesson(2, 800, ahead=first.ahead)
    assert (second.model.kind, second.ahead) == ("learned", 2)
    assert second.figures["learned"]["lower"] > 0
    assert second.figures["log_loss"] < first.figures["log_loss"]
    assert lesson(2, 150, ahead=2).ahead == 0


def test_being_behind_once_starts_the_count_anew() -> None:
    odds, _, _, groups = world(4)
    rng = np.random.default_rng(0)
    wrong = rng.random(len(odds)) < sigmoid(odds)
    at = rng.choice(len(odds), 400, replace=False)
    useless = rng.normal(0, 1, (400, 8))
    found = calibration.learn(odds[at], useless, groups[at], at, np.ones(400), wrong[at], ahead=2)
    assert (found.model.kind, found.ahead, found.figures["learned"]["ahead"]) == ("calibrated", 0, False)


@pytest.mark.parametrize("m", [10, 100, 800])
def test_a_model_says_the_same_after_its_travel_as_json(m: int) -> None:
    odds, _, more, groups = world(7)
    names = np.array([f"class-{one}" for one in groups])
    model = lesson(2, m, ahead=1).model
    again = Model.of_json(json.loads(json.dumps(model.as_json(), allow_nan=False)))
    assert again.kind == model.kind
    np.testing.assert_array_equal(
        calibration.apply(model, odds, more, names), calibration.apply(again, odds, more, names)
    )


def test_a_row_without_the_evidence_gets_the_formula() -> None:
    odds, _, more, groups = world(7)
    names, model = np.array([f"class-{one}" for one in groups]), lesson(2, 800, ahead=1).model
    formula = calibration.apply(replace(model, kind="calibrated"), odds, more, names)
    gaps = more.copy()
    gaps[::2] = np.nan
    found = calibration.apply(model, odds, gaps, names)
    np.testing.assert_array_equal(found[::2], formula[::2])
    assert (found[1::2] != formula[1::2]).any()
    np.testing.assert_array_equal(calibration.apply(model, odds, more[:, :1], names), formula)


def test_figures_are_held_out_and_finite() -> None:
    figures = lesson(3, 200).figures
    assert figures["skill"] > 0.1
    assert 0.6 < figures["slope"] < 1.5
    assert figures["ece"] < 0.12
    assert figures["log_loss"] < figures["log_loss_constant"]
    assert 0 < figures["brier"] < 0.25
    json.dumps(figures, allow_nan=False)
    json.dumps(lesson(3, 5).figures, allow_nan=False)


def test_the_cap_is_told() -> None:
    weights = np.r_[np.ones(195), np.full(5, 1000.0)]
    figures = lesson(3, 200, weights=weights).figures
    assert (figures["cap_weight"], figures["capped"]) == (calibration.CAP, 5)


def test_looking_at_the_suspicious_and_one_in_twenty_others_is_unbiased() -> None:
    """The others err for reasons that the odds do not know: unweighted, a fit to what was looked at cannot see them."""
    claimed: list[float] = []
    heard: list[float] = []
    deaf: list[float] = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        odds = rng.normal(-2, 1.5, 20000)
        wrong = rng.random(len(odds)) < np.where(odds > 0, 0.6, 0.08)
        chance = np.where(odds > 0, 1.0, 0.05)
        at = np.flatnonzero(rng.random(len(odds)) < chance)
        none, groups = np.zeros((len(odds), 0)), np.zeros(len(odds), int)
        known = (odds[at], none[at], groups[at], at)
        for out, weights in ((heard, 1 / chance[at]), (deaf, np.ones(len(at)))):
            model = calibration.learn(*known, weights, wrong[at]).model
            out.append(calibration.apply(model, odds, none, groups).mean())
        claimed.append(wrong.mean())
    assert abs(np.mean(heard) - np.mean(claimed)) < 0.01
    assert abs(np.mean(heard) - np.mean(claimed)) < abs(np.mean(deaf) - np.mean(claimed))


def test_the_line_is_bent_only_where_that_wins() -> None:
    rng = np.random.default_rng(1)
    odds = rng.uniform(-4, 4, 3000)
    none, groups = np.zeros((len(odds), 0)), np.zeros(len(odds), int)
    units = np.arange(len(odds))
    steep = rng.random(len(odds)) < np.where(odds > 2, 0.9, 0.15)
    bent = calibration.learn(odds, none, groups, units, np.ones(len(odds)), steep)
    assert bent.model.formula.steps.shape[1] > 1
    assert bent.figures["steps"]["lower"] > 0
    p = calibration.apply(bent.model, np.sort(odds), none, groups)
    assert (np.diff(p) >= 0).all()
    assert abs(p[np.sort(odds) < 1].mean() - 0.15) < 0.03
    straight = rng.random(len(odds)) < sigmoid(odds)
    assert not calibration.learn(odds, none, groups, units, np.ones(len(odds)), straight).model.formula.steps.shape[1]
    few = np.arange(200)
    assert "steps" not in calibration.learn(odds[few], none[few], groups[few], few, np.ones(200), steep[few]).figures


@given(st.lists(st.tuples(st.floats(-30, 30), st.booleans(), st.floats(0.01, 1)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_the_verdicts_the_answer_is_a_probability(rows: list[tuple[float, bool, float]]) -> None:
    odds = np.array([row[0] for row in rows])
    hit = np.array([row[1] for row in rows], dtype=bool)
    weights = 1 / np.array([row[2] for row in rows])
    none, groups = np.zeros((len(rows), 0)), np.array(["a"] * len(rows), dtype=np.str_)
    found = calibration.learn(odds, none, groups, np.arange(len(rows)), weights, hit)
    p = calibration.apply(found.model, np.linspace(-50, 50, 11), np.zeros((11, 0)), np.array(["b"] * 11))
    assert ((p >= 0) & (p <= 1)).all()
    assert (np.diff(p) >= 0).all()
    json.dumps(found.figures, allow_nan=False)
    json.dumps(found.model.as_json(), allow_nan=False)
