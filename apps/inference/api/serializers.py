"""Bodies and answers of the inference routes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.problems import problem_body
from apps.common.serializers import Flag, StrictSerializer, Text
from apps.inference.logic.predictions import show_probabilities
from apps.inference.models import Assistant, ModelKind, ModelVersion, Prediction, PredictionModel
from apps.inference.operations import SavedItem
from apps.inference.queries import CLASSICAL, Coverage
from apps.ontologies.logic import OntologyIndex, show_attributes

MAX_ITEMS = 1_000
KINDS = [kind.value for kind in ModelKind]


class ModelBody(StrictSerializer):
    """A model's file. ``config`` is a predictor's or embedder's contract, as JSON."""

    file = serializers.FileField(allow_empty_file=False)
    name = Text()
    kind = serializers.ChoiceField(choices=KINDS, default=ModelKind.SEGMENTER.value)
    config = Text(max_length=100_000, required=False)
    default = serializers.ChoiceField(choices=["true", "false"], default="false")


class ModelAnswer(serializers.Serializer[Any]):
    """A version of a model. ``project`` is null for those that the whole instance may use."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    family = serializers.CharField()
    version = serializers.CharField()
    base = serializers.UUIDField(allow_null=True)
    project = serializers.UUIDField(allow_null=True)
    is_default = serializers.BooleanField()
    config = serializers.DictField()
    facts = serializers.DictField()
    created_at = serializers.DateTimeField()


class CoverageAnswer(serializers.Serializer[Any]):
    """``exact`` is false where only the first data units of a large project were looked at."""

    embedded = serializers.IntegerField()
    units = serializers.IntegerField()
    exact = serializers.BooleanField()


class AssistantBody(StrictSerializer):
    """``model`` is a model's id, "classical", or null for the instance's default."""

    model = Text(max_length=36, allow_null=True)
    enabled = Flag()


class AssistantAnswer(serializers.Serializer[Any]):
    """``model`` is what was chosen, ``answers`` the model that clicks get: null when that is the classical one."""

    model = serializers.CharField(allow_null=True)
    enabled = serializers.BooleanField()
    answers = ModelAnswer(allow_null=True)
    coverage = CoverageAnswer(allow_null=True)


class EmbedBody(StrictSerializer):
    """``model`` is a model's id; the project's own choice without one."""

    model = Text(max_length=36, required=False)


class PredictionModelBody(StrictSerializer):
    """``out_of_sample``: the predicted images were kept from its training; null or absent: unknown."""

    name = Text()
    version = Text(required=False, allow_blank=True, default="")
    out_of_sample = serializers.BooleanField(required=False, allow_null=True, default=None)
    trained_on = Text(required=False, allow_blank=True, default="")


class PredictionItemBody(serializers.Serializer[Any]):
    """What the model says of one data unit, in place of what it said before. A label is one of the API, with
    ``confidence`` and perhaps ``probabilities``; ``id`` may be left out."""

    data_unit = serializers.UUIDField()
    labels = serializers.ListField(child=serializers.DictField())


class PredictionsBody(StrictSerializer):
    model = PredictionModelBody()
    # Each item is checked by itself, so that a bad one stops no other.
    predictions = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MAX_ITEMS)


class PredictionsDocument(serializers.Serializer[Any]):
    """``PredictionsBody`` as the OpenAPI document tells it."""

    model = PredictionModelBody()
    predictions = PredictionItemBody(many=True)


class PredictionModelAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()
    out_of_sample = serializers.BooleanField(allow_null=True)
    trained_on = serializers.CharField()
    model_version = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class PredictedItemAnswer(serializers.Serializer[Any]):
    """``id`` is the data unit's, ``status`` saved or failed."""

    id = serializers.CharField()
    status = serializers.CharField()
    labels = serializers.IntegerField()
    error = serializers.DictField(required=False)


class PredictedAnswer(serializers.Serializer[Any]):
    model = PredictionModelAnswer()
    results = PredictedItemAnswer(many=True)


class PredictionAnswer(serializers.Serializer[Any]):
    """A label that a model predicts."""

    id = serializers.UUIDField()
    data_unit = serializers.UUIDField()
    model = serializers.UUIDField()
    shape = serializers.CharField()
    geometry = serializers.DictField(allow_null=True)
    attributes = serializers.DictField()
    confidence = serializers.FloatField()
    probabilities = serializers.DictField(child=serializers.FloatField())
    created_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        """``class`` is no name that Python would take."""
        return {**super().get_fields(), "class": serializers.CharField()}


def shown_model(model: ModelVersion) -> dict[str, Any]:
    """Where an external predictor is reached is the admin's business."""
    return {
        "id": model.pk,
        "name": model.name,
        "kind": model.kind,
        "family": model.family,
        "version": model.spec_id,
        "base": model.base_id,
        "project": model.project_id,
        "is_default": model.is_default,
        "config": {name: value for name, value in model.config.items() if name != "url"},
        "facts": model.facts,
        "created_at": model.created_at,
    }


def shown_assistant(assistant: Assistant, answers: ModelVersion | None, coverage: Coverage | None) -> dict[str, Any]:
    """``coverage`` is for those who see the whole project."""
    chosen = CLASSICAL if assistant.classical else str(assistant.model_id) if assistant.model_id else None
    far = (
        None if coverage is None else {"embedded": coverage.embedded, "units": coverage.units, "exact": coverage.exact}
    )
    return {
        "model": chosen,
        "enabled": assistant.enabled,
        "answers": shown_model(answers) if answers else None,
        "coverage": far,
    }


def shown_prediction_model(model: PredictionModel) -> dict[str, Any]:
    return {
        "id": model.pk,
        "name": model.name,
        "version": model.version,
        "out_of_sample": model.out_of_sample,
        "trained_on": model.trained_on,
        "model_version": model.model_version_id,
        "created_at": model.created_at,
    }


def shown_item(item: SavedItem) -> dict[str, Any]:
    shown = {"id": item.data_unit, "status": "saved" if item.error is None else "failed", "labels": item.labels}
    return shown if item.error is None else {**shown, "error": problem_body(item.error)}


def shown_prediction(index: OntologyIndex, row: Prediction) -> dict[str, Any]:
    """Classes and answers by their present names."""
    return {
        "id": row.label_id,
        "data_unit": row.data_unit_id,
        "model": row.model_id,
        "class": index.class_name(row.class_id),
        "shape": row.shape,
        "geometry": row.geometry,
        "attributes": show_attributes(index.find(row.class_id), row.attributes),
        "confidence": row.confidence,
        "probabilities": show_probabilities(index, row.class_id, row.probabilities),
        "created_at": row.created_at,
    }
