"""What the beat calls."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from apps.common.clock import database_now
from apps.quality.operations.chores import run_chores


@shared_task(name="quality.chores", ignore_result=True)
def chores(**_: Any) -> None:
    """Every few seconds: verdicts are observed, changed labels scored, budgets spent, audits drawn."""
    run_chores(database_now())
