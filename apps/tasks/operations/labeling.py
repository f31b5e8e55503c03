"""Saving labels under a claim: the only way a person at a stage writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, Forbidden
from apps.common.sql import Writes
from apps.labels.models import LabelSet
from apps.labels.operations import SavedLabels, fresh_label_set, save_labels, send_save
from apps.tasks.models import Draft, Task, Visit
from apps.tasks.operations.engine import Locked, lock_task
from apps.tasks.operations.fence import StaleClaim, allowed_for, keep_draft, require_holder
from apps.tasks.operations.implied import record_implied_verdicts
from workflows.graph import AGENT, REVIEW_TYPES


@dataclass(frozen=True, slots=True)
class LabelChanges:
    """What a client wants changed: labels to write, ids to delete, and the revision it saw."""

    upsert: list[dict[str, Any]] = field(default_factory=list)
    delete: list[UUID] = field(default_factory=list)
    base_revision: int | None = None
    ontology_version: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"upsert": self.upsert, "delete": [str(label) for label in self.delete]}


@dataclass(frozen=True, slots=True)
class Fenced:
    """A refusal that commits: the claim was lost, and the labels are kept as ``draft``."""

    error: StaleClaim
    draft: Draft | None


@transaction.atomic
def save_task_labels(
    *, task_id: UUID, user: User, changes: LabelChanges, claim_token: int | None
) -> tuple[Locked, SavedLabels] | Fenced:
    """Writes a new revision of the task's labels. All or nothing.

    Raises Conflict without a live claim of one's own or at a stage that does not let labels be edited, StaleVersion
    when the labels have changed since ``base_revision``, Invalid with a pointer for each bad label.
    """
    locked = lock_task(task_id)
    try:
        visit = require_holder(locked, user, claim_token)
    except StaleClaim as error:
        return fenced(locked, user, error, changes, claim_token)
    except Forbidden as error:
        # Whoever may read them may write them once the claim is theirs: that it is another's is a matter of state.
        raise Conflict(error.detail, code=error.code, **error.extra) from None
    return locked, write_labels(locked, visit, user, changes)


def fenced(locked: Locked, user: User, error: StaleClaim, changes: LabelChanges, claim_token: int | None) -> Fenced:
    """Keeps what came with a lost claim."""
    draft = None
    if changes.upsert or changes.delete:
        draft = keep_draft(
            locked, user, claim_token=claim_token, base_revision=changes.base_revision, labels=changes.as_json()
        )
        error.extra["draft"] = str(draft.id)
    return Fenced(error, draft)


def write_labels(locked: Locked, visit: Visit, user: User, changes: LabelChanges, *, pointer: str = "") -> SavedLabels:
    """One revision, by the holder of ``visit``; edits in review record the verdicts that they imply.

    ``pointer`` is where in the body the changes stand.
    """
    task = locked.task
    stage = locked.graph.stage(locked.state.stage)
    if stage.type in REVIEW_TYPES and not stage.allow_edit:
        raise Conflict("Labels cannot be edited at this stage.", code="not_editable", allowed=allowed_for(locked, user))
    key = (task.project_id, task.data_unit_id, visit.branch)
    writes = Writes()
    saved = save_labels(
        label_set_key=key,
        base_revision=changes.base_revision,
        upsert=changes.upsert,
        delete=changes.delete,
        author=user,
        stage=stage.id,
        stage_type=stage.type,
        round=locked.state.round,
        ontology_index=locked.ontology,
        ontology_version=changes.ontology_version,
        size=(task.data_unit.width, task.data_unit.height),
        operation="save",
        origin_kind="agent" if stage.type == AGENT else "human",
        now=locked.now,
        pointer=pointer,
        # The task's lock orders the writers of its labels: when it has no label set, there is none.
        known=task.label_set if task.label_set_id else fresh_label_set(key),
        writes=writes,
    )
    if not saved.changed:
        return saved
    if task.label_set_id is None:
        writes.update(Task, {"id": task.id}, {"label_set_id": saved.label_set.id})
    task.label_set = saved.label_set
    if not visit.wrote:
        visit.wrote = True
        writes.update(Visit, {"id": visit.id}, {"wrote": True})
    send_save(writes, saved.label_set)
    if stage.type in REVIEW_TYPES:
        record_implied_verdicts(locked, visit, user, saved)
    return saved


def attach(task: Task, label_set: LabelSet) -> None:
    """The label set is made at the first save; the task learns of it then."""
    if task.label_set_id is None:
        Task.objects.filter(id=task.id).update(label_set=label_set)
    task.label_set = label_set
