"""Answers of the task routes, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class UnitAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    media_url = serializers.CharField()
    thumbnail_url = serializers.CharField(allow_null=True)


class ClaimAnswer(serializers.Serializer[Any]):
    holder = serializers.UUIDField()
    token = serializers.IntegerField(allow_null=True)
    expires_at = serializers.DateTimeField()


class TaskAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    project = serializers.UUIDField()
    data_unit = UnitAnswer()
    stage = serializers.CharField()
    stage_type = serializers.CharField()
    stage_title = serializers.CharField()
    stage_config = serializers.DictField()
    status = serializers.ChoiceField(choices=["waiting", "claimed", "routing", "complete", "archived"])
    assignee = serializers.UUIDField(allow_null=True)
    priority = serializers.IntegerField()
    round = serializers.IntegerField()
    label_revision = serializers.IntegerField()
    updated_at = serializers.DateTimeField()
    allowed_actions = serializers.ListField(child=serializers.CharField())
    reserved = serializers.CharField(allow_null=True, required=False)
    claim = ClaimAnswer(required=False)
    drawn_labels = serializers.ListField(child=serializers.UUIDField(), required=False)
    route_reason = serializers.JSONField(required=False)
    metrics = serializers.DictField(required=False)
    resumed = serializers.BooleanField(required=False)


class StageAnswer(serializers.Serializer[Any]):
    id = serializers.CharField()
    type = serializers.CharField()
    title = serializers.CharField()
    waiting = serializers.IntegerField()
    claimed = serializers.IntegerField()
    oldest_waiting_at = serializers.DateTimeField(allow_null=True)
    nobody_eligible = serializers.IntegerField(required=False)


class StagesAnswer(serializers.Serializer[Any]):
    stages = StageAnswer(many=True)
    complete = serializers.IntegerField()
    archived = serializers.IntegerField()


class LabelsAnswer(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    labels = serializers.ListField(child=serializers.DictField())


class SavedAnswer(LabelsAnswer):
    """What a save wrote; ``outdated_ontology``: under an older version of the ontology than the present one."""

    deleted = serializers.ListField(child=serializers.CharField())
    outdated_ontology = serializers.BooleanField()


class DiffAnswer(serializers.Serializer[Any]):
    changes = serializers.ListField(child=serializers.DictField())


class HistoryRow(serializers.Serializer[Any]):
    sequence = serializers.IntegerField()
    action = serializers.CharField()
    actor = serializers.UUIDField(allow_null=True)
    actor_name = serializers.CharField(allow_null=True)
    stage = serializers.CharField(allow_null=True)
    from_stage = serializers.CharField(allow_null=True)
    to_stage = serializers.CharField(allow_null=True)
    outcome = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    label_revision = serializers.IntegerField()
    workflow_version = serializers.UUIDField()
    at = serializers.DateTimeField()


class DraftAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    claim_token = serializers.IntegerField(allow_null=True)
    base_revision = serializers.IntegerField(allow_null=True)
    labels = serializers.DictField()
    created_at = serializers.DateTimeField()


class SelectionAnswer(serializers.Serializer[Any]):
    unit = serializers.UUIDField()
    task = serializers.UUIDField()
    stage = serializers.CharField()
    frame = serializers.CharField()
    design = serializers.CharField()
    wave = serializers.IntegerField()
    probability = serializers.FloatField()
    chosen = serializers.BooleanField()
    outcome = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    scorer_version = serializers.CharField(allow_null=True)
    label_revision = serializers.IntegerField()
    visit = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        # ``label`` is an attribute of every field, so it is added by name.
        return super().get_fields() | {"label": serializers.UUIDField(allow_null=True)}


class NotificationAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    text = serializers.CharField()
    actor = serializers.UUIDField(allow_null=True)
    actor_name = serializers.CharField(allow_null=True)
    task = serializers.UUIDField(allow_null=True)
    task_name = serializers.CharField(allow_null=True)
    project = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
