"""Celery entry points of evaluation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apps.common.clock import database_now
from apps.jobs.registry import JobContext, job
from apps.quality.models import Evaluation
from apps.quality.operations.evaluating import EVALUATE, evaluate_parts, finish_evaluation
from apps.quality.operations.evaluating_parts import Tally
from apps.quality.operations.queueing import QUEUE, queue_matches


@job(EVALUATE)
def evaluate_model(ctx: JobContext) -> dict[str, Any]:
    """Compares data unit after data unit; goes on after the last part of an earlier attempt."""
    evaluation = Evaluation.objects.select_related("project", "model__model_version").get(id=ctx.job.id)
    tally = Tally(**ctx.saved)
    total = max(1, evaluation.model.units.count())

    def step(now: Tally) -> None:
        ctx.raise_if_cancelled()
        ctx.checkpoint(asdict(now))
        ctx.progress(min(0.95, now.parts * 200 / total), f"{now.units:,} data units compared")

    ctx.raise_if_cancelled()
    evaluate_parts(evaluation, tally, step)
    return finish_evaluation(evaluation=evaluation, tally=tally, now=database_now())


@job(QUEUE)
def send_matches(ctx: JobContext) -> dict[str, Any]:
    """Sends the tasks of matches to a stage; goes on after the last ones of an earlier attempt."""
    return queue_matches(ctx)
