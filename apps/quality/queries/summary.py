"""A project's quality in one answer: the latest run's sums, nothing that is counted anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apps.inference.models import PredictionModel
from apps.jobs.models import Job, JobState
from apps.ontologies.logic import OntologyIndex
from apps.projects.models import Project
from apps.quality.metrics import SCORE, known_metrics
from apps.quality.models import ScoreRun
from apps.quality.queries.calibrations import calibrator_for
from apps.quality.queries.score_runs import latest_run

MOST = 100


def summary_of(project: Project, index: OntologyIndex) -> dict[str, Any]:
    run = latest_run(project.id)
    open_states = (JobState.QUEUED, JobState.RUNNING)
    job = Job.objects.filter(project_id=project.id, kind=SCORE, state__in=open_states).order_by("-created_at").first()
    return {
        "run": shown_run(run, index) if run else None,
        "job": str(job.pk) if job else None,
        "calibrated": calibrator_for(project.id).label.kind != "fixed",
        "models": PredictionModel.objects.filter(project=project)[:MOST].count(),
        "metrics": [{"name": name, "subject_type": of} for name, of in sorted(known_metrics().items())],
    }


def shown_run(run: ScoreRun, index: OntologyIndex) -> dict[str, Any]:
    counts = run.counts
    return {
        "id": str(run.id),
        "model": str(run.model) if run.model else None,
        "scorer_version": run.scorer_version,
        "warnings": run.warnings,
        "tasks": counts.get("tasks", 0),
        "labels": counts.get("labels", 0),
        "missing": counts.get("missing", 0),
        "expected_errors": counts.get("expected", 0.0),
        "expected_missing": counts.get("expected_missing", 0.0),
        "by_kind": parts(counts.get("by_kind", {}), str),
        "by_class": parts(counts.get("by_class", {}), index.class_name),
        "label_histogram": counts.get("label_bins", []),
        "task_histogram": counts.get("task_bins", []),
        "finished_at": run.finished_at,
    }


def parts(sums: Mapping[str, float], name: Callable[[str], str]) -> list[dict[str, Any]]:
    """The largest first."""
    ordered = sorted(sums.items(), key=lambda item: -item[1])[:MOST]
    return [{"name": name(key), "expected": value} for key, value in ordered]
