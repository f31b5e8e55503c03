"""When calibrations are fitted anew, what to, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from apps.common.ids import new_id
from apps.jobs import registry
from apps.jobs.models import Job
from apps.quality.logic.numbers import sigmoid
from apps.quality.models import Calibration, FitState, Observation, SubjectType
from apps.quality.operations.learning import learn_due, refit
from apps.quality.queries.calibrations import calibrator_for
from apps.quality.queries.lessons import material_of
from apps.tasks.models import Task
from tests.bench.quality_measures import calibration_error
from tests.factories.quality_learning import make_scored_world, observe_labels
from tests.factories.tasks import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def priced() -> Iterator[None]:
    """Somebody who prices labels anew."""
    kept = registry._handlers.get("quality.reprice")
    registry._handlers["quality.reprice"] = lambda _: None
    yield
    registry._handlers.pop("quality.reprice")
    if kept is not None:
        registry._handlers["quality.reprice"] = kept


def made(tasks: int = 1) -> tuple[World, Task]:
    world = make_scored_world(tasks=tasks)
    return world, Task.objects.filter(project=world.project).order_by("id")[0]


def stream(world: World, task: Task, m: int, seed: int = 0) -> None:
    """Verdicts whose odds claim too much."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-1, 2.5, m)
    wrong = rng.random(m) < sigmoid(0.6 * odds - 1.5)
    observe_labels(world.project, task, wrong=wrong.tolist(), odds=odds.tolist(), vector=[1.0, 2.0])


def test_a_hundred_verdicts_calibrate_what_every_scorer_asks() -> None:
    errors = []
    for seed in range(4):
        world, task = made()
        before = calibrator_for(world.project.id).labels(np.zeros(1), np.zeros((1, 2)), ["a"])
        assert (before.model, before.calibrated, before.p[0]) == ("fixed", False, 0.5)
        stream(world, task, 100, seed)
        refit(world.project.id, timezone.now())
        rng = np.random.default_rng(100 + seed)
        odds = rng.normal(-1, 2.5, 5000)
        wrong = rng.random(5000) < sigmoid(0.6 * odds - 1.5)
        after = calibrator_for(world.project.id).labels(odds, np.zeros((5000, 2)), ["a"] * 5000)
        assert (after.model, after.calibrated) == ("calibrated", True)
        errors.append(calibration_error(wrong, after.p))
    assert np.mean(errors) < 0.1


def test_a_fit_waits_for_ten_new_observations_and_a_minute(priced: None) -> None:
    world, task = made()
    now = timezone.now()
    stream(world, task, 9)
    assert learn_due(now) == 0
    stream(world, task, 30, seed=1)
    assert learn_due(now) == 1
    assert Calibration.objects.filter(target="label").count() == 1
    stream(world, task, 20, seed=2)
    assert learn_due(now + timedelta(seconds=30)) == 0
    assert learn_due(now + timedelta(seconds=61)) == 1
    assert learn_due(now + timedelta(seconds=300)) == 0
    assert Job.objects.filter(kind="quality.reprice", project_id=world.project.id).count() == 2


def test_no_prices_are_asked_for_where_nothing_changed(priced: None) -> None:
    world, task = made()
    stream(world, task, 12)
    refit(world.project.id, timezone.now())
    assert Calibration.objects.get(target="label").model == "fixed"
    assert not Job.objects.filter(kind="quality.reprice").exists()


def test_a_project_with_thousands_waits_for_one_in_a_hundred() -> None:
    world, task = made()
    FitState.objects.create(project=world.project, fitted=5000)
    stream(world, task, 49)
    assert learn_due(timezone.now()) == 0
    stream(world, task, 1)
    assert learn_due(timezone.now()) == 1


def test_the_learned_model_takes_over_in_the_second_fit_running() -> None:
    world = make_scored_world(tasks=40)
    rng = np.random.default_rng(0)
    for task in Task.objects.filter(project=world.project):
        odds, more = rng.normal(-1, 2, 15), rng.normal(0, 1, 15)
        wrong = rng.random(15) < sigmoid(odds + 2.5 * more)
        for o, m, hit in zip(odds, more, wrong, strict=True):
            observe_labels(world.project, task, wrong=[bool(hit)], odds=[float(o)], vector=[float(m), 1.0])
    now = timezone.now()
    kinds = []
    for minute in range(2):
        row = {row.target: row for row in refit(world.project.id, now + timedelta(minutes=minute))}["label"]
        kinds.append((row.model, row.ahead))
    assert kinds == [("calibrated", 1), ("learned", 2)]
    calibrator = calibrator_for(world.project.id)
    odds, vector = np.zeros(2), np.array([[2.0, 1.0], [-2.0, 1.0]])
    known = calibrator.labels(odds, vector, ["a", "a"], scorer="detection-1")
    assert known.model == "learned"
    assert known.p[0] > known.p[1] + 0.5
    assert calibrator.labels(odds, vector, ["a", "a"], scorer="classification-1").model == "calibrated"
    assert calibrator.labels(odds, vector[:, :1], ["a", "a"]).model == "calibrated"


def test_a_class_below_thirty_verdicts_has_no_effect_of_its_own() -> None:
    world, task = made()
    rng = np.random.default_rng(3)
    for class_id, n, rate in (("common", 200, 0.2), ("rare", 29, 0.9), ("heard", 60, 0.9)):
        wrong = (rng.random(n) < rate).tolist()
        observe_labels(world.project, task, wrong=wrong, odds=[0.0] * n, class_id=class_id)
    refit(world.project.id, timezone.now())
    effects = Calibration.objects.get(target="label").parameters["effects"]
    assert set(effects) == {"common", "heard"}
    calibrator = calibrator_for(world.project.id)
    common, rare, heard, none = calibrator.labels(np.zeros(4), np.zeros((4, 0)), ["common", "rare", "heard", "never"]).p
    assert common < rare < heard
    assert rare == none


def test_the_last_word_counts_once_with_the_chance_of_the_first() -> None:
    world, task = made()
    label = new_id()
    fields = {"subject": label, "digest": "same", "odds": 0.0, "subject_type": SubjectType.LABEL}
    for probability, wrong, instrument in ((0.1, True, "review"), (1.0, False, "expert"), (0.5, True, "repeat")):
        Observation.objects.create(
            project=world.project,
            task=task,
            source=new_id(),
            is_error=wrong,
            probability=probability,
            instrument=instrument,
            at=timezone.now(),
            **fields,
        )
    material = material_of(world.project.id, "label")
    assert (material.hit.tolist(), material.weights.tolist()) == ([False], [10.0])


def test_what_was_not_known_before_the_look_teaches_nothing() -> None:
    world, task = made()
    observe_labels(world.project, task, wrong=[True] * 40)
    refit(world.project.id, timezone.now())
    assert not Calibration.objects.exists()


def test_a_calibrator_serves_missing_objects_and_tasks() -> None:
    world, task = made()
    calibrator = calibrator_for(world.project.id)
    value = np.array([0.2, 0.7])
    np.testing.assert_array_equal(calibrator.missing(value, ["a", "b"]).p, value)
    features = np.array([[0.0, 0.5, 0.5, 0.0], [2.0, 0.8, 1.4, 0.2]])
    np.testing.assert_allclose(calibrator.tasks(features).p, sigmoid(features[:, 0]))
    rng = np.random.default_rng(0)
    for kind, width in ((SubjectType.PREDICTION, 0), (SubjectType.TASK, 4)):
        odds = rng.normal(0, 2, 120)
        wrong = rng.random(120) < sigmoid(odds - 2)
        for o, hit in zip(odds, wrong, strict=True):
            vector = [float(o), 0.5, 0.5, 0.1][:width]
            observe_labels(world.project, task, wrong=[bool(hit)], odds=[float(o)], subject_type=kind, vector=vector)
    refit(world.project.id, timezone.now())
    calibrator = calibrator_for(world.project.id)
    assert calibrator.missing(value, ["a", "b"]).calibrated
    assert (calibrator.missing(value, ["a", "b"]).p < value).all()
    assert calibrator.tasks(features).calibrated
    assert (calibrator.tasks(features).p < sigmoid(features[:, 0])).all()
    assert not calibrator.labels(np.zeros(1), np.zeros((1, 0)), ["a"]).calibrated


def test_the_calibrator_follows_the_latest_fit() -> None:
    world, task = made()
    now = timezone.now()
    versions = {calibrator_for(world.project.id).version}
    for minute, rate in enumerate((0.1, 0.8)):
        Observation.objects.all().delete()
        wrong = (np.random.default_rng(0).random(60) < rate).tolist()
        observe_labels(world.project, task, wrong=wrong, odds=[0.0] * 60)
        refit(world.project.id, now + timedelta(minutes=minute))
        calibrator = calibrator_for(world.project.id)
        versions.add(calibrator.version)
        p = calibrator.labels(np.zeros(1), np.zeros((1, 0)), ["a"]).p[0]
        assert abs(p - np.mean(wrong)) < 0.1
    assert len(versions) == 3
