"""Labels by revision: current rows, and the deltas that led to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.datasets.models import DataUnit
from apps.projects.models import Project


class LabelSet(models.Model):
    """The labels of one data unit in one project on one branch. ``revision`` 0 means that nothing was ever saved."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="label_sets")
    data_unit = models.ForeignKey(DataUnit, on_delete=models.CASCADE, related_name="label_sets")
    branch = models.CharField(max_length=40, default="main")
    revision = models.PositiveIntegerField(default=0)
    ontology_version = models.PositiveIntegerField(default=1)
    label_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "data_unit", "branch"], name="label_set_once")
        ]


class Label(models.Model):
    """One object or classification as it is now.

    ``label_id`` is the client's; the box columns are pixels, null for classifications.
    """

    id = models.BigAutoField(primary_key=True)
    label_set = models.ForeignKey(LabelSet, on_delete=models.CASCADE, related_name="labels")
    label_id = models.UUIDField()
    class_id = models.CharField(max_length=36)
    shape = models.CharField(max_length=24)
    geometry = models.JSONField(null=True, blank=True)
    x = models.FloatField(null=True, blank=True)
    y = models.FloatField(null=True, blank=True)
    width = models.FloatField(null=True, blank=True)
    height = models.FloatField(null=True, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    origin = models.JSONField(default=dict, blank=True)
    changed_in = models.PositiveIntegerField()
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    updated_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["label_set", "label_id"], name="label_once")]


class Revision(models.Model):
    """One numbered change of a label set: ``delta`` is ``{"changes": [{"id", "before": row or null, "after"}]}``.

    Every k-th revision also holds the whole ``snapshot``, so that a past state costs at most k deltas.
    """

    id = models.BigAutoField(primary_key=True)
    label_set = models.ForeignKey(LabelSet, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    delta = models.JSONField()
    snapshot = models.JSONField(null=True, blank=True)
    operation = models.CharField(max_length=20, default="save")
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    stage = models.CharField(max_length=100, blank=True, default="")
    stage_type = models.CharField(max_length=20, blank=True, default="")
    round = models.PositiveIntegerField(default=1)
    ontology_version = models.PositiveIntegerField(default=1)
    outdated_ontology = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["label_set", "number"], name="revision_once")]


class Snapshot(models.Model):
    """A named set of revisions: what the labels of a project's tasks were at one moment. Never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    name = models.CharField(max_length=200)
    tags = models.JSONField(default=list)
    filter = models.JSONField(default=dict)
    entries_count = models.PositiveIntegerField(default=0)
    labels_count = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "name"], name="snapshot_name_once")]


class SnapshotEntry(models.Model):
    """One label set at one revision; none where nothing had been saved."""

    id = models.BigAutoField(primary_key=True)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="entries", db_index=False)
    label_set = models.ForeignKey(LabelSet, on_delete=models.CASCADE, null=True, related_name="+")
    data_unit = models.ForeignKey(DataUnit, on_delete=models.CASCADE, related_name="+", db_index=False)
    revision = models.PositiveIntegerField()
    label_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["snapshot", "data_unit"], name="snapshot_unit_once")]
