"""Scores: one value of one metric for a label, a prediction that no label covers, a task or a data unit."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F

from apps.inference.models import PredictionModel
from apps.projects.models import Project
from apps.tasks.models import Task


class ScoreRun(models.Model):
    """A scoring of a whole project; its id is its job's. ``state_key`` is the fitted scorers' file in the media
    storage, from which single tasks are scored until the next run."""

    id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="score_runs")
    model = models.ForeignKey(PredictionModel, on_delete=models.SET_NULL, null=True, related_name="+")
    metrics = models.JSONField(default=list)
    scorer_version = models.CharField(max_length=100)
    state_key = models.CharField(max_length=300, blank=True, default="")
    counts = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "-finished_at"], name="score_run_latest")]


class SubjectType(models.TextChoices):
    LABEL = "label"
    PREDICTION = "prediction"
    TASK = "task"
    DATA_UNIT = "data_unit"


class Score(models.Model):
    """One metric of one subject, as it was computed from one label revision.

    ``subject`` is the label's id, the prediction's, the task's or the data unit's; label ids mean something only within
    their task. ``value`` orders; ``p_error`` is a probability where the metric is one, ``calibrated`` whether verdicts
    made it. ``detail`` has what a page shows and what calibration needs: ``odds``, ``vector``, ``kinds``, ``model``
    (the model's label), ``near`` (neighbours).
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="scores", db_index=False)
    subject = models.UUIDField()
    subject_type = models.CharField(max_length=10, choices=SubjectType.choices)
    metric = models.CharField(max_length=60)
    class_id = models.CharField(max_length=36, blank=True, default="")
    value = models.FloatField()
    p_error = models.FloatField(null=True)
    calibrated = models.BooleanField(default=False)
    kind = models.CharField(max_length=20, blank=True, default="")
    evidence = models.CharField(max_length=1000, blank=True, default="")
    detail = models.JSONField(default=dict)
    scorer_version = models.CharField(max_length=100)
    input_digest = models.CharField(max_length=64)
    label_revision = models.PositiveIntegerField(default=0)
    model = models.ForeignKey(PredictionModel, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    scored_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["task", "metric", "subject"], name="score_once")]
        indexes: ClassVar = [
            models.Index(F("project"), F("metric"), F("subject_type"), F("value").desc(), F("id"), name="score_order"),
            models.Index(
                F("project"),
                F("metric"),
                F("subject_type"),
                F("class_id"),
                F("value").desc(),
                F("id"),
                name="score_by_class",
            ),
            models.Index(
                F("project"),
                F("metric"),
                F("subject_type"),
                F("kind"),
                F("value").desc(),
                F("id"),
                name="score_by_kind",
            ),
            # What was scored since somebody looked: a standing order to route follows it.
            models.Index(
                fields=["project", "metric", "scored_at", "id"],
                name="score_task_new",
                condition=models.Q(subject_type="task"),
            ),
        ]


class SweepMark(models.Model):
    """How far a chore has come in a growing table: the last id that it need not see again."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60, unique=True)
    position = models.JSONField(default=dict)


__all__ = ["Score", "ScoreRun", "SubjectType", "SweepMark"]
