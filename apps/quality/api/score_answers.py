"""What the score routes take and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer, Text


class ScoreBody(StrictSerializer):
    """``metrics``: none named means all. ``model`` by id, by name, or by name and version."""

    metrics = serializers.ListField(child=Text(max_length=60), max_length=100, required=False, allow_empty=True)
    model = Text(max_length=400, required=False, allow_null=True, allow_blank=True)


class ModelLabelAnswer(serializers.Serializer[Any]):
    prediction = serializers.UUIDField()
    confidence = serializers.FloatField()
    shape = serializers.CharField(required=False)
    geometry = serializers.JSONField(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.CharField(), **super().get_fields()}


class LabelScoreAnswer(serializers.Serializer[Any]):
    """One label, or with ``label`` null an object that the model sees and nobody labeled."""

    prediction = serializers.UUIDField(allow_null=True)
    subject_type = serializers.ChoiceField(choices=["label", "prediction"])
    task = serializers.UUIDField()
    data_unit = serializers.UUIDField()
    shape = serializers.CharField(allow_null=True)
    geometry = serializers.JSONField(allow_null=True)
    metric = serializers.CharField()
    value = serializers.FloatField()
    p_error = serializers.FloatField(allow_null=True)
    calibrated = serializers.BooleanField()
    kind = serializers.CharField(allow_null=True)
    evidence = serializers.CharField()
    scorer_version = serializers.CharField()
    label_revision = serializers.IntegerField()
    scored_at = serializers.DateTimeField()
    model_label = ModelLabelAnswer(allow_null=True)
    atlas_url = serializers.CharField(allow_null=True)
    x = serializers.IntegerField(allow_null=True)
    y = serializers.IntegerField(allow_null=True)
    size = serializers.IntegerField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        own = {"id": serializers.UUIDField(), "label": serializers.UUIDField(allow_null=True)}
        return {**own, "class": serializers.CharField(), **super().get_fields()}


class TaskScoreAnswer(serializers.Serializer[Any]):
    task = serializers.UUIDField()
    data_unit = serializers.UUIDField()
    name = serializers.CharField()
    thumbnail_url = serializers.CharField(allow_blank=True)
    stage = serializers.CharField()
    status = serializers.CharField()
    metric = serializers.CharField()
    value = serializers.FloatField()
    p_error = serializers.FloatField(allow_null=True)
    calibrated = serializers.BooleanField()
    kind = serializers.CharField(allow_null=True)
    evidence = serializers.CharField()
    scored_at = serializers.DateTimeField()


class MetricAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    subject_type = serializers.CharField()


class ShareOfErrorsAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    expected = serializers.FloatField()


class RunAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    model = serializers.CharField(allow_null=True)
    scorer_version = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
    tasks = serializers.IntegerField()
    labels = serializers.IntegerField()
    missing = serializers.IntegerField()
    expected_errors = serializers.FloatField()
    expected_missing = serializers.FloatField()
    by_kind = ShareOfErrorsAnswer(many=True)
    by_class = ShareOfErrorsAnswer(many=True)
    label_histogram = serializers.ListField(child=serializers.IntegerField())
    task_histogram = serializers.ListField(child=serializers.IntegerField())
    finished_at = serializers.DateTimeField()


class SummaryAnswer(serializers.Serializer[Any]):
    """``run`` null: nothing has been scored. ``job``: a scoring under way."""

    run = RunAnswer(allow_null=True)
    job = serializers.UUIDField(allow_null=True)
    calibrated = serializers.BooleanField()
    models = serializers.IntegerField()
    metrics = MetricAnswer(many=True)


class NeighbourAnswer(serializers.Serializer[Any]):
    task = serializers.UUIDField()
    distance = serializers.FloatField()

    def get_fields(self) -> dict[str, Any]:
        own = {"label": serializers.UUIDField(), "class": serializers.CharField()}
        tile = {"atlas_url": serializers.CharField(allow_null=True), "x": serializers.IntegerField(allow_null=True)}
        more = {"y": serializers.IntegerField(allow_null=True), "size": serializers.IntegerField(allow_null=True)}
        return {**own, **super().get_fields(), **tile, **more}


class NamedModelLabelAnswer(ModelLabelAnswer):
    """``model``: the name of the model that says so."""

    model = serializers.CharField(allow_null=True)


class LabelEvidenceAnswer(LabelScoreAnswer):
    model_label = NamedModelLabelAnswer(allow_null=True)
    neighbours = NeighbourAnswer(many=True)


class EvidenceAnswer(serializers.Serializer[Any]):
    """Why the task came and what speaks against its labels; empty where the stage hides it."""

    route_reason = serializers.JSONField(allow_null=True)
    metrics = serializers.DictField()
    labels = LabelEvidenceAnswer(many=True)
    missing = LabelEvidenceAnswer(many=True)
