"""Handing out work: claim, heartbeat, release, expiry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from apps.common.retries import retried
from apps.common.sql import LostUpdate
from apps.flows.queries import compiled_graph
from apps.projects.policies import ProjectAccess
from apps.tasks.logic import CLAIM_ROLES, hold_end, lease_end
from apps.tasks.models import ActiveTime, TaskEvent, Visit, VisitStatus
from apps.tasks.operations.engine import Locked, carry_out, lock_task, locked_from, refusal, try_out
from apps.tasks.operations.fence import require_holder
from apps.tasks.operations.persist import persist
from apps.tasks.operations.versions import up_to_date
from apps.tasks.queries.candidates import find_candidate, lapsed_visits
from workflows.commands import Claim, EndReservation, Expire, Release, Unassign
from workflows.facts import NO_FACTS, Facts
from workflows.graph import Stage
from workflows.results import Refused

SWEEP_AT_CLAIM = 20
GRACE_MS = 60_000
TRIES = 5


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim handed out; ``is_resumed`` when the caller held it already."""

    locked: Locked
    is_resumed: bool


def stage_for_claim(access: ProjectAccess, user: User, stage_id: str) -> Stage | None:
    """The stage, if this person may claim there; None if it is not for them by skill or name.

    Raises NotFound for no such stage, Conflict where nothing can be claimed, Forbidden without the role.
    """
    if access.project.archived_at is not None:
        raise Conflict("The project is archived.", code="project_archived", allowed=[])
    stage = compiled_graph(access.project.workflow_version_id).stages.get(stage_id)
    if stage is None:
        raise NotFound
    roles = CLAIM_ROLES.get(stage.type)
    if roles is None:
        raise Conflict(f"Nothing can be claimed at a stage of type {stage.type}.", code="not_claimable", allowed=[])
    if not roles & access.roles:
        raise Forbidden("You do not have the role that works at this stage.", code="role_missing")
    listed = stage.collaborators
    if listed and str(user.id) not in listed and user.email not in listed:
        return None
    return stage if set(stage.skills) <= access.skills else None


def claim_next(*, access: ProjectAccess, user: User, stage_id: str, worker: str = "") -> Claimed | None:
    """Gives the caller their next task at the stage, under a lease; None when there is none for them.

    Raises what ``stage_for_claim`` raises.
    """
    stage = stage_for_claim(access, user, stage_id)
    if stage is None:
        return None
    for attempt in range(TRIES):
        try:
            claimed = _claim(access, user, stage_id, worker)
        except LostUpdate:
            continue  # it was taken and given back between the statement's beginning and its lock: look again
        if claimed is not None or attempt == TRIES - 1 or not _sweep_stage(access.project.id, stage_id):
            return claimed
    raise Unavailable("The queue changed too often while it was read.")


@transaction.atomic
def claim_named(*, access: ProjectAccess, user: User, stage_id: str, task_id: UUID, worker: str = "") -> Claimed | None:
    """Gives the caller this very task, if it is reserved for them or they have worked on it; None otherwise.

    Nobody picks from the pool: a task that the caller never had is not theirs to name. Raises what ``claim_next``
    raises, and NotFound for a task outside the project.
    """
    if stage_for_claim(access, user, stage_id) is None:
        return None
    locked = lock_task(task_id)
    visit = locked.visit
    if locked.task.project_id != access.project.id:
        raise NotFound
    if visit is None or visit.stage != stage_id:
        return None
    if locked.held_by(user.id) and visit.worker == worker:
        return Claimed(locked, is_resumed=True)
    theirs = visit.reserved_for_id == user.id or (
        visit.reserved_for_id is None and TaskEvent.objects.filter(task=locked.task, actor=user).exists()
    )
    unskilled = visit.needs_skill and visit.needs_skill not in access.skills
    if visit.status != VisitStatus.WAITING or not theirs or unskilled or f"|{user.id}|" in visit.barred:
        return None
    _take(locked, user, worker)
    return Claimed(locked, is_resumed=False)


@transaction.atomic
def _claim(access: ProjectAccess, user: User, stage_id: str, worker: str) -> Claimed | None:
    visit = find_candidate(
        user_id=user.id, project_id=access.project.id, stage=stage_id, worker=worker, skills=access.skills
    )
    if visit is None:
        return None
    locked = locked_from(visit.task, visit, visit)
    is_resumed = visit.status == VisitStatus.CLAIMED
    if not is_resumed:
        _take(locked, user, worker)
    return Claimed(locked, is_resumed)


def _take(locked: Locked, user: User, worker: str) -> None:
    stage = locked.graph.stage(locked.state.stage)
    until = hold_end(stage, locked.now)
    carry_out(
        locked,
        Claim(actor=str(user.id)),
        facts=Facts(emails={str(user.id): user.email}) if stage.collaborators else NO_FACTS,
        worker=worker,
        claimed_at=locked.now,
        hold_until=until,
        lease_expires_at=lease_end(stage, locked.now, until),
        wrote=False,
    )


def _sweep_stage(project_id: UUID, stage_id: str) -> int:
    """Returns lapsed claims of one stage to the queue, so an empty queue never waits for the sweeper."""
    now = database_now()
    lapsed = lapsed_visits(now, limit=SWEEP_AT_CLAIM, project_id=project_id, stage=stage_id)
    return sum(retried(partial(expire_claim, task_id=visit.task_id, token=visit.token)) for visit in lapsed)


@transaction.atomic
def expire_claim(*, task_id: UUID, token: int) -> bool:
    """Ends the claim with this token if its lease has run out. False when somebody was faster."""
    locked = lock_task(task_id)
    visit = locked.visit
    if visit is None or visit.status != VisitStatus.CLAIMED or visit.token != token or locked.is_live:
        return False
    result = try_out(locked, Expire(token=token, wrote=visit.wrote))
    if isinstance(result, Refused):
        return False
    persist(locked, result, graph=locked.graph, visit_values={})
    up_to_date(locked)
    return True


@transaction.atomic
def heartbeat(*, task_id: UUID, user: User, claim_token: int | None, active_ms: int, idle_ms: int) -> Locked:
    """Extends the lease and adds active and idle milliseconds. Raises Conflict when the claim is lost."""
    locked = lock_task(task_id)
    visit = require_holder(locked, user, claim_token)
    if min(active_ms, idle_ms) < 0:
        raise Invalid.at("/active_ms", "Milliseconds are not negative.")
    stage = locked.graph.stage(locked.state.stage)
    visit.lease_expires_at = lease_end(stage, locked.now, visit.hold_until or locked.now)
    visit.save(update_fields=["lease_expires_at"])
    record_time(locked, visit, user, active_ms, idle_ms)
    return locked


def record_time(locked: Locked, visit: Visit, user: User, active_ms: int, idle_ms: int) -> None:
    """Adds to the person's time on this task, stage and round; never more than has passed since they first held it."""
    since = visit.claimed_at or locked.now
    row, _ = ActiveTime.objects.get_or_create(
        task=locked.task,
        user=user,
        stage=locked.state.stage,
        round=locked.state.round,
        defaults={"first_at": since, "last_at": since},
    )
    room = _milliseconds(locked.now - row.first_at) + GRACE_MS - row.active_ms - row.idle_ms
    row.active_ms += (active := max(0, min(active_ms, room)))
    row.idle_ms += max(0, min(idle_ms, room - active))
    row.last_at = locked.now
    row.save(update_fields=["active_ms", "idle_ms", "last_at"])


def _milliseconds(passed: timedelta) -> int:
    return int(passed.total_seconds() * 1000)


@transaction.atomic
def release_task(*, task_id: UUID, user: User, is_manager: bool, claim_token: int | None, reason: str = "") -> Locked:
    """Gives a claimed task back to the pool, or ends a reservation. Raises Conflict, Forbidden."""
    locked = lock_task(task_id)
    visit = locked.visit
    if visit is not None and visit.status == VisitStatus.WAITING and visit.reserved_for_id is not None:
        return _end_reservation(locked, user, is_manager)
    if claim_token is not None or not is_manager:
        require_holder(locked, user, claim_token)
    wrote = bool(visit and visit.wrote)
    carry_out(
        locked,
        Release(
            actor=str(user.id),
            token=claim_token or 0,
            by_manager=is_manager and not locked.held_by(user.id),
            wrote=wrote,
            reason=reason,
        ),
    )
    return up_to_date(locked)


def _end_reservation(locked: Locked, user: User, is_manager: bool) -> Locked:
    visit = locked.visit
    if not is_manager and (visit is None or visit.reserved_for_id != user.id):
        raise Forbidden("The task is reserved for somebody else.", code="not_yours")
    command = Unassign(actor=str(user.id)) if locked.state.assigned_to else EndReservation(actor=str(user.id))
    result = try_out(locked, command)
    if isinstance(result, Refused):
        raise refusal(result)
    persist(locked, result, graph=locked.graph, visit_values={})
    return locked


def expire_leases(*, now: datetime, limit: int = 500) -> int:
    """Returns lapsed claims to their queues, one transaction each; how many were returned."""
    lapsed = lapsed_visits(now, limit=limit)
    return sum(retried(partial(expire_claim, task_id=visit.task_id, token=visit.token)) for visit in lapsed)
