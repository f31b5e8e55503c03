"""The worker's own chores: its sign of life, and forgetting stored answers."""

from __future__ import annotations

import socket

from celery import shared_task

from apps.common.clock import database_now
from apps.common.idempotency import KEPT
from apps.common.models import IdempotencyRecord, WorkerBeat

CHUNK = 5_000


@shared_task(name="apps.common.jobs.beat", ignore_result=True)
def beat() -> None:
    """Proves that broker, worker and database work together; ``/readyz`` reads it."""
    WorkerBeat.objects.update_or_create(name=socket.gethostname()[:100], defaults={"seen_at": database_now()})


@shared_task(name="apps.common.jobs.forget_answers", ignore_result=True)
def forget_answers() -> int:
    """Deletes stored answers past their 24 hours, in chunks. Answers how many."""
    old = IdempotencyRecord.objects.filter(created_at__lt=database_now() - KEPT)
    gone = 0
    while ids := list(old.order_by("created_at").values_list("pk", flat=True)[:CHUNK]):
        gone += IdempotencyRecord.objects.filter(pk__in=ids).delete()[0]
    return gone
