"""Writes to jobs: asking for work, and doing it."""

from __future__ import annotations

from apps.jobs.operations.asking import cancel, enqueue, ring, ring_again
from apps.jobs.operations.running import run

__all__ = ["cancel", "enqueue", "ring", "ring_again", "run"]
