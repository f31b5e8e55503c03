"""What managers do to tasks: assign, priority, move, reopen, archive. Each is one transaction and retry-safe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, Invalid
from apps.flows.queries import compiled_graph
from apps.projects.models import Collaborator
from apps.tasks.logic import CLAIM_ROLES
from apps.tasks.models import Visit, VisitStatus
from apps.tasks.operations.engine import Locked, carry_out, lock_task
from apps.tasks.operations.versions import up_to_date
from workflows import commands
from workflows.state import ARCHIVED, COMPLETE

PRIORITIES = range(101)


@transaction.atomic
def assign_task(*, task_id: UUID, actor: User, person: User | None) -> Locked:
    """Gives a waiting task to one person alone, or to nobody. Raises Invalid if they could not work on it."""
    locked = lock_task(task_id)
    if person is None:
        carry_out(locked, commands.Unassign(actor=str(actor.id)))
        return locked
    roles = CLAIM_ROLES.get(locked.task.stage_type, frozenset())
    held = Collaborator.objects.filter(project_id=locked.task.project_id, user=person, user__is_active=True)
    collaborator = held.first()
    if collaborator is None or not roles & set(collaborator.roles):
        raise Invalid.at("/user", "This person has no role that works at the task's stage.", code="role_missing")
    missing = {*locked.graph.stage(locked.state.stage).skills, *locked.state.skills[:1]} - set(collaborator.skills)
    if missing:
        raise Invalid.at("/user", f"This person lacks the skill {min(missing)}.", code="skill_missing")
    carry_out(locked, commands.Assign(actor=str(actor.id), person=str(person.id)))
    return locked


@transaction.atomic
def set_priority(*, task_id: UUID, actor: User, priority: int) -> Locked:
    """Moves a task forward or back in its queue; 0 to 100, higher first. Raises Invalid."""
    if priority not in PRIORITIES:
        raise Invalid.at("/priority", "A priority is a whole number from 0 to 100.", code="bad_priority")
    locked = lock_task(task_id)
    if locked.task.priority == priority:
        return locked
    locked.task.priority = priority
    carry_out(locked, commands.SetPriority(actor=str(actor.id), priority=priority))
    return locked


@transaction.atomic
def move_task(*, task_id: UUID, actor: User, stage: str, reason: str = "") -> Locked:
    """Sends an unheld, open task to any stage. Raises Conflict when held or ended, Invalid for an unknown stage."""
    locked = lock_task(task_id)
    _check_stage(locked, stage)
    carry_out(locked, commands.Move(actor=str(actor.id), stage=stage, reason=reason))
    return locked


@transaction.atomic
def reopen_task(*, task_id: UUID, actor: User, stage: str, reason: str = "") -> Locked:
    """Brings a complete or archived task back, under the project's present workflow version."""
    locked = lock_task(task_id)
    if locked.task.workflow_version_id != locked.task.project.workflow_version_id:
        _bring_up_to_date(locked, str(actor.id), stage)
    _check_stage(locked, stage)
    carry_out(locked, commands.Reopen(actor=str(actor.id), stage=stage, reason=reason))
    return locked


@transaction.atomic
def send_to_stage(
    *,
    task_id: UUID,
    actor: User | None,
    stage: str,
    reason: str = "",
    priority: int | None = None,
    blind: bool = False,
    evidence: Mapping[str, Any] | None = None,
) -> Locked:
    """Brings an unheld task to a stage wherever it is: moves an open one, reopens one that is complete.

    ``blind``: whoever takes the visit is shown no score, reason or earlier word. ``evidence``: its ``route_reason``;
    unlike ``reason`` it stands in no history, which annotators read too. Raises Conflict when it is held, archived or
    there already, Invalid.
    """
    locked = lock_task(task_id)
    if locked.state.status == ARCHIVED or (locked.state.stage == stage and locked.state.status != COMPLETE):
        raise Conflict("The task is archived or at the stage already.", code="not_movable", allowed=[])
    _check_stage(locked, stage)
    who = str(actor.id) if actor else ""
    if locked.state.status == COMPLETE:
        if locked.task.workflow_version_id != locked.task.project.workflow_version_id:
            _bring_up_to_date(locked, who, stage)
            _check_stage(locked, stage)
        command: commands.Command = commands.Reopen(actor=who, stage=stage, reason=reason)
    else:
        command = commands.Move(actor=who, stage=stage, reason=reason)
    if priority is not None:
        locked.task.priority = priority
    shown: dict[str, Any] = {} if evidence is None else {"route_reason": dict(evidence)}
    carry_out(locked, command, blind=blind, **shown)
    return locked


def _bring_up_to_date(locked: Locked, actor: str, stage: str) -> None:
    graph = compiled_graph(locked.task.project.workflow_version_id)
    terminal = locked.state.stage if locked.state.stage in graph.stages else stage
    version = str(locked.task.project.workflow_version_id)
    carry_out(locked, commands.Migrate(actor=actor, version=version, stage=terminal), graph=graph)


def _check_stage(locked: Locked, stage: str) -> None:
    if stage not in locked.graph.stages:
        raise Invalid.at("/stage", f"The workflow has no stage {stage!r}.", code="unknown_stage")


@transaction.atomic
def archive_task(*, task_id: UUID, actor: User, reason: str = "") -> Locked:
    """Takes an unheld task out of work. Raises Conflict."""
    locked = lock_task(task_id)
    carry_out(locked, commands.Archive(actor=str(actor.id), reason=reason))
    return locked


@transaction.atomic
def force_release(*, task_id: UUID, actor: User, reason: str = "") -> Locked:
    """Ends somebody's claim, or a waiting task's reservation or assignment. Raises Conflict when there is neither."""
    locked = lock_task(task_id)
    visit: Visit | None = locked.visit
    if visit is None:
        raise Conflict("The task is in nobody's hands.", code="not_claimed", allowed=[])
    if visit.status == VisitStatus.CLAIMED:
        command: commands.Command = commands.Release(
            actor=str(actor.id), by_manager=True, wrote=visit.wrote, reason=reason
        )
    elif locked.state.assigned_to:
        command = commands.Unassign(actor=str(actor.id))
    else:
        command = commands.EndReservation(actor=str(actor.id), reason=reason)
    carry_out(locked, command)
    return up_to_date(locked)
