"""A real Celery worker process over the tests' own database, with a job that dies in its middle.

Run as ``python -m tests.fakes.worker`` with LAPIDARY_TEST_DB_NAME naming the database and LAPIDARY_TEST_REDIS_URL the
broker. Jobs of kind ``test.steps`` write one organization a step; in the first attempt the process kills itself after
the effect of step ``die_at``, before its checkpoint is committed or after, as ``params["when"]`` says.
"""

from __future__ import annotations

import os
import signal
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.server.settings.test")


def main() -> None:
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = os.environ["LAPIDARY_TEST_DB_NAME"]
    import django

    django.setup()
    from apps.jobs.registry import job
    from apps.server.celery import app

    job("test.steps")(steps)
    app.conf.task_default_queue = os.environ["LAPIDARY_TEST_QUEUE"]
    app.worker_main(["worker", "--pool=solo", "--loglevel=WARNING", "--without-gossip", "--without-mingle"])


def steps(ctx: Any) -> dict[str, Any]:
    """One organization a step, each with its checkpoint in one transaction."""
    from django.db import transaction

    from apps.accounts.models import Organization

    die_at = int(ctx.params["die_at"]) if ctx.job.attempts == 1 else -1
    first = int(ctx.saved.get("next", 0))
    for number in range(first, int(ctx.params["steps"])):
        with transaction.atomic():
            Organization.objects.create(name=f"step {number}")
            ctx.checkpoint({"next": number + 1})
            if number == die_at and ctx.params["when"] == "before":
                os.kill(os.getpid(), signal.SIGKILL)
        if number == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
    return {"first": first}


if __name__ == "__main__":
    main()
