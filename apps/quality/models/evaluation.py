"""How a model's predictions compare with the labels: figures, and every pair so that no threshold needs a new run."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.inference.models import PredictionModel
from apps.projects.models import Project
from apps.tasks.models import Task


class Evaluation(models.Model):
    """One evaluation; its id is its job's. ``summary`` has the COCO figures by class and subset."""

    id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="evaluations")
    model = models.ForeignKey(PredictionModel, on_delete=models.CASCADE, related_name="+")
    summary = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="running")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "model", "-id"], name="evaluation_latest")]


class Match(models.Model):
    """A prediction with the label it met, or one of them alone. At a threshold t it is a true positive where
    ``iou`` >= t and the classes agree; else the prediction is a false positive and the label a false negative."""

    id = models.BigAutoField(primary_key=True)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="matches", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+", db_index=False)
    prediction = models.UUIDField(null=True)
    label = models.UUIDField(null=True)
    predicted_class = models.CharField(max_length=36, blank=True, default="")
    label_class = models.CharField(max_length=36, blank=True, default="")
    confidence = models.FloatField(null=True)
    iou = models.FloatField(default=0.0)
    subset = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["evaluation", "predicted_class", "label_class", "-confidence", "id"], name="match_cell"
            ),
            models.Index(fields=["evaluation", "-confidence", "id"], name="match_order"),
            models.Index(fields=["task"], name="match_task"),
        ]
