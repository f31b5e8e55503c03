"""What people's verdicts taught: the observations, and the calibrations fitted to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.projects.models import Project
from apps.tasks.models import Task, Visit


class Observation(models.Model):
    """What a look said of one subject, beside what was known before it: one row for a subject and a visit.

    ``subject`` is the label, the prediction (a missing object; the verdict itself where no prediction was near) or the
    task. ``instrument``: review, expert, repeat or grid. ``probability`` is the chance with which it was chosen for the
    look, ``at_random`` whether a draw chose it; ``p_error``, ``odds`` and ``vector`` are those from before the look and
    never change; the word follows the reviewer's until the visit is closed. ``digest`` is that of the label's content.
    ``left_revision``: that of the change by which a grid's mark put the label right at once.
    ``source`` makes rows once: ``uuid5`` of visit and subject, for an object reported missing the verdict's id.
    Implicit approvals are no observations.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.UUIDField(unique=True)
    visit = models.BigIntegerField(null=True)
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
    left_revision = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=32, blank=True, default="")
    elapsed_ms = models.PositiveIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["project", "subject_type", "id"], name="observation_page"),
            models.Index(fields=["task", "subject"], name="observation_subject"),
            models.Index(fields=["project", "annotator", "at"], name="observation_annotator"),
            models.Index(fields=["project", "reviewer", "at"], name="observation_reviewer"),
            # What the reliability plot and estimates rest on: few among the routed ones.
            models.Index(
                fields=["project", "subject_type", "id"],
                name="observation_random",
                condition=models.Q(at_random=True),
            ),
        ]


class Look(models.Model):
    """A review visit whose verdicts are being observed: ``due`` while some were not, until the visit is ``settled``.

    ``task_score`` is what the task's score said when its first verdict was seen: an edit changes it.
    """

    visit = models.OneToOneField(Visit, on_delete=models.CASCADE, primary_key=True, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    last_verdict = models.UUIDField()
    task_score = models.JSONField(null=True)
    due = models.BooleanField(default=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        # Few are open at a time; the settled ones go after minutes.
        indexes: ClassVar = [models.Index(fields=["settled_at"], name="look_settled")]


class FitState(models.Model):
    """What waits for a project's next fit: how many observations it has not seen."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    fresh = models.PositiveIntegerField(default=0)
    fitted = models.PositiveIntegerField(default=0)
    fitted_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["fresh"], name="fit_waiting", condition=models.Q(fresh__gt=0)),
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
