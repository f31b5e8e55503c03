"""Answers of the assistant's routes, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class AssistBitmask(serializers.Serializer[Any]):
    size = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2)
    counts = serializers.CharField()


class AssistBox(serializers.Serializer[Any]):
    x = serializers.FloatField()
    y = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()


def vertices() -> Any:
    return serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))


def parts() -> Any:
    """Parts of rings of ``[x, y]``."""
    return serializers.ListField(child=serializers.ListField(child=vertices()))


class AssistCandidate(serializers.Serializer[Any]):
    """One mask; ``score`` is the model's own estimate, none from the classical assistant."""

    geometry = AssistBitmask()
    polygons = parts()
    score = serializers.FloatField(allow_null=True)
    bbox = AssistBox()


class AssistOne(serializers.Serializer[Any]):
    """The answer to one set of prompts; the best of ``candidates`` stands at the top too."""

    geometry = AssistBitmask(allow_null=True)
    polygons = parts()
    score = serializers.FloatField(allow_null=True)
    bbox = AssistBox(allow_null=True)
    candidates = AssistCandidate(many=True)
    model = serializers.CharField()
    model_id = serializers.UUIDField(allow_null=True)
    assistant = serializers.ChoiceField(choices=["classical", "model"])
    milliseconds = serializers.FloatField()
    token = serializers.CharField(allow_blank=True)
    warming = serializers.BooleanField()
    path = vertices()
    note = serializers.CharField(allow_blank=True)


class AssistAnswer(AssistOne):
    """``answers`` only where several boxes were asked about: one each, in order."""

    answers = AssistOne(many=True, required=False)


class AssistModel(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    family = serializers.CharField()


class AssistState(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()
    assistant = serializers.ChoiceField(choices=["classical", "model"])
    model = AssistModel(allow_null=True)
    state = serializers.ChoiceField(choices=["ready", "warming", "cold", "unavailable"])
    detail = serializers.CharField(allow_blank=True)
