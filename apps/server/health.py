"""/healthz: this process lives. /readyz: the whole of it works, from the schema to the worker."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from apps.common.clock import database_now
from apps.common.models import WorkerBeat
from apps.server.demo import settle

LATELY = timedelta(seconds=30)
_migrated = False


def healthz(request: HttpRequest) -> JsonResponse:
    """GET /healthz: 200 as long as the process answers."""
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def readyz(request: HttpRequest) -> JsonResponse:
    """GET /readyz: 200 when every check passes, else 503; either way each check by name."""
    try:
        checks = {"database": True, "migrated": migrated()}
        if checks["migrated"]:
            checks |= {"worker": worker_answers()}
            if settings.MODE == "local":
                checks |= {"demo": settle.is_settled()}
    except DatabaseError:
        connection.close()
        checks = {"database": False}
    ready = all(checks.values())
    answer = {"status": "ok" if ready else "not ready", "checks": checks}
    response = JsonResponse(answer, status=200 if ready else 503, headers={"Cache-Control": "no-store"})
    response._has_been_logged = True  # type: ignore[attr-defined] # not ready is an answer, no failure for the log
    return response


def migrated() -> bool:
    """Whether the schema is that of this code. Once true it stays true: nobody migrates backwards under a process."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def worker_answers() -> bool:
    """Whether a worker, and with it broker and beat, has given a sign of life lately."""
    return WorkerBeat.objects.filter(seen_at__gte=database_now() - LATELY).exists()
