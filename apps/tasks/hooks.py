"""What apps above add to tasks: they fill these lists from their wiring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.tasks.models import Task

metrics_of: list[Callable[[Sequence[Task]], Mapping[UUID, Mapping[str, Any]]]] = []
"""By task id the ``metrics`` that API.md shows to whom evidence is shown; one bounded query a page."""


def metrics_for(tasks: Sequence[Task]) -> dict[UUID, dict[str, Any]]:
    """What every provider says of the tasks."""
    found: dict[UUID, dict[str, Any]] = {task.id: {} for task in tasks}
    for provider in metrics_of:
        for task_id, metrics in provider(tasks).items():
            found[task_id] |= metrics
    return found
