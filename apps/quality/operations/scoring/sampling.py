"""The tasks that scorers learn from: drawn evenly over the whole project, as many as memory allows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.quality.queries.units import UnitRows, tasks_to_score
from apps.tasks.models import Task

Report = Callable[[float, str], None]
Read = Callable[[Sequence[Task]], list[UnitRows]]

FIT_TASKS, FIT_LABELS = 20_000, 200_000
PAGE, CHUNK = 10_000, 200
SHARE = 0.2
"""Of the job's progress."""


def is_drawn(task_id: UUID, step: int) -> bool:
    """Every ``step``-th task by a hash of its id, wherever it stands; the tasks of 2 n are among those of n."""
    return zlib.crc32(task_id.bytes) % step == 0


def sample_units(project_id: UUID, read: Read, report: Report) -> list[UnitRows]:
    """Whole tasks. When they have more labels than can be held, every other one is let go, and so on."""
    rows = tasks_to_score(project_id)
    total = rows.count()
    step = max(1, total // FIT_TASKS)
    units: list[UnitRows] = []
    labels = seen = 0
    for ids in id_pages(rows):
        drawn = [one for one in ids if is_drawn(one, step)]
        for start in range(0, len(drawn), CHUNK):
            some = [one for one in drawn[start : start + CHUNK] if is_drawn(one, step)]
            more = read(list(rows.filter(id__in=some)))
            units += more
            labels += sum(len(unit.labels) for unit in more)
            while labels > FIT_LABELS and len(units) > 1:
                step *= 2
                units = [unit for unit in units if is_drawn(unit.task_id, step)]
                labels = sum(len(unit.labels) for unit in units)
            report(SHARE * min(1.0, seen / max(total, 1)), f"{labels:,} labels read")
        seen += len(ids)
    return units


def id_pages(rows: QuerySet[Task, Any]) -> Iterator[list[UUID]]:
    """Ids by keyset."""
    ids = rows.select_related(None).values_list("id", flat=True)
    after: UUID | None = None
    while found := list((ids.filter(id__gt=after) if after else ids)[:PAGE]):
        yield found
        after = found[-1]
