"""What people's verdicts taught: the observations, and the calibrations fitted to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.projects.models import Project
from apps.tasks.models import Task


class Observation(models.Model):
    """A verdict beside what was known when it was given: one row a verdict, never changed except ``still_wrong``.

    ``subject`` is the label, the prediction (a missing object) or the task. ``instrument``: review, expert, repeat or
    grid. ``probability`` is the chance with which it was chosen for the look, ``at_random`` whether a draw chose it;
    ``p_error`` the probability stored when it was routed or drawn. Implicit approvals are no observations.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.UUIDField(unique=True)
    subject = models.UUIDField()
    subject_type = models.CharField(max_length=10)
    class_id = models.CharField(max_length=36, blank=True, default="")
    is_error = models.BooleanField()
    kind = models.CharField(max_length=20, blank=True, default="")
    instrument = models.CharField(max_length=10)
    reviewer = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    annotator = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    origin_model = models.CharField(max_length=200, blank=True, default="")
    probability = models.FloatField(default=1.0)
    at_random = models.BooleanField(default=False)
    exhaustive = models.BooleanField(default=False)
    p_error = models.FloatField(null=True)
    odds = models.FloatField(null=True)
    vector = models.JSONField(default=list)
    scorer_version = models.CharField(max_length=100, blank=True, default="")
    label_revision = models.PositiveIntegerField(default=0)
    elapsed_ms = models.PositiveIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["project", "subject_type", "id"], name="observation_page"),
            models.Index(fields=["task", "subject"], name="observation_subject"),
            models.Index(fields=["project", "annotator", "at"], name="observation_annotator"),
        ]


class Calibration(models.Model):
    """A fit to the observations of one ``target`` (label, missing or task); the latest one is in force.

    ``model``: fixed, calibrated or learned. ``ahead`` counts the fits running in which the learned model was better
    with confidence; it takes over at two.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="calibrations")
    target = models.CharField(max_length=10)
    model = models.CharField(max_length=10)
    parameters = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    verdicts = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    ahead = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "target", "-at"], name="calibration_latest")]
