"""What was sent to experts by scores, and the standing order to go on doing so within a budget."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.projects.models import Project
from apps.tasks.models import Task


class RouteRun(models.Model):
    """One routing: ``rule`` as it was asked for, ``result`` what was promised.

    ``wave`` numbers a project's routings and stands in their selections. Of the ``sent`` tasks ``reviewed`` were looked
    at, ``wrong`` of them held ``errors`` in all, where ``promised`` wrong ones had been expected.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="route_runs")
    wave = models.PositiveIntegerField(default=0)
    metric = models.CharField(max_length=60)
    rule = models.JSONField(default=dict)
    to_stage = models.CharField(max_length=100)
    result = models.JSONField(default=dict)
    sent = models.PositiveIntegerField(default=0)
    reviewed = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    promised = models.FloatField(default=0)
    job = models.UUIDField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="route_run_page")]


class RouteMove(models.Model):
    """A task that a routing sent. ``state``: sent to ``visit``, then done, or moot where that ended without a word."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(RouteRun, on_delete=models.CASCADE, related_name="moves", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    visit = models.BigIntegerField(null=True)
    value = models.FloatField()
    p = models.FloatField(default=0)
    seconds = models.FloatField(default=0)
    priority = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, default="sent")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "task"], name="route_move_once")]
        indexes: ClassVar = [models.Index(fields=["id"], name="route_move_open", condition=models.Q(state="sent"))]


class RoutePolicy(models.Model):
    """The standing order: ``budgets`` are seconds a day by person or skill, ``ledger`` what was spent and carried."""

    id = models.BigAutoField(primary_key=True)
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="route_policy")
    enabled = models.BooleanField(default=False)
    metric = models.CharField(max_length=60, default="mistakenness")
    to_stage = models.CharField(max_length=100)
    budgets = models.JSONField(default=list)
    ledger = models.JSONField(default=dict)
    updated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField()
