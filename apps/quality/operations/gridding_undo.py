"""Taking a committed batch back, soon after: what nobody touched since is as it was, and the batch is open again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, DomainError
from apps.labels.models import Label
from apps.quality.models import GridBatch, Observation
from apps.quality.operations.gridding_commit import lock_batch, locked
from apps.quality.operations.gridding_marks import write
from apps.quality.operations.gridding_missing import taken_away
from apps.tasks.models import Comment, Issue
from apps.tasks.operations.issues import resolve_issue

SESSION = timedelta(minutes=30)
TAKEN_BACK, KEPT = "taken_back", "kept"


@transaction.atomic
def undo_batch(*, batch_id: UUID, user: User, now: datetime) -> tuple[GridBatch, list[dict[str, str]]]:
    """The batch and what became of each mark. Raises NotFound, Conflict where nothing is committed or too late."""
    batch = lock_batch(batch_id, user)
    if batch.state != "committed" or batch.committed_at is None:
        raise Conflict("The batch is not committed.", code="not_committed", allowed=["commit"])
    if now - batch.committed_at > SESSION:
        raise Conflict("It was committed too long ago.", code="too_late", allowed=[])
    marked = batch.outcome.get("undo", {})
    items = [item for item in batch.items if item["id"] in marked]
    _, labels = locked({UUID(item["task"]) for item in items}, items)
    statuses = {}
    for item in sorted(items, key=lambda item: (item["task"], item["id"])):
        label = labels.get((UUID(item["task"]), UUID(item["label"])))
        statuses[item["id"]] = taken_back(item, marked[item["id"]], label, user)
    stays = {key for key, status in statuses.items() if status == KEPT and "issue" not in marked[key]}
    sources = [uuid5(batch.id, item["id"]) for item in batch.items if item["id"] not in stays]
    Observation.objects.filter(source__in=sources).delete()
    results = [
        {"item": item["id"], "status": statuses.get(item["id"], TAKEN_BACK)}
        for item in batch.items
        if any(mark["item"] == item["id"] for mark in batch.marks)
    ]
    batch.marks, batch.sent, batch.outcome, batch.state, batch.committed_at = [], {}, {}, "open", None
    batch.save()
    return batch, results


def taken_back(item: dict[str, Any], undo: Mapping[str, Any], label: Label | None, user: User) -> str:
    """A label that was changed since, or is in somebody's hands, keeps its class; an issue that was answered stays."""
    if "issue" in undo:
        issue = Issue.objects.filter(id=undo["issue"], resolved_at=None).first()
        if issue is None or Comment.objects.filter(issue=issue).exists():
            return KEPT
        resolve_issue(issue=issue, actor=user)
        return TAKEN_BACK
    if label is None or label.changed_in != undo["revision"]:
        return KEPT
    if "added" in undo:
        return TAKEN_BACK if taken_away(item, undo, user) else KEPT
    try:
        with transaction.atomic():
            revision = write(UUID(item["task"]), user, label, undo["before"])
    except DomainError:
        return KEPT
    # The label says again what it said when the batch was frozen.
    item["changed_in"] = item["revision"] = revision
    return TAKEN_BACK
