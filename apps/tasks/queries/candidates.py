"""Which visit a claim gets: one statement over the partial indexes, locked rows skipped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, models

from apps.tasks.models import Visit, VisitStatus

# The caller's own live claim, then what is reserved for or assigned to them, then the pool. FOR UPDATE … SKIP LOCKED
# stands inside each CTE, so two callers never wait for each other and never get the same row. "Not your own work" is
# in the WHERE: no loop over candidates. A lapsed lease is not looked for here (an OR would leave the partial index);
# the sweeper returns it, and the caller sweeps the stage once when this finds nothing.
SQL = """
WITH own AS (
  SELECT v.id FROM tasks_visit v
  WHERE v.holder_id = %(user)s AND v.project_id = %(project)s AND v.stage = %(stage)s AND v.status = 1
    AND v.worker = %(worker)s AND v.lease_expires_at > {now} ORDER BY v.id LIMIT 1
), mine AS (
  SELECT v.id FROM tasks_visit v JOIN tasks_task t ON t.id = v.task_id
  WHERE v.reserved_for_id = %(user)s AND v.project_id = %(project)s AND v.stage = %(stage)s AND v.status = 0
    AND v.barred NOT LIKE %(barred)s AND NOT EXISTS (SELECT 1 FROM own)
  ORDER BY v.priority DESC, v.id LIMIT 1 {lock}
), pool AS (
  SELECT v.id FROM tasks_visit v JOIN tasks_task t ON t.id = v.task_id
  WHERE v.project_id = %(project)s AND v.stage = %(stage)s AND v.status = 0 AND v.reserved_for_id IS NULL
    AND v.barred NOT LIKE %(barred)s AND NOT EXISTS (SELECT 1 FROM own) AND NOT EXISTS (SELECT 1 FROM mine)
  ORDER BY v.priority DESC, v.id LIMIT 1 {lock}
)
SELECT id, 1 AS resumed FROM own UNION ALL SELECT id, 0 FROM mine UNION ALL SELECT id, 0 FROM pool
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    visit_id: int
    is_resumed: bool


def find_candidate(*, user_id: UUID, project_id: UUID, stage: str, worker: str) -> Candidate | None:
    """The visit that this person gets next at the stage, locked with its task (PostgreSQL); None when there is none."""
    postgres = connection.vendor == "postgresql"
    key = models.UUIDField()
    sql = SQL.format(
        now="now()" if postgres else "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
        lock="FOR UPDATE OF v, t SKIP LOCKED" if postgres else "",
    )
    params = {
        "user": key.get_db_prep_value(user_id, connection),
        "project": key.get_db_prep_value(project_id, connection),
        "stage": stage,
        "worker": worker,
        "barred": f"%|{user_id}|%",
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return Candidate(row[0], bool(row[1])) if row else None


def lapsed_visits(now: datetime, *, limit: int, project_id: UUID | None = None, stage: str = "") -> list[Visit]:
    """Claimed visits whose lease has run out, oldest first, in all or at one stage; who acts on one locks it first."""
    rows = Visit.objects.filter(status=VisitStatus.CLAIMED, lease_expires_at__lte=now)
    if project_id is not None:
        rows = rows.filter(project_id=project_id, stage=stage)
    return list(rows.order_by("lease_expires_at")[:limit])


def ended_reservations(now: datetime, *, limit: int) -> list[Visit]:
    """Waiting visits whose reservation has run out, oldest first."""
    rows = Visit.objects.filter(status=VisitStatus.WAITING, reserved_until__lte=now)
    return list(rows.order_by("reserved_until")[:limit])


def due_visits(now: datetime, *, limit: int) -> list[Visit]:
    """Open visits at routers and agents whose time-out has struck, oldest first."""
    return list(Visit.objects.filter(status__lt=VisitStatus.DONE, due_at__lte=now).order_by("due_at")[:limit])
