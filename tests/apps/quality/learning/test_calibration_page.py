"""The page of calibrations: what is in force, its figures and history, and a plot that does not flatter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from apps.quality.logic.numbers import sigmoid
from apps.quality.logic.reliability_plot import bins, found_per_look
from apps.quality.operations.learning import refit
from apps.tasks.models import Task
from tests.factories.people import Caller, make_key
from tests.factories.quality_learning import make_scored_world, observe_labels
from tests.factories.tasks import World

pytestmark = pytest.mark.django_db


def page_of(world: World) -> dict[str, Any]:
    answer = Caller(make_key(world.people["mia"])).get(f"/projects/{world.project.id}/quality/calibration/")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_project_without_verdicts_has_the_fixed_formula() -> None:
    world = make_scored_world(tasks=1)
    page = page_of(world)
    assert set(page["targets"]) == set(page["reliability"]) == {"label", "missing", "task"}
    assert page["targets"]["label"]["model"] == "fixed"
    assert not page["targets"]["label"]["calibrated"]
    assert page["targets"]["label"]["history"] == []
    plot = {"verdicts": 0, "errors": 0, "needed": 20, "bins": [], "found_per_look": []}
    assert page["reliability"]["label"] == plot


def test_figures_effects_and_history_are_shown() -> None:
    world = make_scored_world(tasks=1)
    task = Task.objects.get(project=world.project)
    class_id = world.ontology.definition["objects"][1]["id"]
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 2, 120)
    wrong = rng.random(120) < sigmoid(odds)
    observe_labels(world.project, task, wrong=wrong.tolist(), odds=odds.tolist(), class_id=class_id)
    now = timezone.now()
    for minute in range(22):
        refit(world.project.id, now + timedelta(minutes=minute))
    label = page_of(world)["targets"]["label"]
    assert (label["model"], label["verdicts"], label["errors"]) == ("calibrated", 120, int(wrong.sum()))
    assert len(label["history"]) == 20
    assert [one["class"] for one in label["effects"]] == ["WBC"]
    assert label["cap"] == {"times_median": 20.0, "weight": 20.0, "capped": 0}
    assert label["learned"] == {"fits_ahead": 0, "fits_needed": 2, "gain": None, "lower": None}
    assert label["history"][0]["at"] > label["history"][-1]["at"]


def test_the_plot_rests_on_random_draws_and_stored_probabilities_alone() -> None:
    world = make_scored_world(tasks=1)
    task = Task.objects.get(project=world.project)
    drawn: dict[str, Any] = {"at_random": True, "probability": 0.1}
    observe_labels(world.project, task, wrong=[False] * 19, p_error=0.1, **drawn)
    observe_labels(world.project, task, wrong=[True] * 100, p_error=0.9)
    observe_labels(world.project, task, wrong=[True] * 100, **drawn)
    observe_labels(world.project, task, wrong=[True] * 100, p_error=0.9, instrument="grid", **drawn)
    plot = page_of(world)["reliability"]["label"]
    assert (plot["verdicts"], plot["bins"], plot["found_per_look"]) == (19, [], [])
    observe_labels(world.project, task, wrong=[True, False], p_error=0.5, **drawn)
    plot = page_of(world)["reliability"]["label"]
    assert (plot["verdicts"], plot["errors"]) == (21, 1)
    assert sum(one["n"] for one in plot["bins"]) == 21
    assert plot["found_per_look"][-1] == {"looks": 1.0, "found": 1.0, "oracle": 1.0, "random": 1.0}


def test_bins_hold_equally_many_and_their_intervals_the_truth() -> None:
    rng = np.random.default_rng(0)
    p = rng.beta(1, 5, 600)
    found = bins(p, rng.random(600) < p)
    assert len(found) == 15
    assert {one.n for one in found} == {40}
    assert sum(one.low <= one.claimed <= one.high for one in found) >= 13
    tied = bins(np.repeat([0.1, 0.9], 300), np.repeat([False, True], 300))
    assert [(one.observed, one.n) for one in tied] == [(0.0, 300), (1.0, 300)]
    assert [one.claimed for one in tied] == pytest.approx([0.1, 0.9])


def test_a_better_order_finds_more_errors_per_look() -> None:
    rng = np.random.default_rng(0)
    p = rng.beta(1, 9, 4000)
    wrong, same = rng.random(4000) < p, np.ones(4000)
    points = found_per_look(p, wrong, same)
    for point in points[:-1]:
        assert point.random < point.found < point.oracle
    blind = found_per_look(np.full(4000, 0.1), wrong, same)
    np.testing.assert_allclose([one.found for one in blind], [one.random for one in blind])
