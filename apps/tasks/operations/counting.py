"""The roll-up of stage counts: deltas are summed into rows by one worker at a time."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from apps.tasks.models import StageCount, StageDelta

LOCK = 7_201_101
BATCH = 20_000


@transaction.atomic
def roll_up_counts() -> int:
    """Folds the oldest deltas into the counts; how many, or 0 if another does it. Readers add both: no step is seen."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return 0
    rows = list(StageDelta.objects.order_by("id")[:BATCH])
    sums: dict[tuple[UUID, str, str], int] = defaultdict(int)
    for row in rows:
        sums[row.project_id, row.stage, row.status] += row.n
    for (project_id, stage, status), n in sorted(sums.items(), key=str):
        StageCount.objects.get_or_create(project_id=project_id, stage=stage, status=status)
        StageCount.objects.filter(project_id=project_id, stage=stage, status=status).update(n=F("n") + n)
    StageDelta.objects.filter(id__in=[row.id for row in rows]).delete()
    return len(rows)
