"""Bodies and answers of the workflow routes."""

from __future__ import annotations

import hashlib
from typing import Any

from rest_framework import serializers

from apps.common.http import etag_of
from apps.common.serializers import StrictSerializer, Text
from apps.flows.models import Workflow, WorkflowVersion


class WorkflowBody(StrictSerializer):
    """``graph`` is judged by the engine, whatever it is."""

    organization = serializers.UUIDField(required=False)
    name = Text()
    graph = serializers.JSONField(allow_null=True)


class WorkflowChange(StrictSerializer):
    name = Text(required=False)
    graph = serializers.JSONField(required=False, allow_null=True)


class GraphBody(StrictSerializer):
    """``graph`` may be any JSON value."""

    graph = serializers.JSONField(allow_null=True)


class VersionAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    digest = serializers.CharField()
    published_by = serializers.UUIDField(allow_null=True)
    published_at = serializers.DateTimeField()
    graph = serializers.DictField(required=False)


class WorkflowAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    organization = serializers.UUIDField()
    name = serializers.CharField()
    version = VersionAnswer()
    graph = serializers.DictField(required=False)
    created_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class ProblemItem(serializers.Serializer[Any]):
    code = serializers.CharField()
    stage = serializers.CharField(allow_null=True)
    detail = serializers.CharField()


class ValidationAnswer(serializers.Serializer[Any]):
    errors = ProblemItem(many=True)  # type: ignore[assignment]
    warnings = ProblemItem(many=True)


class TemplateItem(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    graph = serializers.DictField()


class TemplatesAnswer(serializers.Serializer[Any]):
    results = TemplateItem(many=True)
    next = serializers.CharField(allow_null=True)


def shown_version(version: WorkflowVersion, *, with_graph: bool = False) -> dict[str, Any]:
    shown = {
        "id": version.id,
        "number": version.number,
        "digest": version.digest,
        "published_by": version.published_by_id,
        "published_at": version.published_at,
    }
    return shown | {"graph": version.graph} if with_graph else shown


def shown_workflow(workflow: Workflow, version: WorkflowVersion, *, with_graph: bool = True) -> dict[str, Any]:
    shown = {
        "id": workflow.id,
        "organization": workflow.organization_id,
        "name": workflow.name,
        "version": shown_version(version),
        "created_at": workflow.created_at,
        "archived_at": workflow.archived_at,
    }
    return shown | {"graph": version.graph} if with_graph else shown


def workflow_tag(workflow: Workflow, version: WorkflowVersion) -> str:
    """Changes with everything that an answer shows of the workflow."""
    shown = f"{workflow.name}/{workflow.archived_at}"
    return etag_of(version.number, hashlib.sha256(shown.encode()).hexdigest()[:12])
