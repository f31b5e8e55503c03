"""The figures of the job runner, and its rules that need no database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

ATTEMPTS = 5
# How long a worker has a job after its last sign of life.
LEASE = timedelta(seconds=60)
# A queued job unheard for this long is rung for again; the sweeper runs as often.
SWEEP = timedelta(seconds=5)
# ... and then at most this often, because its worker may only be busy.
RING_AGAIN = timedelta(seconds=60)
# A job that works longer than this is stopped and failed.
TIME_LIMIT = timedelta(hours=2)
# Progress is written at most this often.
WRITE_EVERY = timedelta(seconds=1)


def pause_before(attempt: int) -> timedelta:
    """How long a job rests before its next attempt: 2, 4, 8 … seconds."""
    return timedelta(seconds=2**attempt)


def queue_of(kind: str, queues: Mapping[str, str]) -> str | None:
    """The broker's queue for jobs of ``kind``, by what stands before its dot; None for the ordinary one."""
    return queues.get(kind.partition(".")[0])
