"""The inbox: telling people, and what they have read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.tasks.models import Notification, Task


def tell(*, people: Iterable[UUID], kind: str, task: Task, actor: User, text: str, now: datetime) -> None:
    """One entry for each person but the actor. Part of the caller's transaction."""
    Notification.objects.bulk_create(
        [
            Notification(user_id=person, kind=kind, task=task, actor=actor, text=text[:500], created_at=now)
            for person in sorted(set(people))
            if person != actor.id
        ]
    )


def mark_read(*, user: User, ids: Sequence[int]) -> int:
    """Marks one's own entries as read; others' ids do nothing. Safe to repeat."""
    return Notification.objects.filter(user=user, id__in=ids, read_at=None).update(read_at=database_now())
