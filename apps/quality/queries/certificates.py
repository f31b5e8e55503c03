"""The certificate of now or of a snapshot, computed and kept for minutes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count, Max, Sum

from apps.common.clock import database_now
from apps.labels.models import Snapshot
from apps.projects.models import Project
from apps.quality.logic.certificate.report import Repeats, document
from apps.quality.models import GridBatch, Repeat
from apps.quality.queries.audits import repeat_counts, settings_of
from apps.quality.queries.frames import material_of
from apps.tasks.models import Selection, Task
from apps.tasks.queries.counts import status_counts
from apps.tasks.transfer.freezing import snapshots_of
from workflows.state import COMPLETE

AT_ONCE = 200_000
TASKS_AT_ONCE = 40_000
KEPT_SECONDS = 300


def certified(
    project: Project, snapshot: Snapshot | None, seen: Callable[[int], None] = lambda _: None
) -> dict[str, Any]:
    """The document as of now; its class lines carry ids. Kept while nothing has happened in the project."""
    key = kept_under(project, snapshot)
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        settings = settings_of(project.id)
        found = document(
            material_of(project, snapshot, database_now(), seen),
            confidence=settings.confidence,
            target=settings.target_share,
            repeats=Repeats(*repeat_counts(project.id)),
        )
        cache.set(key, found, KEPT_SECONDS)
    return found


def kept_under(project: Project, snapshot: Snapshot | None) -> str:
    """Names everything that the document rests on: the last step, draw, repeat, batch of the grid and settings."""
    settings = settings_of(project.id)
    parts = [
        project.id,
        snapshot.id if snapshot else "now",
        Task.objects.filter(project=project).aggregate(at=Max("updated_at"))["at"],
        Selection.objects.filter(project=project).aggregate(last=Max("id"))["last"],
        Repeat.objects.filter(project=project).aggregate(labels=Sum("labels"), agreed=Sum("agreed")),
        sorted(
            GridBatch.objects.filter(project=project)
            .order_by()
            .values_list("state")
            .annotate(n=Count("id"), last=Max("committed_at"))
        ),
        settings.target_share,
        settings.confidence,
    ]
    return "certificate-" + hashlib.sha256(repr(parts).encode()).hexdigest()


def is_large(project: Project, snapshot: Snapshot | None) -> bool:
    """Whether the frame is more than a request should read."""
    if snapshot is not None:
        return snapshot.labels_count > AT_ONCE or snapshot.entries_count > TASKS_AT_ONCE
    counts = status_counts(project)
    if sum(n for (_, status), n in counts.items() if status == COMPLETE) > TASKS_AT_ONCE:
        return True
    labels = Task.objects.filter(project=project, status=COMPLETE).aggregate(n=Sum("label_set__label_count"))["n"]
    return (labels or 0) > AT_ONCE


def named(said: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The document with the classes' present names beside their ids."""

    def lines(found: Any) -> list[dict[str, Any]]:
        return [line | {"class_id": line["class"], "class": names.get(line["class"], line["class"])} for line in found]

    return {**said, "classes": lines(said["classes"]), "parts": lines(said["parts"])}


def about(project: Project, snapshot: Snapshot | None, at: datetime) -> dict[str, Any]:
    """What the document is of."""
    return {
        "project": str(project.id),
        "project_name": project.name,
        "snapshot": str(snapshot.id) if snapshot else None,
        "snapshot_name": snapshot.name if snapshot else None,
        "at": at.isoformat(),
    }


def snapshot_for(project: Project, snapshot_id: UUID) -> Snapshot | None:
    """A whole one of the project."""
    return snapshots_of(project.id).filter(id=snapshot_id).first()
