"""Request bodies of the task routes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.serializers import Flag, Number, StrictSerializer, Text, Whole
from apps.tasks.operations.labeling import LabelChanges
from apps.tasks.operations.steps import RejectedLabel, Step

VERDICT_KINDS = ("wrong_class", "badly_located", "missing", "spurious", "duplicate", "wrong_attribute")
MAX_CHANGES = 20_000


class LabelChangesBody(StrictSerializer):
    """Labels to write and ids to delete; the labels themselves are judged by the ontology and the image."""

    upsert = serializers.ListField(child=serializers.DictField(), required=False, max_length=MAX_CHANGES)
    delete = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MAX_CHANGES)
    ontology_version = Number(min_value=1, required=False)


class StepLabelsBody(LabelChangesBody):
    """Labels sent along with a step."""

    base_revision = Number(required=False)


class SaveBody(LabelChangesBody):
    """A save of labels, with If-Match."""

    claim_token = Number(required=False, allow_null=True)


class ClaimBody(StrictSerializer):
    """``worker`` lets one person's programs hold many; ``task`` asks for a task reserved for or lost by the caller."""

    task = serializers.UUIDField(required=False)
    worker = Text(max_length=100, required=False, allow_blank=True)


class StepBody(StrictSerializer):
    """What every step may carry. ``base_revision`` may stand here or inside ``labels``."""

    claim_token = Number(required=False, allow_null=True)


class LabelsStepBody(StepBody):
    """A step that may save labels in its own transaction."""

    labels = StepLabelsBody(required=False)
    base_revision = Number(required=False)


class SubmitBody(LabelsStepBody):
    verified_empty = Flag(required=False)


class ApproveBody(LabelsStepBody):
    comment = Text(max_length=10_000, required=False, allow_blank=True)


class RejectedLabelBody(StrictSerializer):
    label = serializers.UUIDField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=VERDICT_KINDS, required=False)
    reason = Text(max_length=1_000, required=False, allow_blank=True)


REJECT_LABELS = {
    "oneOf": [
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "label": {"type": "string", "format": "uuid"},
                    "kind": {"type": "string", "enum": list(VERDICT_KINDS)},
                    "reason": {"type": "string", "maxLength": 1000},
                },
                "required": ["label"],
                "additionalProperties": False,
            },
        },
        {
            "type": "object",
            "properties": {
                "upsert": {"type": "array", "items": {"type": "object"}},
                "delete": {"type": "array", "items": {"type": "string", "format": "uuid"}},
                "base_revision": {"type": "integer", "minimum": 0, "maximum": 2147483647},
            },
        },
    ]
}


@extend_schema_field(REJECT_LABELS)
class RejectLabelsField(serializers.Field[Any, Any, Any, Any]):
    """``labels`` of a rejection: a list names the rejected ones, an object holds changes to save, as in every step."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            changes = StepLabelsBody(data=data)
            changes.is_valid(raise_exception=True)
            return changes.validated_data
        if not isinstance(data, list) or len(data) > MAX_CHANGES:
            raise serializers.ValidationError(f"A list of at most {MAX_CHANGES} labels.", code="not_a_list")
        body = RejectedLabelBody(data=data, many=True)
        body.is_valid(raise_exception=True)
        return body.validated_data

    def to_representation(self, value: Any) -> Any:
        return value


class RejectBody(StepBody):
    comment = Text(max_length=10_000, required=False, allow_blank=True)
    reason = Text(max_length=10_000, required=False, allow_blank=True)
    labels = RejectLabelsField(required=False)
    base_revision = Number(required=False)


class ReasonBody(StepBody):
    reason = Text(max_length=10_000, required=False, allow_blank=True)


class ProceedBody(LabelsStepBody):
    outcome = Text(max_length=100)


class HeartbeatBody(StepBody):
    active_ms = Whole(min_value=0, max_value=3_600_000, required=False, default=0)
    idle_ms = Whole(min_value=0, max_value=3_600_000, required=False, default=0)


class AssignBody(StepBody):
    """``user`` is a person's id or e-mail address; null ends the assignment."""

    user = Text(max_length=254, allow_null=True)


class PriorityBody(StepBody):
    priority = Whole(min_value=0, max_value=100)


class StageBody(StepBody):
    stage = Text(max_length=100)
    reason = Text(max_length=10_000, required=False, allow_blank=True)


def step_from(verb: str, sent: dict[str, Any]) -> Step:
    """The step that a validated body asks for."""
    labels = sent.get("labels")
    changes = labels if isinstance(labels, dict) else None
    base = sent.get("base_revision", changes.get("base_revision") if changes else None)
    return Step(
        verb=verb,
        claim_token=sent.get("claim_token"),
        reason=sent.get("reason") or sent.get("comment") or "",
        outcome=sent.get("outcome", ""),
        verified_empty=sent.get("verified_empty", False),
        rejected=[RejectedLabel(**item) for item in labels] if isinstance(labels, list) else [],
        changes=changes_from(changes, base) if changes else None,
    )


def changes_from(sent: dict[str, Any], base_revision: int | None) -> LabelChanges:
    return LabelChanges(
        upsert=list(sent.get("upsert", [])),
        delete=list(sent.get("delete", [])),
        base_revision=base_revision,
        ontology_version=sent.get("ontology_version"),
    )
