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


class FinetuneImage(serializers.Serializer[Any]):
    """``url`` and ``thumbnail_url`` are null when the image is no longer the project's."""

    url = serializers.CharField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_null=True)
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    data_unit = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(allow_null=True)


class FinetuneExample(serializers.Serializer[Any]):
    """One held-out object: what is there, and the masks of the base and of the tuned model."""

    image = FinetuneImage()
    class_name = serializers.CharField()
    bbox = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    truth = AssistBitmask()
    before = AssistBitmask()
    after = AssistBitmask()
    iou_before = serializers.FloatField()
    iou_after = serializers.FloatField()


class FinetunePoint(serializers.Serializer[Any]):
    step = serializers.IntegerField()
    loss = serializers.FloatField()
    click_iou = serializers.FloatField()
    box_iou = serializers.FloatField()


class FinetuneGain(serializers.Serializer[Any]):
    """A paired gain: its mean, and the bootstrap's 5 % and 95 % points."""

    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class FinetuneClass(serializers.Serializer[Any]):
    class_name = serializers.CharField()
    n = serializers.IntegerField()
    click_before = serializers.FloatField()
    click_after = serializers.FloatField()
    box_before = serializers.FloatField()
    box_after = serializers.FloatField()


STATES = ("unknown", "preparing", "training", "evaluating", "done", "failed", "cancelled")


class FinetuneSummary(serializers.Serializer[Any]):
    """How far a training is, or what it found."""

    state = serializers.ChoiceField(choices=STATES)
    fraction = serializers.FloatField()
    detail = serializers.CharField(allow_blank=True)
    accepted = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    held_out = serializers.IntegerField()
    trained_on = serializers.IntegerField()
    click_gain = FinetuneGain(allow_null=True)
    box_gain = FinetuneGain(allow_null=True)
    classes = FinetuneClass(many=True)


class FinetuneFull(FinetuneSummary):
    curve = FinetunePoint(many=True)
    examples = FinetuneExample(many=True)


class FinetuneRow(serializers.Serializer[Any]):
    """A tuning; its id is its job's. ``model`` is the version that came of it, when it was accepted."""

    id = serializers.UUIDField()
    project = serializers.UUIDField()
    base = serializers.UUIDField()
    base_name = serializers.CharField()
    model = serializers.UUIDField(allow_null=True)
    state = FinetuneSummary()
    created_by = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class FinetuneAnswer(FinetuneRow):
    state = FinetuneFull()
