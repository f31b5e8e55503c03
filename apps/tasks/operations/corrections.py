"""Labels written outside a claim: imports and managers' corrections, item by item and in the history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.labels.operations import SavedLabels, save_labels
from apps.ontologies.queries import index_for
from apps.tasks.operations.engine import carry_out, lock_task
from apps.tasks.operations.labeling import attach
from workflows import commands


@transaction.atomic
def correct_labels(
    *,
    task_id: UUID,
    actor: User,
    upsert: list[dict[str, Any]],
    delete: list[UUID],
    base_revision: int | None,
    operation: str,
    origin_kind: str,
    reason: str = "",
) -> SavedLabels:
    """One revision written past the queue, and an event that says so. Raises Conflict for a claimed task."""
    locked = lock_task(task_id)
    if locked.is_live:
        raise Conflict("Somebody is working on this task.", code="claimed", allowed=[])
    task = locked.task
    saved = save_labels(
        label_set_key=(task.project_id, task.data_unit_id, "main"),
        base_revision=base_revision,
        upsert=upsert,
        delete=delete,
        author=actor,
        stage=locked.state.stage,
        stage_type=locked.task.stage_type,
        round=locked.state.round,
        ontology_index=index_for(task.project.ontology_id),
        size=(task.data_unit.width, task.data_unit.height),
        operation=operation,
        origin_kind=origin_kind,
        now=locked.now,
        known=task.label_set,
    )
    attach(task, saved.label_set)
    if saved.changed:
        carry_out(locked, commands.Correct(actor=str(actor.id), label_revision=saved.revision, reason=reason))
    return saved
