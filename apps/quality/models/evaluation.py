"""How a model's predictions compare with the labels. Every match is in one file of the media storage, so that no
threshold needs a new run."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.inference.models import PredictionModel
from apps.projects.models import Project


class Evaluation(models.Model):
    """One evaluation; its id is its job's. ``truth`` says which labels it was held against (all or reviewed),
    ``subset`` which metadata key tells the subsets. ``summary`` has the COCO figures by class and subset; the file is
    there, and never changed, once ``state`` is ready."""

    id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="evaluations")
    model = models.ForeignKey(PredictionModel, on_delete=models.CASCADE, related_name="+")
    truth = models.CharField(max_length=10, default="reviewed")
    subset = models.CharField(max_length=200, blank=True, default="")
    summary = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="running")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["project", "model", "-id"], name="evaluation_latest")]

    @property
    def key(self) -> str:
        """Where its matches are."""
        return f"quality/evaluations/{self.id}.npz"
