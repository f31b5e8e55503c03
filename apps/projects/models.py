"""A project: ontology, datasets, workflow and people."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models

from apps.accounts.models import Organization, User
from apps.common.ids import new_id
from apps.datasets.models import Dataset
from apps.flows.models import Workflow, WorkflowVersion
from apps.ontologies.models import Ontology


class ProjectRole(models.TextChoices):
    ADMIN = "admin"
    MANAGER = "manager"
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    EXPERT = "expert"
    VIEWER = "viewer"
    AGENT = "agent"


def new_selection_secret() -> str:
    return secrets.token_hex(32)


class Project(models.Model):
    """What is labeled, how and by whom. ``selection_secret`` keys the draws, so nobody foresees a review."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=200)
    ontology = models.ForeignKey(Ontology, on_delete=models.PROTECT, related_name="projects")
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="projects")
    workflow_version = models.ForeignKey(WorkflowVersion, on_delete=models.PROTECT, related_name="+")
    reserve_hours = models.PositiveIntegerField(default=24)
    selection_secret = models.CharField(max_length=64, default=new_selection_secret, editable=False)
    auto_tasks = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "-id"], name="project_by_organization")]

    def __str__(self) -> str:
        return self.name


class ProjectDataset(models.Model):
    """A dataset attached to a project: its data units, present and future, become tasks."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="attachments")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="attachments")
    attached_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "dataset"], name="project_dataset_once")]


class Collaborator(models.Model):
    """A person's roles and skills in a project: ``roles`` ``ProjectRole`` values, ``skills`` any strings."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="collaborations")
    roles = models.JSONField(default=list)
    skills = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "user"], name="collaborator_once")]
