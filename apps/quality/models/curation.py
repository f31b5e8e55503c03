"""Descriptors of images and crops, and which images are the same picture."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.datasets.models import DataUnit
from apps.projects.models import Project
from apps.tasks.models import Task


class UnitVector(models.Model):
    """An image's descriptor: little-endian float16, unit length, empty where the file could not be decoded. ``method``
    names what made it, with its version and its model's digest; ``checks`` by name, of the row of ``layout-1`` alone,
    are ``[value, measure, sentence]``."""

    id = models.BigAutoField(primary_key=True)
    data_unit = models.ForeignKey(DataUnit, on_delete=models.CASCADE, related_name="+", db_index=False)
    method = models.CharField(max_length=80)
    vector = models.BinaryField()
    checks = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["data_unit", "method"], name="unit_vector_once"),
        ]


class CropVector(models.Model):
    """A label's crop's descriptor; ``digest`` is that of its geometry, so a moved label gets a new one."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+", db_index=False)
    label = models.UUIDField()
    method = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    vector = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task", "label", "method"], name="crop_vector_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["project", "method", "id"], name="crop_vector_page")]


class DuplicateMember(models.Model):
    """An image of a group that shows the same picture. ``keep``: the group's best copy. ``conflicts`` says which labels
    of the group contradict each other."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    group = models.PositiveIntegerField()
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    keep = models.BooleanField(default=False)
    distance = models.FloatField(default=0.0)
    relation = models.CharField(max_length=20, blank=True, default="")
    conflicts = models.JSONField(default=list)
    run = models.UUIDField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "run", "task"], name="duplicate_once")]
        indexes: ClassVar = [models.Index(fields=["project", "run", "group", "id"], name="duplicate_group")]
