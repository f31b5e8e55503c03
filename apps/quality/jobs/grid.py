"""Celery entry points of grid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from apps.common.clock import database_now
from apps.jobs.registry import JobContext, job
from apps.quality.operations.gridding_atlases import AHEAD, ATLAS, make_atlases
from apps.quality.operations.gridding_sheets import make_sheets


@job(ATLAS)
def atlas(ctx: JobContext) -> dict[str, Any]:
    """Sprite sheets of the project's labels, or of one batch's. Goes on after the last sheets of an earlier attempt."""
    if ctx.params.get("batch"):
        ctx.progress(0.1, "cutting tiles")
        made = make_sheets(UUID(ctx.params["batch"]), now=database_now(), pause=ctx.raise_if_cancelled)
        return {"tiles": made}

    most = int(ctx.params.get("most") or AHEAD)

    def step(state: dict[str, Any]) -> None:
        ctx.checkpoint(state)
        ctx.progress(min(0.99, state["seen"] / most), f"{state['made']:,} tiles")

    return make_atlases(
        project_id=UUID(str(ctx.job.project_id)),
        class_id=str(ctx.params.get("class") or ""),
        metric=str(ctx.params.get("metric") or "mistakenness"),
        order=str(ctx.params.get("order") or "-value"),
        most=most,
        saved=dict(ctx.saved),
        step=step,
        pause=ctx.raise_if_cancelled,
        now=database_now,
    )
