"""From log odds to probabilities: what verdicts change, and what they must not."""

from __future__ import annotations

import numpy as np

from apps.quality.logic import calibration
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
