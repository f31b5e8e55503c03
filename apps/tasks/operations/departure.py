"""A person left a project or lost a role: what they held goes back, what was kept for them is free again."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import User
from apps.tasks.logic import CLAIM_ROLES
from apps.tasks.models import Visit, VisitStatus
from apps.tasks.operations.engine import lock_task, try_out
from apps.tasks.operations.persist import persist
from apps.tasks.operations.versions import up_to_date
from workflows import commands
from workflows.results import Refused

CHUNK = 500


def release_work_of(*, project_id: UUID, user_id: UUID, roles_left: Iterable[str], actor: User | None) -> int:
    """Frees every open visit of the project that the person holds or has reserved and may no longer work on.

    Each task is a transaction of its own, so a crash in the middle loses nothing and a second call finishes. Answers
    how many tasks were freed.
    """
    left = set(roles_left)
    lost = [stage_type for stage_type, roles in CLAIM_ROLES.items() if not roles & left]
    freed = 0
    open_visits = Visit.objects.filter(project_id=project_id, stage_type__in=lost, status__lt=VisitStatus.DONE)
    theirs = open_visits.filter(
        Q(holder_id=user_id, status=VisitStatus.CLAIMED) | Q(reserved_for_id=user_id, status=VisitStatus.WAITING)
    )
    seen = 0
    while True:
        rows = list(theirs.filter(id__gt=seen).order_by("id").values_list("id", "task_id")[:CHUNK])
        if not rows:
            return freed
        seen = rows[-1][0]
        freed += sum(_free(task_id, user_id, actor) for _, task_id in sorted(rows, key=lambda row: row[1]))


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
