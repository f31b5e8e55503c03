"""In which projects a router can be tried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from apps.projects.models import Project
from apps.quality.models import Score, SubjectType
from apps.tasks.models import Task

MOST = 200
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def latest_first(rows: QuerySet[Project], may: Callable[[Project], bool]) -> list[dict[str, Any]]:
    """Those of the newest 200 of ``rows`` that ``may`` lets by, the most recently active first."""
    moved = Task.objects.filter(project=OuterRef("pk")).order_by("-updated_at", "-id")
    scored = Score.objects.filter(project=OuterRef("pk"), metric="mistakenness", subject_type=SubjectType.TASK)
    annotated = rows.annotate(active_at=Subquery(moved.values("updated_at")[:1]), is_scored=Exists(scored))
    found = [
        {"id": str(row.id), "name": row.name, "active_at": row.active_at, "scored": row.is_scored}
        for row in annotated.order_by("-id")[:MOST]
        if may(row)
    ]
    return sorted(found, key=lambda one: one["active_at"] or LONG_AGO, reverse=True)
