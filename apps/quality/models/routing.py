"""What was sent to experts by scores, and the standing order to go on doing so within a budget."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.projects.models import Project


class RouteRun(models.Model):
    """One routing: ``rule`` as it was asked for, ``result`` what was promised and what became of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="route_runs")
    metric = models.CharField(max_length=60)
    rule = models.JSONField(default=dict)
    to_stage = models.CharField(max_length=100)
    result = models.JSONField(default=dict)
    job = models.UUIDField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="route_run_page")]


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
