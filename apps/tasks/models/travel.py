"""Where a task is, how it came there and who took part: Task, Visit, TaskEvent, Participation.

References that only repeat what the project says (its workflow version, a visit's project) have no constraint in the
database: checking each of them a million times was a fifth of what a project over a million images cost.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.datasets.models import DataUnit
from apps.flows.models import WorkflowVersion
from apps.labels.models import LabelSet
from apps.projects.models import Project


class Task(models.Model):
    """One data unit travelling a project's workflow.

    ``state`` is the engine's state as JSON and always the fold of the task's events; the columns beside it are copies
    for queries. ``sequence`` is the number of events, and the version that every change compares and sets.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    data_unit = models.ForeignKey(DataUnit, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    label_set = models.ForeignKey(LabelSet, on_delete=models.SET_NULL, null=True, related_name="tasks", db_index=False)
    workflow_version = models.ForeignKey(
        WorkflowVersion, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    sequence = models.PositiveIntegerField(default=0)
    state = models.JSONField(default=dict)
    stage = models.CharField(max_length=100)
    stage_type = models.CharField(max_length=20)
    status = models.CharField(max_length=10)
    priority = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveIntegerField(default=1)
    assignee = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "data_unit"], name="task_once")]
        indexes: ClassVar = [
            models.Index(fields=["project", "id"], name="task_page"),
            # Every filter of the list with every order of it. Within a stage nearly all tasks have one status.
            models.Index(fields=["project", "stage", "id"], name="task_by_stage"),
            models.Index(fields=["project", "stage", "-priority", "id"], name="task_stage_priority"),
            models.Index(fields=["project", "stage", "updated_at", "id"], name="task_stage_update"),
            models.Index(fields=["project", "status", "id"], name="task_by_status"),
            models.Index(fields=["project", "-priority", "id"], name="task_by_priority"),
            models.Index(fields=["project", "updated_at", "id"], name="task_by_update"),
            models.Index(
                fields=["assignee", "project", "id"],
                name="task_by_assignee",
                condition=models.Q(assignee__isnull=False),
            ),
        ]


class VisitStatus(models.IntegerChoices):
    WAITING = 0
    CLAIMED = 1
    DONE = 2


class Visit(models.Model):
    """One stay of a task at a stage: the queue's entry, and its lease while claimed.

    ``token`` rises with every claim of the task and fences off whoever lost the lease. ``barred`` lists who may not
    take the visit (own work, skipped it) as ``|id|id|``, in the row itself so a claim's WHERE needs no other table.
    ``wrote`` says whether the holder has saved labels in it. ``blind``: its holder is shown no score, reason or earlier
    word. ``needs_skill``: only people with it may take the visit. ``reserved_for`` makes the visit that person's alone
    until ``reserved_until`` (null: until released). A router's rest is a visit too (nobody claims it), whose ``due_at``
    is its time-out.
    """

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="visits")
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField(default=1)
    branch = models.CharField(max_length=40, default="main")
    stage = models.CharField(max_length=100)
    stage_type = models.CharField(max_length=20)
    status = models.PositiveSmallIntegerField(choices=VisitStatus.choices, default=VisitStatus.WAITING)
    priority = models.PositiveSmallIntegerField(default=0)
    round = models.PositiveIntegerField(default=1)
    barred = models.TextField(blank=True, default="")
    wrote = models.BooleanField(default=False)
    blind = models.BooleanField(default=False)
    needs_skill = models.CharField(max_length=100, blank=True, default="")
    reserved_for = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    reserved_until = models.DateTimeField(null=True)
    reserve_kind = models.CharField(max_length=10, blank=True, default="")
    route_reason = models.JSONField(null=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    holder = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    worker = models.CharField(max_length=100, blank=True, default="")
    token = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    hold_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            # A task is in one place only, per label branch: the invariant is the database's.
            models.UniqueConstraint(fields=["task", "branch"], name="visit_one_open", condition=models.Q(status__lt=2)),
        ]
        indexes: ClassVar = [
            # The queue. A claim walks it in this order, so done and reserved visits never slow it.
            models.Index(
                fields=["project", "stage", "-priority", "id"],
                name="visit_queue",
                condition=models.Q(status=0, reserved_for__isnull=True),
            ),
            models.Index(
                fields=["reserved_for", "project", "stage", "-priority", "id"],
                name="visit_reserved",
                condition=models.Q(status=0, reserved_for__isnull=False),
            ),
            models.Index(fields=["project", "stage", "opened_at"], name="visit_oldest", condition=models.Q(status=0)),
            models.Index(
                fields=["holder", "project", "stage", "worker"], name="visit_held", condition=models.Q(status=1)
            ),
            models.Index(fields=["lease_expires_at"], name="visit_lease", condition=models.Q(status=1)),
            models.Index(fields=["due_at"], name="visit_due", condition=models.Q(status__lt=2, due_at__isnull=False)),
            models.Index(
                fields=["reserved_until"],
                name="visit_reserve_end",
                condition=models.Q(status=0, reserved_until__isnull=False),
            ),
        ]


class TaskEvent(models.Model):
    """What happened, append-only. ``event`` is the engine's event as JSON; the columns serve the history page."""

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="events", db_index=False)
    sequence = models.PositiveIntegerField()
    event = models.JSONField()
    action = models.CharField(max_length=30)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    stage = models.CharField(max_length=100, blank=True, default="")
    from_stage = models.CharField(max_length=100, blank=True, default="")
    to_stage = models.CharField(max_length=100, blank=True, default="")
    outcome = models.CharField(max_length=100, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    label_revision = models.PositiveIntegerField(default=0)
    workflow_version = models.ForeignKey(
        WorkflowVersion, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["task", "sequence"], name="event_once")]


class Participation(models.Model):
    """A person's part in a task: what they may look back at, and the list of their own work.

    ``stage`` is that of their last step; a person who only saved labels has taken part too.
    """

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="participations", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    stage = models.CharField(max_length=100)
    outcome = models.CharField(max_length=100, blank=True, default="")
    acted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["task", "user"], name="participation_once")]
        indexes: ClassVar = [models.Index(fields=["user", "-acted_at", "-id"], name="participation_page")]
