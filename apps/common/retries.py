"""Deadlocks, serialization failures and lost updates are tried again here."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

from apps.common.sql import LostUpdate

T = TypeVar("T")
TRIES = 4


def retried(call: Callable[[], T]) -> T:
    """``call()``, up to three times more when the database asks for it. ``call`` must be one transaction (or none)."""
    for attempt in range(1, TRIES):
        try:
            return call()
        except (OperationalError, LostUpdate) as error:
            if connection.in_atomic_block or not is_transient(error):
                raise
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)
    return call()


def is_transient(error: OperationalError | LostUpdate) -> bool:
    """Deadlock (40P01), serialization failure (40001), lock timeout (55P03), SQLite's writer being busy, or a guard
    that found what was read to be out of date."""
    if isinstance(error, LostUpdate):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    return state in ("40P01", "40001", "55P03") or "database is locked" in str(error)
