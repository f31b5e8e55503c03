"""Which visit a claim gets: one statement over the partial indexes, locked rows skipped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from apps.common.kept import Kept
from apps.tasks.models import Visit, VisitStatus
from apps.tasks.queries.locking import visits_with_all

# The caller's own live claim, then what is reserved for or assigned to them, then the pool. FOR UPDATE … SKIP LOCKED
# stands inside each CTE, so two callers never wait for each other and never get the same row. "Not your own work" is
# in the WHERE: no loop over candidates. A lapsed lease is not looked for here (an OR would leave the partial index);
# the sweeper returns it, and the caller sweeps the stage once when this finds nothing.
FOUND = """
WITH own AS (
  SELECT v.id FROM tasks_visit v
  WHERE v.holder_id = %s AND v.project_id = %s AND v.stage = %s AND v.status = 1
    AND v.worker = %s AND v.lease_expires_at > {now} ORDER BY v.id LIMIT 1
), mine AS (
  SELECT v.id FROM tasks_visit v JOIN tasks_task t ON t.id = v.task_id
  WHERE v.reserved_for_id = %s AND v.project_id = %s AND v.stage = %s AND v.status = 0
    AND v.barred NOT LIKE %s AND {skilled} AND NOT EXISTS (SELECT 1 FROM own)
  ORDER BY v.priority DESC, v.id LIMIT 1 {lock}
), pool AS (
  SELECT v.id FROM tasks_visit v JOIN tasks_task t ON t.id = v.task_id
  WHERE v.project_id = %s AND v.stage = %s AND v.status = 0 AND v.reserved_for_id IS NULL
    AND v.barred NOT LIKE %s AND {skilled} AND NOT EXISTS (SELECT 1 FROM own) AND NOT EXISTS (SELECT 1 FROM mine)
  ORDER BY v.priority DESC, v.id LIMIT 1 {lock}
)
"""
CHOSEN = "SELECT id FROM own UNION ALL SELECT id FROM mine UNION ALL SELECT id FROM pool LIMIT 1"
# Reading all of the chosen visit in the same statement saves a round trip. The statement's snapshot may be older than
# the row that it locked; whoever writes then compares the task's sequence (LostUpdate) and looks again.
_WHOLE: Kept[Visit] = Kept(lambda: visits_with_all().filter(id=RawSQL(CHOSEN, ())))  # noqa: S611 - a constant


def skills_text(skills: Iterable[str]) -> str:
    """Skills as ``||a|b|``: what a visit needs, "" for nothing, stands in it between two bars."""
    return "||" + "".join(f"{skill}|" for skill in sorted(skills))


def find_candidate(
    *, user_id: UUID, project_id: UUID, stage: str, worker: str, skills: Iterable[str] = ()
) -> Visit | None:
    """The visit that this person gets next at the stage, locked with its task (PostgreSQL), as ``visits_with_all``
    has it; None when there is none. One that is claimed already is the caller's own."""
    postgres = connection.vendor == "postgresql"
    found = FOUND.format(
        now="now()" if postgres else "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
        lock="FOR UPDATE OF v, t SKIP LOCKED" if postgres else "",
        skilled=f"{'strpos' if postgres else 'instr'}(%s, '|' || v.needs_skill || '|') > 0",
    )
    user, project = (key if postgres else key.hex for key in (user_id, project_id))
    barred = f"%|{user_id}|%"
    known = skills_text(skills)
    own, mine, pool = (
        (user, project, stage, worker),
        (user, project, stage, barred, known),
        (project, stage, barred, known),
    )
    with connection.cursor() as cursor:
        cursor.execute(found + _WHOLE.sql(), [*own, *mine, *pool, *_WHOLE.parameters()])
        rows = cursor.fetchall()
    return next(iter(_WHOLE.load(rows)), None)


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
