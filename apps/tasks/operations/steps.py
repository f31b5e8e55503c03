"""The steps that close a held visit: submit, skip, approve, reject, escalate, proceed."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, FieldError, Forbidden, Invalid
from apps.labels.queries import labels_of
from apps.ontologies.logic import missing_required
from apps.tasks.logic import CLAIM_ROLES
from apps.tasks.models import Verdict, Visit
from apps.tasks.operations.engine import Locked, carry_out, lock_task
from apps.tasks.operations.fence import StaleClaim, allowed_for, require_holder
from apps.tasks.operations.implied import record_implicit_approvals, supersede, verdict_row
from apps.tasks.operations.labeling import Fenced, LabelChanges, fenced, write_labels
from apps.tasks.operations.versions import up_to_date
from apps.tasks.queries.drawn import shown_ids
from workflows import commands
from workflows.machine import allowed_actions

CLOSING: dict[str, Callable[..., commands.Command]] = {
    "submit": commands.Submit,
    "skip": commands.Skip,
    "approve": commands.Approve,
    "reject": commands.Reject,
    "escalate": commands.Escalate,
}


@dataclass(frozen=True, slots=True)
class RejectedLabel:
    """One label that a rejection names."""

    label: UUID
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What a person sends to close their visit. ``outcome`` is for agents, ``rejected`` for rejections."""

    verb: str
    claim_token: int | None = None
    reason: str = ""
    outcome: str = ""
    verified_empty: bool = False
    rejected: list[RejectedLabel] = field(default_factory=list)
    changes: LabelChanges | None = None


@transaction.atomic
def take_step(*, task_id: UUID, user: User, step: Step) -> Locked | Fenced:
    """Saves the labels sent along, checks what the verb demands, and moves the task on.

    Raises Conflict with ``allowed`` where stage or state do not allow it, Forbidden for the wrong person, Invalid for
    missing answers; answers Fenced when the claim was lost (labels are kept as a draft).
    """
    locked = lock_task(task_id)
    try:
        visit = require_holder(locked, user, step.claim_token)
    except StaleClaim as error:
        return fenced(locked, user, error, step.changes or LabelChanges(), step.claim_token)
    offered = allowed_actions(locked.graph, locked.state, str(user.id))
    if step.verb not in offered:
        raise Conflict("The task's stage does not offer this.", code="not_offered", allowed=list(offered))
    if step.changes is not None and (step.changes.upsert or step.changes.delete):
        write_labels(locked, visit, user, step.changes, pointer="/labels")
    PREPARE[step.verb](locked, visit, user, step)
    carry_out(locked, _command(locked, visit, user, step))
    return up_to_date(locked)


def _command(locked: Locked, visit: Visit, user: User, step: Step) -> commands.Command:
    carried: dict[str, Any] = {
        "actor": str(user.id),
        "token": visit.token,
        "wrote": visit.wrote,
        "label_revision": locked.task.label_set.revision if locked.task.label_set else 0,
        "reason": step.reason,
    }
    if step.verb == "proceed":
        return commands.Proceed(**carried, outcome=step.outcome)
    return CLOSING[step.verb](**carried)


def _prepare_submit(locked: Locked, _visit: Visit, _user: User, step: Step) -> None:
    """Every required answer is there; an empty label set was meant."""
    task = locked.task
    index = locked.ontology
    count = task.label_set.label_count if task.label_set else 0
    missing = missing_required(index, labels_of(task.label_set)) if index.demands else []
    if missing:
        errors = [FieldError(item.pointer, item.code, item.detail) for item in missing]
        raise Invalid("Required answers are missing.", code="required_missing", errors=errors)
    if not count and not step.verified_empty:
        raise Invalid.at("/verified_empty", "Nothing is labeled. Say verified_empty if that is right.", code="empty")


def _prepare_approve(locked: Locked, visit: Visit, user: User, _step: Step) -> None:
    """Nothing stands rejected, a strict review has a word on every label, and the rest is approved implicitly."""
    standing = Verdict.objects.filter(visit=visit, superseded=False, label__isnull=False)
    rejected = [
        str(label)
        for label in standing.filter(verdict="rejected").exclude(source="edit").values_list("label", flat=True)
    ]
    reported = Verdict.objects.filter(visit=visit, superseded=False, label=None, verdict="rejected")
    missing = reported.filter(source="explicit").count()
    if rejected or missing:
        raise Conflict(
            "A label stands rejected." if rejected else "An object was reported missing.",
            code="standing_rejection",
            labels=rejected,
            allowed=allowed_for(locked, user),
        )
    stage = locked.graph.stage(locked.state.stage)
    if stage.strict:
        said = set(standing.values_list("label", flat=True))
        shown = shown_ids(locked.task, stage, list(labels_of(locked.task.label_set)))
        open_labels = [str(label) for label in shown if label not in said]
        if open_labels:
            raise Conflict(
                "Every label shown needs a verdict here.",
                code="verdicts_missing",
                labels=open_labels[:100],
                allowed=allowed_for(locked, user),
            )
    record_implicit_approvals(locked, visit, user)


def _prepare_reject(locked: Locked, visit: Visit, user: User, step: Step) -> None:
    """The labels that the rejection names exist, and get their verdicts."""
    known = {UUID(label) for label in labels_of(locked.task.label_set)} if step.rejected else set()
    errors = [
        FieldError(f"/labels/{i}/label", "unknown_label", "The task has no such label.")
        for i, item in enumerate(step.rejected)
        if item.label not in known
    ]
    if errors:
        raise Invalid("The rejection names labels that are not there.", errors=errors)
    by_label = {item.label: item for item in step.rejected}
    supersede(visit, list(by_label))
    rows = [
        verdict_row(locked, visit, user, label=label, verdict="rejected", kind=item.kind, reason=item.reason)
        for label, item in by_label.items()
    ]
    Verdict.objects.bulk_create(rows)


def _prepare_nothing(_locked: Locked, _visit: Visit, _user: User, _step: Step) -> None:
    """The verb demands nothing more."""


PREPARE = {
    "submit": _prepare_submit,
    "approve": _prepare_approve,
    "reject": _prepare_reject,
    "skip": _prepare_nothing,
    "escalate": _prepare_nothing,
    "proceed": _prepare_nothing,
}


@transaction.atomic
def recall_task(*, task_id: UUID, user: User, roles: AbstractSet[str] | None = None) -> Locked:
    """Takes back one's own last step while the next visit is unclaimed. Raises Conflict, Forbidden.

    ``roles`` are the person's at present: whoever lost that of the step's stage cannot have the task back.
    """
    locked = lock_task(task_id)
    last = locked.state.last
    if roles is not None and last is not None and not CLAIM_ROLES.get(last.stage_type, frozenset()) & roles:
        raise Forbidden("You no longer have the role that works at that stage.", code="role_missing")
    carry_out(locked, commands.Recall(actor=str(user.id)))
    return locked
