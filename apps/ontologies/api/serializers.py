"""Bodies and answers of the ontology routes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer, Text
from apps.ontologies.models import Ontology
from apps.ontologies.operations import Plan


class OntologyBody(StrictSerializer):
    """A new ontology; ``objects`` and ``classifications`` are read by the ontology's own rules."""

    name = Text()
    organization = serializers.UUIDField(required=False)
    objects = serializers.JSONField(required=False)
    classifications = serializers.JSONField(required=False)


class ChangeBody(StrictSerializer):
    """A change: lists that are given are complete; ``merge split fill`` rewrite labels."""

    name = Text(required=False)
    objects = serializers.JSONField(required=False)
    classifications = serializers.JSONField(required=False)
    merge = serializers.JSONField(required=False)
    split = serializers.JSONField(required=False)
    fill = serializers.JSONField(required=False)


class OntologyAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    organization = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    objects = serializers.ListField(child=serializers.DictField())
    classifications = serializers.ListField(child=serializers.DictField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class PlannedChange(serializers.Serializer[Any]):
    action = serializers.ChoiceField(
        choices=["added", "renamed", "archived", "restored", "removed", "changed", "required"]
    )
    kind = serializers.ChoiceField(choices=["class", "classification", "attribute", "option"])
    id = serializers.CharField()
    name = serializers.CharField()
    to = serializers.CharField(allow_null=True)
    labels = serializers.IntegerField()
    blocked = serializers.BooleanField()


class PlanAnswer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    changes = PlannedChange(many=True)
    steps = serializers.ListField(child=serializers.DictField())
    blocked = serializers.BooleanField()
    job = serializers.BooleanField()


class ChangeStarted(serializers.Serializer[Any]):
    ontology = serializers.UUIDField()
    version = serializers.IntegerField()
    job = serializers.UUIDField()


def shown_ontology(ontology: Ontology) -> dict[str, Any]:
    """The ontology as the API answers it."""
    return {
        "id": ontology.pk,
        "organization": ontology.organization_id,
        "name": ontology.name,
        "version": ontology.version,
        **ontology.definition,
        "created_at": ontology.created_at,
        "updated_at": ontology.updated_at,
        "archived_at": ontology.archived_at,
    }


def shown_plan(version: int, plan: Plan) -> dict[str, Any]:
    """The plan: every change with the labels it touches, and whether applying it is refused or takes a job."""
    blocked = plan.blocked
    changes = []
    for change in plan.changes:
        key = change.item.class_id if change.action == "required" else change.item.id
        changes.append(
            {
                "action": change.action,
                "kind": change.item.kind,
                "id": change.item.id,
                "name": change.item.name,
                "to": change.to,
                "labels": plan.uses.get(key, 0),
                "blocked": change in blocked,
            }
        )
    steps = [
        {**step, "labels": plan.uses.get(step["from"] if step["op"] == "merge" else step["class"], 0)}
        for step in plan.steps
    ]
    return {
        "version": version,
        "changes": changes,
        "steps": steps,
        "blocked": bool(blocked),
        "job": plan.needs_job,
    }
