"""CPU seconds (user and system) of processes that are not ours to instrument, read from /proc.

On a shared machine CPU per operation is far steadier than any wall-clock figure. Of PostgreSQL only the backends of
our own database count, so other users of the same cluster do not.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from django.db import connection
from django.test.utils import CaptureQueriesContext

TICK = os.sysconf("SC_CLK_TCK")
NO_WORK = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def cpu_of(pid: int) -> float:
    """User and system seconds of the process and of its children that it has waited for; 0 when it is gone."""
    with suppress(OSError, ValueError):
        text = Path(f"/proc/{pid}/stat").read_text()
        return sum(int(field) for field in text[text.rindex(")") + 2 :].split()[11:15]) / TICK
    return 0.0


def tree(pid: int) -> list[int]:
    """The process and all below it."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in path.read_text().split():
                found += tree(int(child))
    return found


def backends() -> list[int]:
    """PostgreSQL's processes that serve our database."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return [int(pid) for (pid,) in cursor.fetchall()]


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Meter:
    """CPU of the given process trees and of our database's backends; ``ours`` counts this process too."""

    def __init__(self, roots: Iterable[int] = (), *, ours: bool = False) -> None:
        self.roots, self.ours = list(roots), ours
        self.total = self.database = 0.0

    def __enter__(self) -> Self:
        self._before, self._base = self._read(), self._backends()
        return self

    def __exit__(self, *_: object) -> None:
        self.database = self._backends() - self._base
        self.total = self._read() - self._before + self.database

    def _read(self) -> float:
        known = sum(cpu_of(pid) for root in self.roots for pid in tree(root))
        return known + (own_cpu() if self.ours else 0.0)

    def _backends(self) -> float:
        return sum(cpu_of(pid) for pid in backends())


def in_turn(count: int, *parts: tuple[Callable[[int], object], Meter]) -> list[float]:
    """Runs the parts in turn, in blocks, ``count`` operations each; the mean CPU milliseconds of one of each."""
    blocks, totals = 5, [0.0] * len(parts)
    size = max(1, count // blocks)
    for _ in range(blocks):
        for index, (part, meter) in enumerate(parts):
            with meter:
                part(size)
            totals[index] += meter.total
    return [total / (blocks * size) * 1000 for total in totals]


def statements(call: Callable[[], Any]) -> int:
    """How many SQL statements ``call`` makes, the beginnings and ends of transactions aside."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return sum(not query["sql"].lstrip().upper().startswith(NO_WORK) for query in captured.captured_queries)
