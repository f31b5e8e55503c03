"""Bodies and answers of the evaluation routes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import Flag, StrictSerializer, Text, Whole
from apps.quality.logic.evaluation import OUTCOMES
from apps.quality.queries.truth import TRUTHS


class EvaluateBody(StrictSerializer):
    """``model``: a model's id, or its name with or without the version. ``subset``: the metadata key whose values are
    the subsets. ``truth``: ``reviewed`` (labels that an explicit verdict or an approved review stands behind), ``all``
    (whatever anybody has saved)."""

    model = Text(max_length=401)
    subset = Text(required=False, allow_blank=True, default="")
    truth = serializers.ChoiceField(choices=TRUTHS, default="reviewed")


class QueueBody(StrictSerializer):
    """Which matches, as ``quality/matches/`` has them, and where their tasks go. ``top``: only the surest tasks."""

    model = Text(max_length=401)
    iou = serializers.FloatField(min_value=0.1, max_value=1, default=0.5)
    confidence = serializers.FloatField(min_value=0, max_value=1, default=0.0)
    subset = Text(required=False)
    outcome = serializers.ChoiceField(choices=OUTCOMES, required=False)
    predicted = Text(required=False, max_length=500)
    to_stage = Text(max_length=100)
    top = Whole(min_value=1, max_value=10_000_000, required=False)
    dry_run = Flag(default=False)

    def get_fields(self) -> dict[str, Any]:
        """``label`` is a name that fields have themselves."""
        return {**super().get_fields(), "label": Text(required=False, max_length=500)}


class WarningAnswer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class CountsAnswer(serializers.Serializer[Any]):
    """At the thresholds asked for; a share of nothing is null."""

    tp = serializers.IntegerField()
    fp = serializers.IntegerField()
    fn = serializers.IntegerField()
    precision = serializers.FloatField(allow_null=True)
    recall = serializers.FloatField(allow_null=True)
    f1 = serializers.FloatField(allow_null=True)


class EvaluatedClassAnswer(CountsAnswer):
    """``question``: the classification whose answer this is, null for a class of objects. ``coco``: COCO's figures."""

    id = serializers.CharField()
    question = serializers.CharField(allow_null=True)
    labels = serializers.IntegerField()
    predictions = serializers.IntegerField()
    coco = serializers.DictField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """``class`` is no name that Python would take."""
        return {**super().get_fields(), "class": serializers.CharField()}


class ConfusionAnswer(serializers.Serializer[Any]):
    """``counts``: a row for each label class, a column for each predicted one; the last of both is nothing. Of more
    than 100 classes those with the most matches; ``left_out`` counts the others."""

    classes = serializers.ListField(child=serializers.CharField())
    counts = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    left_out = serializers.IntegerField()


class CurveAnswer(serializers.Serializer[Any]):
    """``points``: recall, precision, confidence."""

    points = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": serializers.CharField()}


class EvaluationAnswer(CountsAnswer):
    """``objects`` and ``answers`` are counted apart; the counts beside them are the objects', or the answers' where
    nothing else was compared."""

    id = serializers.UUIDField()
    model = serializers.DictField()
    truth = serializers.ChoiceField(choices=TRUTHS)
    evaluated_at = serializers.DateTimeField()
    iou = serializers.FloatField()
    confidence = serializers.FloatField()
    subset = serializers.CharField(allow_null=True)
    subset_key = serializers.CharField(allow_null=True)
    subsets = serializers.ListField(child=serializers.CharField())
    units = serializers.IntegerField()
    left_out = serializers.DictField(child=serializers.IntegerField())
    trained_on = serializers.DictField()
    objects = CountsAnswer(allow_null=True)
    answers = CountsAnswer(allow_null=True)
    classes = EvaluatedClassAnswer(many=True)
    confusion = ConfusionAnswer()
    curves = CurveAnswer(many=True)
    coco = serializers.DictField()
    classifications = serializers.ListField(child=serializers.DictField())
    warnings = WarningAnswer(many=True)


class MatchedAnswer(serializers.Serializer[Any]):
    """A prediction or a label as it is now; null where it has gone since."""

    id = serializers.UUIDField()
    shape = serializers.CharField()
    geometry = serializers.DictField(allow_null=True)
    attributes = serializers.DictField()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": serializers.CharField()}


class MatchAnswer(serializers.Serializer[Any]):
    """``predicted`` and ``label_class`` as they were evaluated, null for nothing."""

    task = serializers.UUIDField()
    data_unit = serializers.DictField(allow_null=True)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    predicted = serializers.CharField(allow_null=True)
    label_class = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    iou = serializers.FloatField()
    prediction = MatchedAnswer(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """``label`` is a name that fields have themselves."""
        return {**super().get_fields(), "label": MatchedAnswer(allow_null=True)}


class QueuedAnswer(serializers.Serializer[Any]):
    """What sending these matches would do."""

    matches = serializers.IntegerField()
    tasks = serializers.IntegerField()
    chosen = serializers.IntegerField()


class OverlayModelAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()


class OverlayAnswer(MatchedAnswer):
    """A prediction over the task's image. ``label``: the label that it meets (IoU .5 or more, the same class), or is
    taken for; ``agrees`` whether their classes do; null where it meets none."""

    model = OverlayModelAnswer()
    confidence = serializers.FloatField()
    probabilities = serializers.DictField(child=serializers.FloatField())
    iou = serializers.FloatField(allow_null=True)
    agrees = serializers.BooleanField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "label": serializers.UUIDField(allow_null=True)}


class OverlayPage(serializers.Serializer[Any]):
    """The surest predictions of the model, at most 500 of ``total``; without a model of the newest that has any."""

    model = OverlayModelAnswer(allow_null=True)
    models = OverlayModelAnswer(many=True)
    total = serializers.IntegerField()
    results = OverlayAnswer(many=True)
