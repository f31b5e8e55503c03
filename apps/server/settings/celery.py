"""Celery: the broker is a doorbell, the database is the truth. No results are kept in it."""

from __future__ import annotations

from typing import Any

# Longer than any task may run: Redis hands a message out again when it was not acknowledged within this time.
CELERY_VISIBILITY_TIMEOUT = 4 * 3600
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}

CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_EVENT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_SOFT_TIME_LIMIT = 2 * 3600
CELERY_TASK_TIME_LIMIT = 2 * 3600 + 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 3
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True

# Jobs of these kinds mostly wait for the inference process, for hours where there is no GPU: they have workers of their
# own, or two of them would keep imports, leases and the outbox waiting. Those of quality compute for as long.
JOB_QUEUES = {"inference": "inference", "quality": "inference"}


def every(task: str, seconds: float) -> dict[str, Any]:
    """A chore: what the worker did not get to before the next one is due is dropped, not piled up."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(seconds, 5)}}


CELERY_BEAT_SCHEDULE = {
    "worker beat": every("apps.common.jobs.beat", 5),
    "ring again for jobs": every("apps.jobs.jobs.sweep", 5),
    "leases, reservations, time-outs": every("tasks.sweep", 10),
    "built-in agents": every("tasks.agents", 15),
    "outbox": every("tasks.outbox", 5),
    "stage counters": every("tasks.roll_up", 15),
    "files that nobody needs": every("tasks.sweep_files", 24 * 3600),
    "scores, budgets, audits": every("quality.chores", 5),
    "embeddings beyond their limit": every("inference.evict", 600),
    "embeddings that nobody has counted": every("inference.settle", 24 * 3600),
    "forget stored answers": every("apps.common.jobs.forget_answers", 600),
}
