"""How jobs bear an inference process that is busy, being started, or away for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from apps.inference.gateway import Busy, Done, Late, Refused, Reply, Superseded, Trouble, Unavailable, unwrap
from apps.jobs.registry import JobContext

T = TypeVar("T")

PATIENCE = 600.0
"""Seconds that a job waits before it gives up."""

LONGEST = 10.0
PASSING = ("unreachable", "starting", "failed")


def settle(
    ctx: JobContext, ask: Callable[[], Reply[T]], *, fraction: float = 0.0, late: bool = True
) -> Done[T] | Refused:
    """Asks until the process has done it, or refuses it. Raises what it says when waiting does not help, and what
    ``ctx`` raises. An answer that comes too late is waited for again unless ``late`` is false: then it is a refusal."""
    began = time.monotonic()
    while True:
        reply = ask()
        if isinstance(reply, (Done, Refused)):
            return reply
        if isinstance(reply, Late) and not late:
            return Refused("late", "The model took too long over this image.")
        if not _passes(reply) or time.monotonic() - began > PATIENCE:
            unwrap(reply)
        ctx.raise_if_cancelled()
        ctx.progress(fraction, "waiting for the inference process")
        pause(min(LONGEST, reply.retry_after) if isinstance(reply, (Busy, Unavailable)) else 1.0)


def _passes(trouble: Trouble) -> bool:
    if isinstance(trouble, Unavailable):
        return trouble.code in PASSING
    return isinstance(trouble, (Busy, Late, Superseded))


def pause(seconds: float) -> None:
    time.sleep(seconds)
