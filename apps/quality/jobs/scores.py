"""Celery entry points of scores."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from apps.common.clock import database_now
from apps.inference.models import PredictionModel
from apps.jobs.registry import JobContext, job
from apps.projects.models import Project
from apps.quality.metrics import SCORE, SCORED, families_of, family_handler, usual_metrics
from apps.quality.operations.scoring.facts import answer_waiting
from apps.quality.operations.scoring.pricing import REPRICE, STAGES, Progress, reprice
from apps.quality.operations.scoring.project import score_project
from apps.quality.queries.score_runs import model_to_use


@job(SCORE)
def score(ctx: JobContext) -> dict[str, Any]:
    """All metrics that were asked for (none named: every one): what others compute first, because neighbours come of
    it, then the scorers' own; published scores only where they are named. Goes on after the
    last part of an earlier attempt."""
    project = Project.objects.get(id=str(ctx.job.project_id))
    asked = frozenset(ctx.params.get("metrics") or usual_metrics())
    saved: dict[str, Any] = dict(ctx.saved)
    families = families_of(asked)
    own = bool(asked & SCORED.keys())
    parts = len(families) + 2 * own
    done: dict[str, Any] = dict(saved.get("families", {}))

    def reporter(place: int, weight: int) -> Any:
        def report(share: float, detail: str) -> None:
            ctx.raise_if_cancelled()
            ctx.progress(min(0.99, (place + weight * share) / max(parts, 1)), detail)

        return report

    for place, (family, metrics) in enumerate(families.items()):
        if family not in done:
            done[family] = family_handler(family)(project.id, metrics, reporter(place, 1))
            ctx.checkpoint(saved | {"families": done})
    result: dict[str, Any] = {"counts": done}
    if own:
        result |= score_own(ctx, project, saved | {"families": done}, reporter(len(families), 2))
        result["answered"] = answer_waiting(project.id)
    return result


def score_own(ctx: JobContext, project: Project, saved: dict[str, Any], report: Any) -> dict[str, Any]:
    named = ctx.params.get("model")
    models = PredictionModel.objects.select_related("model_version")
    model = models.filter(id=UUID(named)).first() if named else model_to_use(project.id)

    def checkpoint(state: dict[str, Any]) -> None:
        ctx.checkpoint({"families": saved.get("families", {}), **state})

    run = score_project(
        run_id=ctx.job.id,
        project=project,
        model=model,
        metrics=ctx.params.get("metrics") or sorted(usual_metrics()),
        saved={key: value for key, value in saved.items() if key != "families"},
        checkpoint=checkpoint,
        report=report,
        now=database_now,
    )
    counts = run.counts
    return {
        "model": str(model) if model else None,
        "tasks": counts["tasks"],
        "labels": counts["labels"],
        "missing": counts["missing"],
        "expected_errors": counts["expected"] + counts["expected_missing"],
        "warnings": run.warnings,
    }


@job(REPRICE)
def reprice_scores(ctx: JobContext) -> dict[str, Any]:
    """The calibration has changed: the stored evidence is priced anew."""

    def checkpoint(progress: Progress) -> None:
        ctx.raise_if_cancelled()
        ctx.checkpoint(asdict(progress))
        ctx.progress(progress.stage / len(STAGES), f"{progress.rows:,} scores")

    project_id = UUID(str(ctx.job.project_id))
    return {"scores": reprice(project_id=project_id, progress=Progress.of(ctx.saved), checkpoint=checkpoint)}
