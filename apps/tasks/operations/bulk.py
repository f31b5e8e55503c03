"""The same verb for many tasks: per-item results, sorted ids, one bad item never stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import DomainError, NotFound
from apps.common.problems import problem_body
from apps.common.retries import retried
from apps.tasks.models import Task
from apps.tasks.operations import manage

ACTIONS = ("assign", "unassign", "priority", "move", "reopen", "release", "archive")


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """What is to be done to each task."""

    action: str
    person: User | None = None
    priority: int = 0
    stage: str = ""
    reason: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class _DryRun(Exception):
    """Rolls a tried action back."""


def bulk_act(
    *, project_id: UUID, actor: User, task_ids: Iterable[UUID], order: BulkOrder, dry_run: bool
) -> list[dict[str, Any]]:
    """One result for each task: ``{"id", "status": "done" | "refused" | "would_do", "error"?}``.

    Each task is a transaction of its own, in id order (so two bulk actions never wait for each other in a circle). With
    ``dry_run`` everything is tried and rolled back.
    """
    ids = sorted(set(task_ids))
    known = set(Task.objects.filter(project_id=project_id, id__in=ids).values_list("id", flat=True))
    verb = _verb(order, actor)
    results = []
    for task_id in ids:
        error = _try(verb, task_id, dry_run) if task_id in known else NotFound()
        row: dict[str, Any] = {"id": str(task_id), "status": "refused" if error else "would_do" if dry_run else "done"}
        if error:
            row["error"] = problem_body(error)
        results.append(row)
    return results


def _try(verb: Callable[[UUID], Any], task_id: UUID, dry_run: bool) -> DomainError | None:
    @transaction.atomic
    def attempt() -> None:
        verb(task_id)
        if dry_run:
            raise _DryRun

    try:
        retried(attempt)
    except _DryRun:
        return None
    except DomainError as error:
        return error
    return None


def _verb(order: BulkOrder, actor: User) -> Callable[[UUID], Any]:
    match order.action:
        case "assign" | "unassign":
            person = order.person if order.action == "assign" else None
            return lambda task: manage.assign_task(task_id=task, actor=actor, person=person)
        case "priority":
            return lambda task: manage.set_priority(task_id=task, actor=actor, priority=order.priority)
        case "move":
            return lambda task: manage.move_task(task_id=task, actor=actor, stage=order.stage, reason=order.reason)
        case "reopen":
            return lambda task: manage.reopen_task(task_id=task, actor=actor, stage=order.stage, reason=order.reason)
        case "release":
            return lambda task: manage.force_release(task_id=task, actor=actor, reason=order.reason)
        case "archive":
            return lambda task: manage.archive_task(task_id=task, actor=actor, reason=order.reason)
    raise ValueError(order.action)
