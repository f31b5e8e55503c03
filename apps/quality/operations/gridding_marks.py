"""What is done about one marked label: another class in place, or an issue and, if asked for, a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import DomainError, FieldError, Invalid
from apps.common.problems import problem_body
from apps.labels.models import Label
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.logic.index import ClassEntry
from apps.tasks.models import Task
from apps.tasks.operations.corrections import correct_labels
from apps.tasks.operations.issues import open_issue
from apps.tasks.operations.manage import send_to_stage

Item = Mapping[str, Any]
Mark = dict[str, str]
"""``item kind class`` (the id of the class that the label is given, "" for none)."""

RELABEL, REASON = "relabel", "marked in the grid"


@dataclass
class Done:
    """What became of a mark. ``undo`` is what taking it back needs."""

    status: str
    error: dict[str, Any] | None = None
    undo: dict[str, Any] = field(default_factory=dict)


def read_marks(sent: Sequence[Mapping[str, Any]], items: Sequence[Item], index: OntologyIndex) -> dict[str, Mark]:
    """By item. Raises Invalid for an unknown or repeated item, and for a class that the label cannot have."""
    by_id = {item["id"]: item for item in items}
    errors: list[FieldError] = []
    marks: dict[str, Mark] = {}
    for number, mark in enumerate(sent):
        key, ref = str(mark["item"]), mark.get("class") or ""
        item, entry = by_id.get(key), index.find(ref) if ref else None
        if item is None or key in marks:
            code = "repeated_item" if item else "unknown_item"
            errors.append(FieldError(f"/marks/{number}/item", code, "Each mark names another item of the batch."))
        elif ref and (entry is None or entry.archived):
            errors.append(FieldError(f"/marks/{number}/class", "unknown_class", "The ontology has no such class."))
        elif entry and not can_be_given(entry, item):
            detail = "The label can be given another class of its shape only."
            errors.append(FieldError(f"/marks/{number}/class", "wrong_shape", detail))
        else:
            kind = "wrong_class" if entry else str(mark.get("kind") or "wrong_class")
            kind = "missing" if item.get("missing") else kind
            marks[key] = {"item": key, "kind": kind, "class": entry.id if entry else ""}
    if errors:
        raise Invalid("Some marks are not sound; nothing was kept.", errors=errors[:100])
    return marks


def can_be_given(entry: ClassEntry, item: Item) -> bool:
    """Whether the label can have the class: one of its shape, another than its own. An object that is missing may be
    added under the class that it was shown under, too."""
    other = entry.id != item["class"] or bool(item.get("missing"))
    return entry.shape == item["shape"] and not entry.is_classification and other


def carry_out(item: Item, mark: Mark, user: User, task: Task, label: Label) -> Done:
    """One item's mark; what is refused stops no other."""
    try:
        with transaction.atomic():
            return relabelled(item, mark, user, label) if mark["class"] else reported(mark, user, task, label)
    except DomainError as error:
        return Done("refused", problem_body(error))


def relabelled(item: Item, mark: Mark, user: User, label: Label) -> Done:
    """Answers of the old class mean nothing in the new one, so they go; the history keeps them."""
    before = {"class": label.class_id, "attributes": label.attributes, "origin": label.origin}
    saved = write(UUID(item["task"]), user, label, {"class": mark["class"], "attributes": {}})
    return Done("relabeled", undo={"revision": saved, "before": before})


def write(task_id: UUID, user: User, label: Label, change: dict[str, Any]) -> int:
    """The label with another class, at once and in the history. Answers the revision; raises Conflict when claimed."""
    row = {"id": str(label.label_id), "shape": label.shape, "geometry": label.geometry, **change}
    saved = correct_labels(
        task_id=task_id,
        actor=user,
        upsert=[row],
        delete=[],
        base_revision=None,
        operation=RELABEL,
        origin_kind="human",
        reason=REASON,
    )
    return saved.revision


def reported(mark: Mark, user: User, task: Task, label: Label) -> Done:
    words = mark["kind"].replace("_", " ")
    issue = open_issue(
        task=task, author=user, text=f"Marked in the grid: {words}.", x=None, y=None, label=label.label_id
    )
    return Done("flagged", undo={"issue": str(issue.id)})


def send(task_id: UUID, user: User, stage: str) -> dict[str, Any] | None:
    """Brings a task with marked labels to a stage; the refusal, if there is one."""
    try:
        with transaction.atomic():
            send_to_stage(task_id=task_id, actor=user, stage=stage, reason=REASON)
    except DomainError as error:
        return problem_body(error)
    return None
