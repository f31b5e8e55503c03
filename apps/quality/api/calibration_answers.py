"""What the calibration routes answer, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


def maybe() -> serializers.FloatField:
    return serializers.FloatField(allow_null=True)


class Counted(serializers.Serializer[Any]):
    """Has ``errors``, a name that serializers use for something of their own."""

    def get_fields(self) -> dict[str, Any]:
        return {"errors": serializers.IntegerField(), **super().get_fields()}


class FiguresAnswer(serializers.Serializer[Any]):
    log_loss = maybe()
    log_loss_constant = maybe()
    skill = maybe()
    slope = maybe()
    intercept = maybe()
    ece = maybe()
    ece_constant = maybe()
    brier = maybe()


class FitAnswer(Counted, FiguresAnswer):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    model = serializers.ChoiceField(choices=["fixed", "calibrated", "learned"])
    verdicts = serializers.IntegerField()
    fits_ahead = serializers.IntegerField()
    gain = maybe()
    lower = maybe()


class CapAnswer(serializers.Serializer[Any]):
    times_median = serializers.FloatField()
    weight = maybe()
    capped = serializers.IntegerField()


class LearnedAnswer(serializers.Serializer[Any]):
    fits_ahead = serializers.IntegerField()
    fits_needed = serializers.IntegerField()
    gain = maybe()
    lower = maybe()


class EffectAnswer(serializers.Serializer[Any]):
    effect = serializers.FloatField()

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.CharField(), **super().get_fields()}


class TargetAnswer(Counted):
    model = serializers.ChoiceField(choices=["fixed", "calibrated", "learned"])
    calibrated = serializers.BooleanField()
    verdicts = serializers.IntegerField()
    cap = CapAnswer()
    effects = EffectAnswer(many=True)
    figures = FiguresAnswer()
    learned = LearnedAnswer()
    bent = serializers.BooleanField()
    contradicted = serializers.BooleanField()
    history = FitAnswer(many=True)


class TargetsAnswer(serializers.Serializer[Any]):
    missing = TargetAnswer()
    task = TargetAnswer()

    def get_fields(self) -> dict[str, Any]:
        return {"label": TargetAnswer(), **super().get_fields()}


class BinAnswer(Counted):
    claimed = serializers.FloatField()
    observed = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()


class PointAnswer(serializers.Serializer[Any]):
    looks = serializers.FloatField()
    found = serializers.FloatField()
    oracle = serializers.FloatField()
    random = serializers.FloatField()


class PlotAnswer(Counted):
    verdicts = serializers.IntegerField()
    needed = serializers.IntegerField()
    bins = BinAnswer(many=True)
    found_per_look = PointAnswer(many=True)


class PlotsAnswer(serializers.Serializer[Any]):
    missing = PlotAnswer()
    task = PlotAnswer()

    def get_fields(self) -> dict[str, Any]:
        return {"label": PlotAnswer(), **super().get_fields()}


class CalibrationAnswer(serializers.Serializer[Any]):
    targets = TargetsAnswer()
    reliability = PlotsAnswer()
    waiting = serializers.IntegerField()
    fitted_at = serializers.DateTimeField(allow_null=True)


class ShareAnswer(serializers.Serializer[Any]):
    """A share with its 95 % interval, and how many it rests on."""

    n = serializers.IntegerField()
    share = maybe()
    low = maybe()
    high = maybe()


class ClassShareAnswer(ShareAnswer):
    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.CharField(), **super().get_fields()}


class WeekAnswer(serializers.Serializer[Any]):
    week = serializers.DateField()
    labels = serializers.IntegerField()
    rejected = serializers.IntegerField()


class AnnotatorAnswer(serializers.Serializer[Any]):
    labels = serializers.IntegerField()
    rejected = ShareAnswer()
    error_rate = serializers.FloatField()
    agreement_with_experts = ShareAnswer()
    missed = serializers.IntegerField()
    kinds = serializers.DictField(child=ShareAnswer())
    weeks = WeekAnswer(many=True)
    classes = ClassShareAnswer(many=True)


class SensitivityAnswer(serializers.Serializer[Any]):
    mean = serializers.FloatField()
    n = serializers.IntegerField()


class ReviewerAnswer(serializers.Serializer[Any]):
    verdicts = serializers.IntegerField()
    rejected = serializers.IntegerField()
    overturned = ShareAnswer()
    repeat_agreement = ShareAnswer()
    seconds_per_verdict = maybe()
    sensitivity = SensitivityAnswer(allow_null=True)


class PersonAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()
    annotator = AnnotatorAnswer(allow_null=True)
    reviewer = ReviewerAnswer(allow_null=True)
