"""What happens when nobody does anything: leases, reservations, routers' and agents' time-outs, late facts."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.common.retries import retried
from apps.tasks.models import Visit, VisitStatus
from apps.tasks.operations.engine import Locked, lock_task, try_out
from apps.tasks.operations.persist import persist
from apps.tasks.operations.versions import up_to_date
from apps.tasks.queries.candidates import due_visits, ended_reservations
from workflows import commands
from workflows.graph import ROUTER
from workflows.results import Refused


def _unless_refused(locked: Locked, command: commands.Command) -> bool:
    """Carries the command out, or leaves everything as it is when somebody was faster."""
    result = try_out(locked, command)
    if isinstance(result, Refused):
        return False
    persist(locked, result, graph=locked.graph, visit_values={})
    return True


@transaction.atomic
def end_reservation(*, task_id: UUID, visit_id: int) -> bool:
    """Opens a reserved task to everybody once its hours have passed."""
    locked = lock_task(task_id)
    visit = locked.visit
    if visit is None or visit.id != visit_id or visit.status != VisitStatus.WAITING:
        return False
    if visit.reserved_until is None or visit.reserved_until > locked.now:
        return False
    return _unless_refused(locked, commands.EndReservation(reason="Nobody came for it in time."))


@transaction.atomic
def strike(*, task_id: UUID, visit_id: int) -> bool:
    """Ends a stay at a router or agent stage that has taken too long."""
    locked = lock_task(task_id)
    visit = locked.visit
    if visit is None or visit.id != visit_id or visit.due_at is None or visit.due_at > locked.now:
        return False
    timer = commands.FactTimeout if visit.stage_type == ROUTER else commands.AgentTimeout
    struck = _unless_refused(locked, timer(stage=visit.stage, since=locked.state.since))
    up_to_date(locked)
    return struck


@transaction.atomic
def provide_fact(*, task_id: UUID, fact: str, value: Any, label_revision: int, scorer_version: str = "") -> bool:
    """A computed fact has arrived. False when the task no longer waits for it or was reworked since."""
    locked = lock_task(task_id)
    locked.scorer_version = scorer_version
    return _unless_refused(locked, commands.ProvideFact(fact=fact, value=value, label_revision=label_revision))


def end_reservations(*, now: datetime, limit: int = 500) -> int:
    """Ends every reservation whose hours have passed; how many."""
    rows = ended_reservations(now, limit=limit)
    return sum(retried(partial(end_reservation, task_id=row.task_id, visit_id=row.id)) for row in rows)


def strike_due(*, now: datetime, limit: int = 500) -> int:
    """Strikes every time-out that is due; how many."""
    rows: list[Visit] = due_visits(now, limit=limit)
    return sum(retried(partial(strike, task_id=row.task_id, visit_id=row.id)) for row in rows)
