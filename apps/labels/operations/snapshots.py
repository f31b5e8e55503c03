"""Freezing labels at their revisions: one row a data unit, written by the database from what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.common.ids import new_id
from apps.labels.models import Snapshot, SnapshotEntry

# One statement reads every label set of the chunk as of one moment, so a set is never half of one revision.
FREEZE = """
INSERT INTO labels_snapshotentry (snapshot_id, label_set_id, data_unit_id, revision, label_count)
SELECT %s{uuid}, s.id, u.id, COALESCE(s.revision, 0), COALESCE(s.label_count, 0)
FROM datasets_dataunit u
LEFT JOIN labels_labelset s ON s.data_unit_id = u.id AND s.project_id = %s AND s.branch = 'main'
WHERE u.id IN ({marks}) ORDER BY u.id
ON CONFLICT (snapshot_id, data_unit_id) DO NOTHING
"""


def make_snapshot(
    *,
    project_id: UUID,
    name: str,
    tags: Sequence[str],
    filters: Mapping[str, Any],
    actor: User | None,
    now: datetime,
    snapshot_id: UUID | None = None,
) -> Snapshot:
    """An empty snapshot, to be filled in the same transaction or by a job. Raises Conflict when the name is taken."""
    try:
        with transaction.atomic():
            return Snapshot.objects.create(
                id=snapshot_id or new_id(),
                project_id=project_id,
                name=name,
                tags=list(tags),
                filter=dict(filters),
                created_by=actor,
                created_at=now,
            )
    except IntegrityError:
        raise Conflict("The project has a snapshot of this name.", code="name_taken", allowed=[]) from None


def freeze(*, snapshot: Snapshot, unit_ids: Sequence[UUID]) -> None:
    """Adds the labels of these data units at their present revisions; safe to repeat."""
    if not unit_ids:
        return
    postgres = connection.vendor == "postgresql"
    ids = [snapshot.id, snapshot.project_id, *unit_ids]
    sql = FREEZE.format(uuid="::uuid" if postgres else "", marks=", ".join(["%s"] * len(unit_ids)))
    with connection.cursor() as cursor:
        cursor.execute(sql, ids if postgres else [one.hex for one in ids])


def finish_snapshot(*, snapshot: Snapshot) -> Snapshot:
    """Says how much is in it, once everything is."""
    rows = SnapshotEntry.objects.filter(snapshot=snapshot)
    snapshot.entries_count = rows.count()
    snapshot.labels_count = rows.aggregate(n=Sum("label_count"))["n"] or 0
    snapshot.save(update_fields=["entries_count", "labels_count"])
    return snapshot
