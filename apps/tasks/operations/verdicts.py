"""A reviewer's word on a label or on a missing object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, Invalid
from apps.labels.logic import check_geometry
from apps.labels.models import Label
from apps.ontologies.queries import index_for
from apps.tasks.models import Verdict
from apps.tasks.operations.engine import Locked, lock_task
from apps.tasks.operations.fence import allowed_for, require_holder
from apps.tasks.operations.implied import supersede, verdict_row
from workflows.graph import REVIEW_TYPES


@dataclass(frozen=True, slots=True)
class Word:
    """What the reviewer says. ``label`` None reports an object that nobody labeled."""

    label: UUID | None
    verdict: str
    kind: str = ""
    class_ref: str = ""
    geometry: dict[str, Any] | None = None
    reason: str = ""
    comment: str = ""
    mode: str = ""
    elapsed_ms: int | None = None


@transaction.atomic
def give_verdict(*, task_id: UUID, user: User, word: Word, claim_token: int | None = None) -> Verdict:
    """Records the verdict of the holder of a review visit; a later word on the same label replaces the earlier.

    Raises Conflict outside a held review, Invalid for an unknown label, class or geometry, or a kind that does not fit.
    """
    locked = lock_task(task_id)
    visit = require_holder(locked, user, claim_token)
    if visit.stage_type not in REVIEW_TYPES:
        raise Conflict("Verdicts are given at review stages.", code="not_a_review", allowed=allowed_for(locked, user))
    class_id = _check(locked, word)
    if word.label is not None:
        supersede(visit, [word.label])
    verdict = verdict_row(
        locked,
        visit,
        user,
        label=word.label,
        verdict=word.verdict,
        kind=word.kind or ("missing" if word.label is None and word.verdict == "rejected" else ""),
        class_id=class_id,
        geometry=word.geometry,
        reason=word.reason,
        comment=word.comment,
        mode=word.mode,
        elapsed_ms=word.elapsed_ms,
    )
    verdict.save(force_insert=True)
    return verdict


def _check(locked: Locked, word: Word) -> str:
    """The class id that the word names, if any. Raises Invalid."""
    _check_kind(word)
    task = locked.task
    if word.label is not None and not _exists(task.label_set_id, word.label):
        raise Invalid.at("/label", "The task has no such label.", code="unknown_label")
    entry = index_for(task.project.ontology_id).find(word.class_ref) if word.class_ref else None
    if word.class_ref and entry is None:
        raise Invalid.at("/class", "The ontology has no such class.", code="unknown_class")
    if word.geometry is not None:
        shape = entry.shape if entry else _shape_of(task.label_set_id, word.label)
        size = (task.data_unit.width, task.data_unit.height)
        check_geometry(shape, word.geometry, size=size, points=entry.points if entry else ())
    return entry.id if entry else ""


def _check_kind(word: Word) -> None:
    """Kind, label and verdict fit together. Raises Invalid."""
    if word.verdict == "approved" and word.kind:
        raise Invalid.at("/kind", "Only a rejection has a kind.", code="kind_of_approval")
    if word.label is not None:
        if word.kind == "missing":
            raise Invalid.at("/kind", "A label that is there is not missing.", code="bad_kind")
        return
    if word.kind not in ("", "missing"):
        raise Invalid.at("/kind", "Without a label the kind is missing.", code="bad_kind")
    if word.verdict != "rejected" and word.mode != "exhaustive":
        raise Invalid.at("/verdict", "A missing object is a rejection.", code="bad_verdict")


def _exists(label_set_id: UUID | None, label: UUID) -> bool:
    return Label.objects.filter(label_set_id=label_set_id, label_id=label).exists()


def _shape_of(label_set_id: UUID | None, label: UUID | None) -> str:
    rows = Label.objects.filter(label_set_id=label_set_id).values_list("shape", flat=True)
    found = rows.filter(label_id=label).first() if label is not None else None
    if found is None:
        raise Invalid.at("/class", "Name the class of the missing object, or leave the geometry out.", code="no_class")
    return found


@transaction.atomic
def take_back_verdict(*, task_id: UUID, user: User, verdict_id: UUID) -> None:
    """Undoes one's own verdict while the visit is still held. Safe to repeat. Raises Conflict."""
    locked = lock_task(task_id)
    visit = require_holder(locked, user, None)
    Verdict.objects.filter(id=verdict_id, visit=visit, reviewer=user, source="explicit").update(superseded=True)
