"""The outbox: what must leave the database is delivered at least once, by handlers that apps above register."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.tasks.models import Outbox

log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], None]
_handlers: dict[str, Handler] = {}

BATCH = 100
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=6)


def register_topic(topic: str, handler: Handler) -> None:
    """Called from ``AppConfig.ready`` of the app that delivers the topic. Handlers must be idempotent."""
    _handlers[topic] = handler


def dispatch_outbox(*, now: datetime, limit: int = BATCH) -> int:
    """Hands every due row to its topic's handler; a failed one waits, each time longer. How many were delivered.

    Rows of topics that nobody delivers stay where they are.
    """
    due = Outbox.objects.filter(done_at=None, run_at__lte=now, topic__in=_handlers).order_by("run_at", "id")
    return sum(_deliver(row_id, now) for row_id in list(due.values_list("id", flat=True)[:limit]))


@transaction.atomic
def _deliver(row_id: int, now: datetime) -> bool:
    row = Outbox.objects.select_for_update(skip_locked=True).filter(id=row_id, done_at=None).first()
    if row is None:
        return False
    try:
        with transaction.atomic():
            _handlers[row.topic](row.payload)
    except Exception as error:  # noqa: BLE001 - a handler's failure must not stop the others
        row.attempts += 1
        row.error = repr(error)[:500]
        row.run_at = now + min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(row.attempts, 12))
        row.save(update_fields=["attempts", "error", "run_at"])
        log.warning("outbox delivery failed", extra={"topic": row.topic, "row": row.id, "attempts": row.attempts})
        return False
    row.done_at = now
    row.save(update_fields=["done_at"])
    return True
