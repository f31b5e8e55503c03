"""Celery entry points of routing."""

from __future__ import annotations

from typing import Any

from apps.jobs.registry import JobContext, job
from apps.quality.operations.routing_job import ROUTE, route_in_parts


@job(ROUTE)
def route_tasks(ctx: JobContext) -> dict[str, Any]:
    """Sends what the rule chooses of a large frame."""
    return route_in_parts(ctx)
