"""Scoring a whole project: learn from a sample of it, then score it some tasks at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.core.files.storage import default_storage

from apps.inference.models import PredictionModel
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.quality.models import Observation, Score, ScoreRun, SubjectType
from apps.quality.operations.scoring.answers import fit_answers
from apps.quality.operations.scoring.fitted import Fitted, fetch, keep
from apps.quality.operations.scoring.judging import Judge
from apps.quality.operations.scoring.near import Neighbourhood
from apps.quality.operations.scoring.objects import fit_objects
from apps.quality.operations.scoring.sampling import sample_units
from apps.quality.operations.scoring.suspects import suspicions
from apps.quality.operations.scoring.writing import keep_scores
from apps.quality.queries.calibrations import calibrator_for
from apps.quality.queries.score_runs import second_to_use
from apps.quality.queries.units import UnitRows, chunks, tasks_to_score, unit_rows
from apps.tasks.models import Task

VERSION = "scores-1"
CHUNK = 100
BASE, LEAST_AUDITED = 0.05, 50
QUANTILES = 200
BINS = 20

Report = Callable[[float, str], None]


@dataclass
class Tally:
    """What a run found, in sums that a checkpoint can keep."""

    tasks: int = 0
    labels: int = 0
    missing: int = 0
    expected: float = 0.0
    expected_missing: float = 0.0
    by_kind: dict[str, float] = field(default_factory=dict)
    by_class: dict[str, float] = field(default_factory=dict)
    label_bins: list[int] = field(default_factory=lambda: [0] * BINS)
    task_bins: list[int] = field(default_factory=lambda: [0] * BINS)
    sample: list[float] = field(default_factory=list)

    def add(self, rows: Sequence[Score]) -> None:
        for row in rows:
            if row.metric != "mistakenness":
                continue
            place = min(int(row.value * BINS), BINS - 1)
            if row.subject_type == SubjectType.TASK:
                self.tasks += 1
                self.task_bins[place] += 1
                self.sample.append(row.value)
                continue
            add_to(self.by_kind, row.kind or "none", row.value)
            add_to(self.by_class, row.class_id, row.value)
            if row.subject_type == SubjectType.LABEL:
                self.labels += 1
                self.expected += row.value
                self.label_bins[place] += 1
            else:
                self.missing += 1
                self.expected_missing += row.value
        if len(self.sample) > 20 * QUANTILES:
            self.sample = np.quantile(self.sample, np.linspace(0, 1, 10 * QUANTILES)).tolist()

    def counts(self) -> dict[str, Any]:
        quantiles = np.quantile(self.sample, np.linspace(0, 1, QUANTILES)).tolist() if self.sample else []
        own = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "sample"}
        return own | {"quantiles": quantiles}


def add_to(sums: dict[str, float], name: str, value: float) -> None:
    sums[name] = sums.get(name, 0.0) + value


def learn(project: Project, model: PredictionModel | None, report: Report) -> tuple[Fitted, list[str]]:
    """What the scorers know of the project, and sentences for its manager on whether the model may be believed."""
    units = sample_units(project.id, lambda tasks: unit_rows(tasks, model), report)
    fitted = fit(project, units)
    warnings = suspicions(model, units)
    other = second_to_use(project.id, model) if any(unit.wants_second for unit in units) else None
    if other is not None:
        del units
        fitted.second = fit(project, sample_units(project.id, lambda tasks: unit_rows(tasks, other), report))
        fitted.second_model = str(other.id)
        warnings.append(f"{other} speaks where {model} may not: of labels that it made, and of images that it learned.")
    return fitted, warnings


def fit(project: Project, units: Sequence[UnitRows]) -> Fitted:
    index = index_for(project.ontology_id)
    fitted = Fitted(tuple(entry.id for entry in index.objects))
    fit_objects(units, fitted, Neighbourhood(project.id, fitted.number()), base_rate(project.id), index)
    fit_answers(units, index, fitted)
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
    near = Neighbourhood(project.id, fitted.number())
    judge = Judge(project.id, index_for(project.ontology_id), fitted, calibrator_for(project.id), near, model)
    if fitted.second is None:
        return judge
    models = PredictionModel.objects.filter(id=fitted.second_model).select_related("model_version")
    other = models.first()
    return judge if other is None else replace(judge, second=replace(judge, fitted=fitted.second, model=other))
