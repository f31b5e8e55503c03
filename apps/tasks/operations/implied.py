"""Verdicts that nobody spelled out: what an edit in review implies, and what an approval says of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.accounts.models import User
from apps.labels.models import Label
from apps.tasks.models import Verdict, Visit

if TYPE_CHECKING:
    from apps.labels.operations import SavedLabels
    from apps.tasks.operations.engine import Locked


def record_implied_verdicts(locked: Locked, visit: Visit, user: User, saved: SavedLabels) -> None:
    """An edit in review says what was wrong: added = missing, deleted = spurious, moved, reclassified, re-answered."""
    rows = []
    for change in saved.changed:
        kind = implied_kind(change.before, change.after)
        if kind is None:
            continue
        after = change.after or {}
        rows.append(
            verdict_row(
                locked,
                visit,
                user,
                label=UUID(change.id) if kind != "missing" else None,
                verdict="rejected",
                kind=kind,
                class_id=after.get("class", ""),
                geometry=after.get("geometry"),
                source="edit",
            )
        )
    supersede(visit, [row.label for row in rows])
    Verdict.objects.bulk_create(rows)


def implied_kind(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str | None:
    """The kind of error that replacing ``before`` by ``after`` admits; None when they say the same."""
    if before is None:
        return "missing"
    if after is None:
        return "spurious"
    if before["class"] != after["class"]:
        return "wrong_class"
    if before["geometry"] != after["geometry"]:
        return "badly_located"
    return "wrong_attribute" if before["attributes"] != after["attributes"] else None


def record_implicit_approvals(locked: Locked, visit: Visit, user: User) -> None:
    """Labels approved only because their task was: marked so, because they are no evidence of a look."""
    task = locked.task
    if task.label_set_id is None:
        return
    said = set(
        Verdict.objects.filter(visit=visit, superseded=False, label__isnull=False).values_list("label", flat=True)
    )
    labels = Label.objects.filter(label_set_id=task.label_set_id).values_list("label_id", flat=True)
    rows = [
        verdict_row(locked, visit, user, label=label, verdict="approved", source="task", implicit=True)
        for label in labels
        if label not in said
    ]
    Verdict.objects.bulk_create(rows, batch_size=500)


def verdict_row(locked: Locked, visit: Visit, user: User, *, label: UUID | None, verdict: str, **more: Any) -> Verdict:
    return Verdict(
        task=locked.task,
        visit=visit,
        reviewer=user,
        label=label,
        verdict=verdict,
        label_revision=locked.task.label_set.revision if locked.task.label_set else 0,
        round=locked.state.round,
        created_at=locked.now,
        **more,
    )


def supersede(visit: Visit, labels: list[UUID | None]) -> None:
    """A later word on a label in the same visit replaces the earlier one, which is kept."""
    named = [label for label in labels if label is not None]
    if named:
        Verdict.objects.filter(visit=visit, label__in=named, superseded=False).update(superseded=True)
