"""A person left a project or lost a role: what they held goes back, what was kept for them is free again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.retries import retried
from apps.jobs.operations import enqueue
from apps.projects.models import Project
from apps.tasks.logic import CLAIM_ROLES
from apps.tasks.models import Visit, VisitStatus
from apps.tasks.operations.engine import lock_task, try_out
from apps.tasks.operations.persist import persist
from apps.tasks.operations.versions import up_to_date
from workflows import commands
from workflows.results import Refused

CHUNK = 500
AT_ONCE = 100
RELEASE = "tasks.release"


@transaction.atomic
def release_work_of(*, project_id: UUID, user_id: UUID, roles_left: Iterable[str], actor: User | None) -> int:
    """Frees every open visit of the project that the person holds or has reserved and may no longer work on.

    Part of the caller's transaction for the first ``AT_ONCE``; a job frees the rest, for a person may have any number
    of tasks assigned to them. Answers how many were freed here.
    """
    freed = free_work_of(project_id=project_id, user_id=user_id, roles_left=roles_left, actor=actor, limit=AT_ONCE)
    if freed >= AT_ONCE:
        organization_id = Project.objects.values_list("organization_id", flat=True).get(id=project_id)
        params = {"project": str(project_id), "person": str(user_id)}
        enqueue(
            kind=RELEASE,
            organization_id=organization_id,
            project_id=project_id,
            params=params,
            created_by=actor,
        )
    return freed


def free_work_of(
    *, project_id: UUID, user_id: UUID, roles_left: Iterable[str], actor: User | None, limit: int | None = None
) -> int:
    """Frees at most ``limit`` of the visits, held ones among the first. Outside a transaction each task is one of its
    own, so a crash in the middle loses nothing and a second call finishes. Answers how many were freed."""
    left = set(roles_left)
    lost = [stage_type for stage_type, roles in CLAIM_ROLES.items() if not roles & left]
    open_visits = Visit.objects.filter(project_id=project_id, stage_type__in=lost, status__lt=VisitStatus.DONE)
    held = open_visits.filter(holder_id=user_id, status=VisitStatus.CLAIMED)
    kept = open_visits.filter(reserved_for_id=user_id, status=VisitStatus.WAITING)
    freed = 0
    for visits in (held, kept):
        seen = 0
        while limit is None or freed < limit:
            size = CHUNK if limit is None else limit - freed
            rows = list(visits.filter(id__gt=seen).order_by("id").values_list("id", "task_id")[:size])
            if not rows:
                break
            seen = rows[-1][0]
            for _, task_id in sorted(rows, key=lambda row: row[1]):
                freed += retried(partial(_free, task_id, user_id, actor))
    return freed


@transaction.atomic
def _free(task_id: UUID, user_id: UUID, actor: User | None) -> bool:
    locked = lock_task(task_id)
    visit = locked.visit
    if visit is None or user_id not in (visit.holder_id, visit.reserved_for_id):
        return False
    wrote = visit.wrote and visit.holder_id == user_id
    command = commands.PersonLeft(person=str(user_id), actor=str(actor.id) if actor else "", wrote=wrote)
    result = try_out(locked, command)
    if isinstance(result, Refused):
        return False
    persist(locked, result, graph=locked.graph, visit_values={})
    up_to_date(locked)
    return True
