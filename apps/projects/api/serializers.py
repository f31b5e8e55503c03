"""Bodies and answers of the project routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.common.serializers import Flag, StrictSerializer, Text, Whole
from apps.projects.models import Collaborator, ProjectRole
from apps.projects.policies import ProjectAccess

MAX_DATASETS = 100
ROLES = [role.value for role in ProjectRole]


class ProjectBody(StrictSerializer):
    organization = serializers.UUIDField(required=False)
    name = Text()
    ontology = serializers.UUIDField()
    workflow = serializers.UUIDField()
    datasets = serializers.ListField(child=serializers.UUIDField(), max_length=MAX_DATASETS, required=False)
    tasks = serializers.ChoiceField(choices=["all", "none"], required=False, default="all")


class ProjectChange(StrictSerializer):
    name = Text(required=False)
    reserve_hours = Whole(min_value=1, max_value=24 * 365, required=False)
    auto_tasks = Flag(required=False)


class DatasetBody(StrictSerializer):
    dataset = serializers.UUIDField()


class CollaboratorBody(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLES), min_length=1, max_length=len(ROLES))
    skills = serializers.ListField(child=Text(max_length=100), max_length=100, required=False)


class CollaboratorChange(StrictSerializer):
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=ROLES), min_length=1, max_length=len(ROLES), required=False
    )
    skills = serializers.ListField(child=Text(max_length=100), max_length=100, required=False)


class PublishBody(StrictSerializer):
    graph = serializers.JSONField(allow_null=True)
    mapping = serializers.DictField(child=Text(max_length=100), required=False)


class ProgressAnswer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    complete = serializers.IntegerField()
    archived = serializers.IntegerField()


class ProjectAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    organization = serializers.UUIDField()
    name = serializers.CharField()
    ontology = serializers.UUIDField()
    workflow = serializers.UUIDField()
    workflow_version = serializers.UUIDField()
    datasets = serializers.ListField(child=serializers.UUIDField())
    reserve_hours = serializers.IntegerField()
    auto_tasks = serializers.BooleanField()
    my_roles = serializers.ListField(child=serializers.CharField())
    my_skills = serializers.ListField(child=serializers.CharField())
    progress = ProgressAnswer()
    created_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class ProjectStarted(serializers.Serializer[Any]):
    project = serializers.UUIDField()
    job = serializers.UUIDField()


class CollaboratorAnswer(serializers.Serializer[Any]):
    person = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    skills = serializers.ListField(child=serializers.CharField())
    active = serializers.BooleanField()


class AttachedAnswer(serializers.Serializer[Any]):
    dataset = serializers.UUIDField()
    name = serializers.CharField()
    attached_at = serializers.DateTimeField()


class StageCounts(serializers.Serializer[Any]):
    keep = serializers.IntegerField()
    move = serializers.IntegerField()
    blocked = serializers.IntegerField()
    later = serializers.IntegerField()


class PlanAnswer(serializers.Serializer[Any]):
    stages = serializers.DictField(child=StageCounts())
    problems = serializers.ListField(child=serializers.DictField())
    ok = serializers.BooleanField()


class ProjectGraphAnswer(serializers.Serializer[Any]):
    """The version of its workflow that a project runs."""

    workflow = serializers.UUIDField()
    version = serializers.UUIDField()
    number = serializers.IntegerField()
    digest = serializers.CharField()
    graph = serializers.DictField()


class PublishedAnswer(ProjectGraphAnswer):
    """``job`` moves the tasks, where there is something to move."""

    plan = PlanAnswer()
    job = serializers.UUIDField(allow_null=True)


def shown_project(access: ProjectAccess, datasets: Sequence[UUID], progress: dict[str, int]) -> dict[str, Any]:
    project = access.project
    return {
        "id": project.id,
        "organization": project.organization_id,
        "name": project.name,
        "ontology": project.ontology_id,
        "workflow": project.workflow_id,
        "workflow_version": project.workflow_version_id,
        "datasets": list(datasets) if access.sees_all else [],
        "reserve_hours": project.reserve_hours,
        "auto_tasks": project.auto_tasks,
        "my_roles": sorted(access.roles),
        "my_skills": sorted(access.skills),
        "progress": progress,
        "created_at": project.created_at,
        "archived_at": project.archived_at,
    }


def shown_collaborator(collaborator: Collaborator) -> dict[str, Any]:
    user = collaborator.user
    return {
        "person": user.id,
        "email": user.email,
        "name": user.name,
        "roles": collaborator.roles,
        "skills": collaborator.skills,
        "active": user.is_active,
    }
