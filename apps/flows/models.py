"""Workflows: a named graph and its frozen versions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.accounts.models import Organization, User
from apps.common.ids import new_id


class Workflow(models.Model):
    """A named graph of an organization; what tasks travel is one of its versions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="workflows")
    name = models.CharField(max_length=200)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "-id"], name="workflow_by_organization")]

    def __str__(self) -> str:
        return self.name


class WorkflowVersion(models.Model):
    """The frozen JSON of a graph, with the digest of its canonical form. Never changed once written."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    graph = models.JSONField()
    digest = models.CharField(max_length=64)
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["workflow", "number"], name="workflow_version_once")]
