"""Request bodies of the assistant's routes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import Flag, StrictSerializer, Text, Whole
from apps.labels.logic.numbers import LARGEST

MAX_POINTS = 200
MAX_BOXES = 100
DEADLINE_MS = 30_000


class Real(serializers.FloatField):
    """A JSON number that is finite; strings are not turned into one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, (int, float)) or not -LARGEST <= data <= LARGEST:
            self.fail("invalid")
        return float(data)


class PointBody(StrictSerializer):
    """``label`` 1 adds what is there, 0 takes it away."""

    x = Real()
    y = Real()
    label = Whole(min_value=0, max_value=1)  # type: ignore[assignment]


class BoxBody(StrictSerializer):
    """A box in the image."""

    x = Real()
    y = Real()
    width = Real()
    height = Real()


class AssistBody(StrictSerializer):
    """What the hand says. Points, one box and one earlier shape (``mask``, ``label`` or ``polygons``) give one answer
    together; ``boxes`` gives one for each; ``anchors`` asks for an outline that snaps to edges.

    ``mask`` is a bitmask, or ``{"token"}`` of an earlier answer; ``label`` the id of a saved one. A newer request of
    the same ``session`` takes the place of one that still waits. With ``meanwhile`` an image that is not ready yet is
    answered by the classical assistant.
    """

    model = Text(max_length=100, required=False)
    points = serializers.ListField(child=PointBody(), required=False, max_length=MAX_POINTS)
    box = BoxBody(required=False)
    boxes = serializers.ListField(child=BoxBody(), required=False, max_length=MAX_BOXES)
    mask = serializers.DictField(required=False)
    label = serializers.UUIDField(required=False)  # type: ignore[assignment]
    polygons = serializers.ListField(child=serializers.ListField(), required=False)
    anchors = serializers.ListField(child=serializers.ListField(), required=False, max_length=MAX_POINTS)
    closed = Flag(default=True)
    session = Text(max_length=100, required=False, allow_blank=True)
    meanwhile = Flag(default=False)
    deadline_ms = Whole(min_value=100, max_value=60_000, default=DEADLINE_MS)


class PrelabelBody(StrictSerializer):
    """``stage`` narrows to one stage; without it every stage that names a predictor."""

    stage = Text(max_length=100, required=False)


class FinetuneBody(StrictSerializer):
    """``base`` is a model's id (default: the project's), ``classes`` names or ids, ``group`` a metadata key whose
    values keep images on one side of the split."""

    base = Text(max_length=100, required=False)
    classes = serializers.ListField(child=Text(), required=False, min_length=1, max_length=1_000)
    group = Text(max_length=100, required=False)
    seed = Whole(min_value=0, max_value=2**31 - 1, default=0)
