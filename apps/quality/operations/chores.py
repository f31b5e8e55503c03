"""What quality does by itself, in this order: verdicts are observed before the labels that they changed are scored
anew, and only what is scored is routed or audited. Each step is bounded and goes on at the next call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

log = logging.getLogger(__name__)

Chore = Callable[[datetime], int]
_chores: dict[str, tuple[int, Chore]] = {}


def register_chore(name: str, order: int, chore: Chore) -> None:
    """``chore(now)`` does a bounded amount of work and answers how much it did."""
    _chores[name] = (order, chore)


def run_chores(now: datetime) -> dict[str, int]:
    """Runs every chore once; one that fails stops no other."""
    done: dict[str, int] = {}
    for name, (_, chore) in sorted(_chores.items(), key=lambda item: (item[1][0], item[0])):
        try:
            done[name] = chore(now)
        except Exception:
            log.exception("a quality chore failed", extra={"chore": name})
    return done
