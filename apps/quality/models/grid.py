"""The review grid: sprite sheets of crops, and batches that were frozen before anybody saw them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.projects.models import Project
from apps.tasks.models import Task


class Atlas(models.Model):
    """A sprite sheet of up to 16 x 16 crops of ``tile`` pixels: an immutable file of the media storage."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    tile = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=300)
    made_at = models.DateTimeField()


class Tile(models.Model):
    """Where a label's crop stands on a sheet. ``digest`` is that of its geometry: a moved label has a new tile.

    ``look`` is the crop at 6 x 6 pixels, RGB: enough to put like beside like where nothing better describes it.
    """

    id = models.BigAutoField(primary_key=True)
    atlas = models.ForeignKey(Atlas, on_delete=models.CASCADE, related_name="tiles")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+", db_index=False)
    subject = models.UUIDField()
    size = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    x = models.PositiveIntegerField()
    y = models.PositiveIntegerField()
    look = models.BinaryField(default=bytes)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task", "subject", "size", "digest"], name="tile_once")
        ]


class GridBatch(models.Model):
    """A screenful that the server drew. ``items`` were frozen before it was shown: label, task, revision, value, and
    whether the tile is a hidden known-wrong one (which nobody is told). ``at_random``: drawn with ``probability``.

    ``references`` are the heading's tiles. ``sheets`` has, by tile size, the key of the batch's own sprite sheet: items
    first, then references. ``sent`` is what was committed, ``outcome`` what was answered and what an undo needs,
    ``taken_out`` the tasks at rest that its marks sent to somebody.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="grid_batches")
    reviewer = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    filters = models.JSONField(default=dict)
    order = models.CharField(max_length=20)
    at_random = models.BooleanField(default=False)
    probability = models.FloatField(null=True)
    items = models.JSONField()
    references = models.JSONField(default=list)
    sheets = models.JSONField(default=dict)
    marks = models.JSONField(default=list)
    sent = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    taken_out = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="open")
    active_ms = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["project", "-id"], name="grid_batch_page"),
            models.Index(fields=["reviewer", "project", "-id"], name="grid_batch_mine"),
        ]


class GridFrame(models.Model):
    """The frame of a batch that was drawn at random: which labels the draw was over, each in which content.

    ``record`` is as of ``logic.frame_record``: without it nobody could say later with what chance a label that was not
    drawn might have been. ``labels`` had the chance ``probability``, ``drawn`` of them were chosen.
    """

    batch = models.OneToOneField(GridBatch, on_delete=models.CASCADE, primary_key=True, related_name="frame")
    labels = models.PositiveIntegerField()
    drawn = models.PositiveIntegerField()
    probability = models.FloatField()
    record = models.BinaryField()
