"""How a project's quality is looked after: settings, random waves, blind repeats, issued certificates."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.inference.models import PredictionModel
from apps.projects.models import Project
from apps.tasks.models import Task


class QualitySettings(models.Model):
    """A project's own; one without a row has the defaults. ``stage`` is where audits are looked at ("" chooses the
    first expert stage, else the first review). ``costs`` and ``seconds`` are by kind of error, ``class_costs`` by class
    id. ``embedding`` is ``layout-1``, ``sam:MODEL`` or ``onnx:MODEL``, by the model's id."""

    id = models.BigAutoField(primary_key=True)
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="quality_settings")
    model = models.ForeignKey(PredictionModel, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    audit_enabled = models.BooleanField(default=True)
    stage = models.CharField(max_length=100, blank=True, default="")
    target_share = models.FloatField(default=0.01)
    confidence = models.FloatField(default=0.95)
    base_rate = models.FloatField(default=0.02)
    repeat_rate = models.FloatField(default=0.07)
    costs = models.JSONField(default=dict)
    class_costs = models.JSONField(default=dict)
    seconds = models.JSONField(default=dict)
    embedding = models.CharField(max_length=60, default="layout-1")
    updated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)


class AuditWave(models.Model):
    """One random draw over tasks that had come to rest. ``plan`` says why this size and how far the draw is.

    ``state``: drawing until every task of the frame has its row, then drawn.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="audit_waves")
    number = models.PositiveIntegerField()
    frame = models.PositiveIntegerField(default=0)
    drawn = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, default="drawing")
    plan = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "number"], name="audit_wave_once")]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="audit_wave_drawing", condition=models.Q(state="drawing")),
        ]


class AuditDraw(models.Model):
    """A task that a wave chose. ``state``: chosen, then sent to ``visit``, then done; moot where it cannot be sent."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    wave = models.ForeignKey(AuditWave, on_delete=models.CASCADE, related_name="draws", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    visit = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, default="chosen")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["wave", "task"], name="audit_draw_once")]
        indexes: ClassVar = [
            models.Index(fields=["project", "id"], name="audit_draw_page"),
            models.Index(fields=["id"], name="audit_draw_open", condition=models.Q(state__in=["chosen", "sent"])),
        ]


class Repeat(models.Model):
    """An expert's closed visit, and whether a second expert judges the task again blind.

    ``state``: passed (not chosen), waiting for the task to rest, sent to ``second_visit``, done, or moot (nobody
    else could judge it, or nobody did). ``labels`` were judged by both in the same content, ``agreed`` of them alike.
    ``at``: since when it is in its state or with its second expert; ``figures["asked"]``: who was to be the second.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    first_visit = models.BigIntegerField(unique=True)
    second_visit = models.BigIntegerField(null=True)
    first = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    second = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    chosen = models.BooleanField()
    state = models.CharField(max_length=12, default="waiting")
    labels = models.PositiveIntegerField(default=0)
    agreed = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], name="repeat_open", condition=models.Q(state__in=["waiting", "sent"])),
        ]


class Certificate(models.Model):
    """A certificate issued at a planned look; ``document`` is what it says, for ever."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="certificates")
    snapshot = models.UUIDField(null=True)
    document = models.JSONField()
    issued_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    issued_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "-id"], name="certificate_page")]
