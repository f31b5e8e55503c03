"""Before the processes start: the schema and the demo, each said in a line."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from apps.server.supervisor.screen import Bar, say


def prepare(home: Path) -> None:
    """Sets Django up in this process and makes the home ready. Raises what Django raises."""
    import django

    django.setup()
    logging.disable(logging.INFO)  # what this process does is told on the screen
    migrate()
    settle_demo()
    forget_last_run(home)
    from django.db import connections

    connections.close_all()


def migrate() -> None:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    with Bar("preparing the database", len(plan)) as bar:

        def progress(action: str, *_: object) -> None:
            if action == "apply_success":
                bar.step()

        executor.progress_callback = progress
        executor.migrate(executor.loader.graph.leaf_nodes(), plan=plan)


def settle_demo() -> None:
    """Loads the demo on a loopback host; elsewhere takes its people's access away first, and says so."""
    from django.conf import settings

    from apps.server.demo import settle, story

    if not settings.LOOPBACK:
        if gone := settle.disable_people():
            say(f"this host can be reached from outside: the {gone} demo people can no longer sign in")
        return
    if settle.is_settled():
        settle.enable_people()
        return
    with Bar("loading the demo", story.STEPS) as bar:
        settle.load(bar.step)


def forget_last_run(home: Path) -> None:
    """Counters and signs of life of processes that are gone."""
    from apps.common.models import WorkerBeat

    WorkerBeat.objects.all().delete()
    metrics = home / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(mode=0o700)
