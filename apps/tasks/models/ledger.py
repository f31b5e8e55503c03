"""What is counted, drawn, told and owed: stage counters, router counters, selections, active time, inbox, outbox."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.flows.models import WorkflowVersion
from apps.projects.models import Project
from apps.tasks.models.travel import Task, Visit


class StageCount(models.Model):
    """Rolled-up number of tasks of a stage by status; exact only together with the deltas not yet rolled up."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    stage = models.CharField(max_length=100)
    status = models.CharField(max_length=10)
    n = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "stage", "status"], name="stage_count_once")
        ]


class StageDelta(models.Model):
    """One change of a stage's count, appended in the transaction that moved the task: no row is hot."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    stage = models.CharField(max_length=100)
    status = models.CharField(max_length=10)
    n = models.IntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "stage", "status"], name="stage_delta_sum")]


class RouterCounter(models.Model):
    """How many tasks a percentage router sent down each branch; ``key``: the router and its percentages' digest."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=180)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "key"], name="router_counter_once")]


class VersionChange(models.Model):
    """A project's step to a newer workflow version, with the mapping that a person confirmed.

    Held visits finish under their version and follow later, so the mapping must outlive the job.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="version_changes")
    old_version = models.ForeignKey(WorkflowVersion, on_delete=models.PROTECT, related_name="+")
    new_version = models.ForeignKey(WorkflowVersion, on_delete=models.PROTECT, related_name="+")
    mapping = models.JSONField(default=dict)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()


class Selection(models.Model):
    """One unit of a frame that a random or routed choice was made over, chosen or not. Never changed: evidence."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="selections")
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    stage = models.CharField(max_length=100)
    label = models.UUIDField(null=True)
    label_revision = models.PositiveIntegerField(default=0)
    frame = models.CharField(max_length=150)
    design = models.CharField(max_length=30)
    wave = models.PositiveIntegerField(default=0)
    probability = models.FloatField()
    draw = models.FloatField(null=True)
    chosen = models.BooleanField()
    outcome = models.CharField(max_length=100, blank=True, default="")
    score = models.FloatField(null=True)
    scorer_version = models.CharField(max_length=100, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["project", "id"], name="selection_page"),
            # Waves and routes look their frames up; the workflow's own draws (wave 0) cost nothing here.
            models.Index(
                fields=["project", "design", "wave", "task"], name="selection_wave", condition=models.Q(wave__gt=0)
            ),
        ]


class ActiveTime(models.Model):
    """Milliseconds a person was active and idle on a task, per stage and round, from heartbeats."""

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="active_times")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    stage = models.CharField(max_length=100)
    round = models.PositiveIntegerField()
    active_ms = models.PositiveBigIntegerField(default=0)
    idle_ms = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["task", "user", "stage", "round"], name="active_once")]


class Notification(models.Model):
    """An entry of a person's inbox: returned, assigned, mentioned, issue or comment."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    kind = models.CharField(max_length=20)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, null=True, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-id"], name="inbox_page")]


class Outbox(models.Model):
    """Something that must leave the database, written in the transaction that caused it; the dispatcher delivers it."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=40)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    payload = models.JSONField()
    created_at = models.DateTimeField()
    run_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["run_at", "id"], name="outbox_due", condition=models.Q(done_at=None))]
