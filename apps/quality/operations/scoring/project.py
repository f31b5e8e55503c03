"""Scoring a whole project: learn from a sample of it, then score it some tasks at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.core.files.storage import default_storage

from apps.inference.models import PredictionModel
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.models import Observation, ScoreRun, SubjectType
from apps.quality.operations.scoring.answers import fit_answers
from apps.quality.operations.scoring.answers_alone import fit_answers_alone
from apps.quality.operations.scoring.fitted import Fitted, fetch, keep
from apps.quality.operations.scoring.judging import Judge
from apps.quality.operations.scoring.near import Neighbourhood
from apps.quality.operations.scoring.near_answers import Lookalikes
from apps.quality.operations.scoring.objects import fit_objects
from apps.quality.operations.scoring.sampling import sample_units
from apps.quality.operations.scoring.suspects import suspicions
from apps.quality.operations.scoring.tally import Tally
from apps.quality.operations.scoring.writing import keep_scores
from apps.quality.queries.calibrations import calibrator_for
from apps.quality.queries.embedding import in_use, method_in_use
from apps.quality.queries.score_runs import second_to_use
from apps.quality.queries.units import UnitRows, chunks, tasks_to_score, unit_rows
from apps.tasks.models import Task

VERSION = "scores-1"
CHUNK = 100
BASE, LEAST_AUDITED = 0.05, 50

Report = Callable[[float, str], None]


def learn(project: Project, model: PredictionModel | None, report: Report) -> tuple[Fitted, list[str]]:
    """What the scorers know of the project, and sentences for its manager on whether the model may be believed."""
    units = sample_units(project.id, lambda tasks: unit_rows(tasks, model), report)
    fitted = fit(project, units)
    warnings = suspicions(model, units)
    other = second_to_use(project.id, model) if any(unit.wants_second for unit in units) else None
    warnings += compared_by(project.id)
    if other is not None:
        del units
        fitted.second = fit(project, sample_units(project.id, lambda tasks: unit_rows(tasks, other), report))
        fitted.second_model = str(other.id)
        warnings.append(f"{other} speaks where {model} may not: of labels that it made, and of images that it learned.")
    return fitted, warnings


def compared_by(project_id: UUID) -> list[str]:
    """A sentence where neighbours are found by another method than the settings ask for."""
    now = in_use(project_id)
    if now["trouble"]:
        return [f"Neighbours were found by {now['name']}: {now['trouble']}"]
    return []


def fit(project: Project, units: Sequence[UnitRows]) -> Fitted:
    index = index_for(project.ontology_id)
    fitted = Fitted(tuple(entry.id for entry in index.objects), method=method_in_use(project.id))
    alike, base = Lookalikes(project.id, fitted.method), base_rate(project.id)
    fit_objects(units, fitted, Neighbourhood(project.id, fitted.number(), fitted.method), base, index)
    fit_answers(units, index, fitted, alike)
    fit_answers_alone(units, index, fitted, alike, base)
    return fitted


def base_rate(project_id: UUID) -> float:
    """The share of wrong labels that random looks have found, else the documented guess."""
    rows = Observation.objects.filter(project_id=project_id, subject_type=SubjectType.LABEL, at_random=True)
    found = list(rows.order_by("-id").values_list("is_error", "probability")[:5_000])
    if len(found) < LEAST_AUDITED:
        return BASE
    weight = np.array([1 / max(p, 1e-3) for _, p in found])
    return float(np.clip(np.average([wrong for wrong, _ in found], weights=weight), 0.002, 0.5))


def score_project(
    *,
    run_id: UUID,
    project: Project,
    model: PredictionModel | None,
    metrics: Sequence[str],
    saved: Mapping[str, Any],
    checkpoint: Callable[[dict[str, Any]], None],
    report: Report,
    now: Callable[[], datetime],
) -> ScoreRun:
    """Goes on from ``saved``: the fitted file, the last task scored, the sums. Safe to repeat."""
    run, _ = ScoreRun.objects.get_or_create(
        id=run_id,
        defaults={
            "project": project,
            "model": model,
            "metrics": list(metrics),
            "scorer_version": VERSION,
            "started_at": now(),
        },
    )
    key = str(saved.get("state", ""))
    if not key:
        fitted, run.warnings = learn(project, model, report)
        key = run.state_key = keep(fitted, f"quality/{project.id}/{run_id}.npz")
        run.save(update_fields=["state_key", "warnings"])
        checkpoint({"state": key})
    tally = Tally(**saved.get("tally", {}))
    after = UUID(saved["after"]) if saved.get("after") else None
    judge = judge_of(project, fetch(key), model)
    total = max(1, Task.objects.filter(project_id=project.id, label_set__revision__gt=0).count())
    for tasks in chunks(tasks_to_score(project.id), after=after, size=CHUNK):
        # Another calibration may have come in the meantime: what is written from now on has it.
        judge, moment = replace(judge, calibrator=calibrator_for(project.id)), now()
        units = judge.read(tasks)
        rows = judge.scores(units, moment)
        keep_scores(units, rows, moment)
        tally.add(rows)
        checkpoint({"state": key, "after": str(tasks[-1].id), "tally": vars(tally)})
        report(0.2 + 0.8 * min(1.0, tally.tasks / total), f"{tally.tasks:,} tasks scored")
    run.counts, run.finished_at = tally.counts(), now()
    run.save(update_fields=["counts", "finished_at"])
    forget_old(project.id)
    return run


def forget_old(project_id: UUID) -> None:
    """Deletes what earlier runs learned; the last but one may still be in use."""
    runs = ScoreRun.objects.filter(project_id=project_id, finished_at__isnull=False).order_by("-finished_at", "-id")
    for old in runs[2:]:
        if old.state_key:
            default_storage.delete(old.state_key)
            ScoreRun.objects.filter(id=old.id).update(state_key="")


def judge_of(project: Project, fitted: Fitted, model: PredictionModel | None) -> Judge:
    index, near = index_for(project.ontology_id), Neighbourhood(project.id, fitted.number(), fitted.method)
    alike = Lookalikes(project.id, fitted.method)
    judge = Judge(project.id, index, fitted, calibrator_for(project.id), near, model, alike)
    if fitted.second is None:
        return judge
    models = PredictionModel.objects.filter(id=fitted.second_model).select_related("model_version")
    other = models.first()
    return judge if other is None else replace(judge, second=replace(judge, fitted=fitted.second, model=other))
