"""What a process has loaded when it begins to serve stays for good, so the collector need not look at it."""

from __future__ import annotations

import gc

THRESHOLD = 20_000


def settle() -> None:
    """Called once in each process that serves. Cycles are still collected, only not after every few hundred objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, 20, 20)
