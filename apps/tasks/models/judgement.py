"""What people say of a task's labels: verdicts, issues with comments, drafts that lost their claim."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import User
from apps.common.ids import new_id
from apps.tasks.models.travel import Task, Visit


class Verdict(models.Model):
    """A reviewer's word on one label, or with ``label`` null on a missing object.

    ``implicit``: approved only because its task was.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="verdicts")
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="verdicts")
    reviewer = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    label = models.UUIDField(null=True)
    label_revision = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10)
    kind = models.CharField(max_length=20, blank=True, default="")
    class_id = models.CharField(max_length=36, blank=True, default="")
    geometry = models.JSONField(null=True)
    reason = models.CharField(max_length=1000, blank=True, default="")
    comment = models.TextField(blank=True, default="")
    mode = models.CharField(max_length=20, blank=True, default="")
    source = models.CharField(max_length=10, default="explicit")
    implicit = models.BooleanField(default=False)
    elapsed_ms = models.PositiveIntegerField(null=True)
    round = models.PositiveIntegerField(default=1)
    superseded = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            # A person's later word on a label in the same visit replaces the earlier one, which is kept as superseded.
            models.UniqueConstraint(
                fields=["visit", "label"],
                name="verdict_one_standing",
                condition=models.Q(superseded=False, label__isnull=False),
            )
        ]
        indexes: ClassVar = [models.Index(fields=["task", "id"], name="verdict_page")]


class Issue(models.Model):
    """A pinned thread about a place in the image or about a label."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="issues")
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)
    label = models.UUIDField(null=True)
    text = models.TextField()
    mentions = models.JSONField(default=list)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()


class Comment(models.Model):
    """An answer in an issue's thread."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    mentions = models.JSONField(default=list)
    created_at = models.DateTimeField()


class Draft(models.Model):
    """Labels that came with a stale token: kept outside the revision numbers, for their author to apply or drop."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    claim_token = models.PositiveIntegerField(null=True)
    base_revision = models.PositiveIntegerField(null=True)
    labels = models.JSONField()
    created_at = models.DateTimeField()
