"""A project is scored by a job: what is wrong comes first, with its kind and a sentence."""

from __future__ import annotations

import pytest

from apps.quality.models import Score, ScoreRun, SubjectType
from tests.factories.quality_scores import make_scored_world

pytestmark = pytest.mark.django_db


def test_planted_errors_come_first() -> None:
    found = make_scored_world()
    job = found.score()
    assert job.result is not None
    assert job.result["tasks"] == 24
    labels = Score.objects.filter(project=found.world.project, metric="mistakenness")
    wrong = {subject for kind, subjects in found.wrong.items() if kind != "missing" for subject in subjects}
    ordered = labels.filter(subject_type=SubjectType.LABEL).order_by("-value", "id")
    first = list(ordered.values_list("subject", flat=True)[: len(wrong) + 3])
    # Either of two copies may be called the duplicate.
    assert len(wrong & set(first)) >= len(wrong) - 1
    missing = labels.filter(subject_type=SubjectType.PREDICTION).order_by("-value")
    assert set(missing.values_list("task_id", flat=True)[:2]) == set(found.wrong["missing"])
    swapped = labels.get(subject=found.wrong["wrong_class"][0])
    assert swapped.kind == "wrong_class"
    assert "detector 1 sees" in swapped.evidence
    assert swapped.value == swapped.p_error
    assert not swapped.calibrated
    tasks = labels.filter(subject_type=SubjectType.TASK).order_by("-value", "id")
    top = set(tasks.values_list("task_id", flat=True)[: len(found.wrong_tasks)])
    assert len(top & found.wrong_tasks) >= len(found.wrong_tasks) - 1


def test_scoring_again_changes_nothing_and_forgets_nothing() -> None:
    found = make_scored_world(tasks=6)
    found.score()
    before = set(Score.objects.values_list("subject", "metric", "value"))
    found.score()
    assert set(Score.objects.values_list("subject", "metric", "value")) == before
    assert ScoreRun.objects.filter(project=found.world.project, finished_at__isnull=False).count() == 2
