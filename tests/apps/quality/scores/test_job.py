"""The job goes on after a death, prices anew after a calibration, and computes what else was named."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from apps.common.clock import database_now
from apps.jobs.models import Job, JobState
from apps.jobs.operations import enqueue, running
from apps.quality.logic.calibrated import Formula, Model
from apps.quality.metrics import SCORE
from apps.quality.models import Calibration, Score, ScoreRun, SubjectType
from apps.quality.operations.scoring import pricing, sampling
from apps.quality.operations.scoring import project as scoring
from apps.quality.operations.scoring.pricing import REPRICE
from apps.quality.operations.scoring.writing import keep_scores
from apps.quality.queries.units import unit_rows
from tests.factories.quality_scores import Scored, make_scored_world

pytestmark = pytest.mark.django_db
DOUBTFUL = Model("calibrated", Formula(offset=1.0)).as_json()


def job_of(found: Scored, kind: str = SCORE, **params: Any) -> Job:
    world = found.world
    return enqueue(
        kind=kind,
        organization_id=world.organization.id,
        project_id=world.project.id,
        params=params,
        created_by=world.people["mia"],
    )


def finish(job: Job) -> Job:
    Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(run_at=None)
    running.run(job_id=job.pk, keep_lease=False)
    job.refresh_from_db()
    return job


def test_a_job_that_died_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "CHUNK", 4)
    found = make_scored_world(tasks=12)
    learned: list[int] = []
    kept: list[UUID] = []
    learn, keep = scoring.learn, keep_scores

    def learn_once(*args: Any) -> Any:
        learned.append(1)
        return learn(*args)

    def keep_some(units: Any, rows: Any, now: Any) -> int:
        kept.extend(unit.task_id for unit in units)
        if len(kept) == 8:
            raise OSError("the power went")
        return keep(units, rows, now)

    monkeypatch.setattr(scoring, "learn", learn_once)
    monkeypatch.setattr(scoring, "keep_scores", keep_some)
    job = finish(job_of(found, metrics=["mistakenness"], model=""))
    assert job.state == JobState.QUEUED
    assert ScoreRun.objects.get().finished_at is None
    assert finish(job).state == JobState.SUCCEEDED, job.error
    assert job.result is not None
    assert (job.result["tasks"], len(learned)) == (12, 1)
    assert kept == [task.id for task in found.tasks[:8]] + [task.id for task in found.tasks[4:]]
    assert Score.objects.filter(metric="mistakenness", subject_type=SubjectType.TASK).count() == 12
    counts = ScoreRun.objects.get().counts
    assert sum(counts["task_bins"]) == 12
    assert sum(counts["label_bins"]) == Score.objects.filter(metric="mistakenness", subject_type="label").count()


def test_a_large_project_is_sampled_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    found = make_scored_world(tasks=12)
    monkeypatch.setattr(sampling, "FIT_LABELS", 30)
    seen: list[UUID] = []

    def read(tasks: Any) -> Any:
        seen.extend(task.id for task in tasks)
        return unit_rows(tasks, found.model)

    units = sampling.sample_units(found.world.project.id, read, lambda share, detail: None)
    assert sum(len(unit.labels) for unit in units) <= 30
    assert units
    assert len(seen) == 12
    kept = {unit.task_id for unit in units}
    steps = [2**power for power in range(1, 8)]
    assert any(kept == {task.id for task in found.tasks if sampling.is_drawn(task.id, step)} for step in steps)


def test_only_the_last_runs_are_remembered() -> None:
    found = make_scored_world(tasks=3)
    for _ in range(3):
        found.score()
    keys = list(ScoreRun.objects.order_by("finished_at", "id").values_list("state_key", flat=True))
    assert keys[0] == ""
    assert all(keys[1:])


def test_a_new_calibration_prices_stored_evidence_anew() -> None:
    found = make_scored_world(tasks=9)
    found.score()
    rows = Score.objects.filter(metric="mistakenness")
    before = {row.id: row.value for row in rows}
    kinds = dict(rows.values_list("id", "kind"))
    expected = sum(row.value for row in Score.objects.filter(metric="expected_errors"))
    Calibration.objects.create(
        project=found.world.project, target="label", model="calibrated", parameters=DOUBTFUL, at=database_now()
    )
    job = finish(job_of(found, REPRICE))
    assert job.state == JobState.SUCCEEDED, job.error
    assert job.result == {"scores": len(before)}
    labels = rows.filter(subject_type=SubjectType.LABEL)
    assert all(row.calibrated and row.p_error == row.value and row.value > before[row.id] for row in labels)
    assert dict(rows.values_list("id", "kind")) == kinds
    missing = rows.filter(subject_type=SubjectType.PREDICTION)
    assert all(row.value == before[row.id] and not row.calibrated for row in missing)
    for task in rows.filter(subject_type=SubjectType.TASK):
        own = sum(row.value for row in rows.filter(task=task.task_id).exclude(subject_type=SubjectType.TASK))
        assert Score.objects.get(task=task.task_id, metric="expected_errors").value == pytest.approx(own)
    assert sum(row.value for row in Score.objects.filter(metric="expected_errors")) > expected
    found.score()
    assert all(row.calibrated for row in labels.all())


def test_the_summary_follows_a_new_calibration_though_the_worker_died(monkeypatch: pytest.MonkeyPatch) -> None:
    found = make_scored_world(tasks=6)
    found.score()
    before = ScoreRun.objects.get().counts
    Calibration.objects.create(
        project=found.world.project, target="label", model="calibrated", parameters=DOUBTFUL, at=database_now()
    )
    monkeypatch.setattr(pricing, "CHUNK", 3)
    job = job_of(found, REPRICE)
    some, calls = pricing.reprice_some, []

    def dying(project_id: UUID, progress: pricing.Progress) -> bool:
        calls.append(progress.rows)
        if len(calls) == 3:
            raise OSError("the worker died")
        return some(project_id, progress)

    monkeypatch.setattr(pricing, "reprice_some", dying)
    assert finish(job).state == JobState.QUEUED
    assert ScoreRun.objects.get().counts == before
    assert finish(job).state == JobState.SUCCEEDED, job.error
    after = ScoreRun.objects.get().counts
    assert after.keys() == before.keys()
    assert {name: after[name] for name in ("tasks", "labels", "missing")} == {
        name: before[name] for name in ("tasks", "labels", "missing")
    }
    rows = Score.objects.filter(metric="mistakenness")
    for subject, name in (("label", "label_bins"), ("task", "task_bins")):
        values = rows.filter(subject_type=subject).values_list("value", flat=True)
        places = [min(int(value * 20), 19) for value in values]
        assert after[name] == [places.count(place) for place in range(20)]
        assert after[name] != before[name]
    labels = rows.filter(subject_type="label")
    assert after["expected"] == pytest.approx(sum(labels.values_list("value", flat=True)))
    assert after["expected"] > before["expected"]
    assert sum(after["by_class"].values()) == pytest.approx(after["expected"] + after["expected_missing"])
    assert after["quantiles"][-1] == pytest.approx(
        max(rows.filter(subject_type="task").values_list("value", flat=True))
    )


def test_published_scores_are_computed_where_they_are_named() -> None:
    found = make_scored_world(tasks=6)
    names = ["legacy.fiftyone.mistakenness_boxes", "legacy.cleanlab.objectlab_image", "legacy.encord.relative_area"]
    found.score(metrics=names)
    assert not Score.objects.filter(metric="mistakenness").exists()
    labels = Score.objects.filter(metric="legacy.encord.relative_area")
    given = sum(found.world.label_count(task) for task in found.tasks)
    assert labels.count() == given
    assert all(0 < row.value < 1 and row.p_error is None for row in labels)
    images = Score.objects.filter(metric="legacy.cleanlab.objectlab_image")
    assert {row.subject for row in images} == {task.data_unit_id for task in found.tasks}
    found.score()
    assert (
        Score.objects.filter(metric__startswith="legacy.").count()
        == Score.objects.exclude(metric__in=("mistakenness", "hardness", "expected_errors", "confidence")).count()
    )
    found.score(metrics=names)
    assert labels.count() == given
