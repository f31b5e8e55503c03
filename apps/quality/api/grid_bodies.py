"""What the grid's routes take and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer, Text, Whole
from apps.quality.operations.gridding import MOST, ORDERS
from apps.quality.queries.scores import KINDS
from apps.quality.queries.tiles import SIZES

MOST_MARKS = 256
LONGEST = 24 * 3600 * 1000
METRICS = ("mistakenness",)
BATCH_STATES = ("open", "committed", "dropped")


class AtlasBody(StrictSerializer):
    """``order`` as the list of scores has it: ``-value`` (the likeliest wrong first) or ``value``."""

    metric = serializers.ChoiceField(choices=METRICS, required=False, default="mistakenness")
    order = serializers.ChoiceField(choices=("-value", "value"), required=False, default="-value")

    def get_fields(self) -> dict[str, Any]:
        # ``class`` is a word of the language, so it is added by name.
        return {"class": Text(required=False), **super().get_fields()}


class ConfusionBody(StrictSerializer):
    predicted = Text()

    def get_fields(self) -> dict[str, Any]:
        # ``label`` is a member of every field, so it is added by name.
        return {**super().get_fields(), "label": Text()}


class AttributeBody(StrictSerializer):
    name = Text()
    value = serializers.JSONField()

    def validate_value(self, value: Any) -> Any:
        if not isinstance(value, str | bool | int | float) or len(str(value)) > 200:
            raise serializers.ValidationError("An answer is a text, a number or a boolean.", code="wrong_type")
        return value


class BatchBody(StrictSerializer):
    """One class, cell of the confusion matrix, annotator, answer or kind of error; none of them: every label."""

    confusion = ConfusionBody(required=False)
    annotator = Text(required=False)
    attribute = AttributeBody(required=False)
    kind = serializers.ChoiceField(choices=KINDS, required=False)
    order = serializers.ChoiceField(choices=ORDERS, required=False, default="mistakenness")
    size = Whole(min_value=1, max_value=MOST, required=False, default=MOST)
    tile = serializers.ChoiceField(choices=SIZES, required=False, default=SIZES[0])

    def get_fields(self) -> dict[str, Any]:
        return {"class": Text(required=False), **super().get_fields()}

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if "class" in sent and "confusion" in sent:
            raise serializers.ValidationError({"class": ["A confusion cell names its class."]}, code="two_classes")
        return sent


class MarkBody(StrictSerializer):
    item = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[kind for kind in KINDS if kind != "missing"], required=False)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": Text(required=False)}


class CommitBody(StrictSerializer):
    """``active_ms``: how long the person looked. ``stage``: where tasks with reported labels are to go."""

    marks = serializers.ListField(child=MarkBody(), max_length=MOST_MARKS)
    active_ms = Whole(min_value=0, max_value=LONGEST)
    stage = Text(max_length=100, required=False, default="", allow_blank=True)


class TileAnswer(serializers.Serializer[Any]):
    """``atlas_url`` null: the picture is being made (``job``), or could not be read."""

    id = serializers.UUIDField()
    atlas_url = serializers.CharField(allow_null=True)
    x = serializers.IntegerField()
    y = serializers.IntegerField()
    size = serializers.IntegerField()


class ReferenceAnswer(TileAnswer):
    confirmed = serializers.BooleanField()


class ItemEvidenceAnswer(serializers.Serializer[Any]):
    p_error = serializers.FloatField(allow_null=True)
    kind = serializers.CharField(allow_null=True)
    text = serializers.CharField()


class ItemAnswer(TileAnswer):
    """``box``: x, y, width, height. ``evidence`` only for whoever may see it, and never in a random batch."""

    task = serializers.UUIDField()
    shape = serializers.CharField()
    geometry = serializers.JSONField(allow_null=True)
    box = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    data_unit = serializers.UUIDField(allow_null=True)
    thumbnail_url = serializers.CharField(allow_blank=True)
    image_url = serializers.CharField(allow_blank=True)
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    evidence = ItemEvidenceAnswer(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        own = {"label": serializers.UUIDField(), "class": serializers.CharField()}
        return {**super().get_fields(), **own}


class HeadingAnswer(serializers.Serializer[Any]):
    """``class`` null: the batch mixes classes. ``left`` is counted to ten thousand; ``more``: there are more."""

    references = ReferenceAnswer(many=True)
    seen = serializers.IntegerField()
    left = serializers.IntegerField()
    more = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.CharField(allow_null=True), **super().get_fields()}


class ResultAnswer(serializers.Serializer[Any]):
    item = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["fine", "flagged", "relabeled", "added", "refused", "stale"])
    error = serializers.DictField(allow_null=True)


class SentAnswer(serializers.Serializer[Any]):
    task = serializers.UUIDField()
    error = serializers.DictField(allow_null=True)


class BatchRowAnswer(serializers.Serializer[Any]):
    """``missing``: of objects that a model sees and nobody labelled (an item's ``label`` is the prediction then)."""

    id = serializers.UUIDField()
    missing = serializers.BooleanField()
    order = serializers.CharField()
    items_count = serializers.IntegerField()
    state = serializers.ChoiceField(choices=BATCH_STATES)
    opened_at = serializers.DateTimeField()
    committed_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": serializers.CharField(allow_null=True)}


class BatchAnswer(BatchRowAnswer):
    """``job`` makes the pictures; ``results`` once the batch is committed."""

    heading = HeadingAnswer()
    items = ItemAnswer(many=True)
    job = serializers.UUIDField(allow_null=True)
    results = ResultAnswer(many=True)
    sent = SentAnswer(many=True)


class CommittedAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    state = serializers.CharField()
    results = ResultAnswer(many=True)
    sent = SentAnswer(many=True)


class UndoneResultAnswer(serializers.Serializer[Any]):
    item = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["taken_back", "kept"])


class UndoneAnswer(serializers.Serializer[Any]):
    """The marks of the batch, which is open again; ``kept``: somebody has touched what it did."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    results = UndoneResultAnswer(many=True)


class GridSensitivityAnswer(serializers.Serializer[Any]):
    """The share of known errors that was found: ``n`` hidden tiles, or errors that another judge found."""

    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()


class ClassSensitivityAnswer(GridSensitivityAnswer):
    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.CharField(), **super().get_fields()}


class InstrumentAnswer(serializers.Serializer[Any]):
    """Verdicts whose time is known. Per minute: null until there are some."""

    verdicts = serializers.IntegerField()
    minutes = serializers.FloatField()
    verdicts_per_minute = serializers.FloatField(allow_null=True)
    errors_per_minute = serializers.FloatField(allow_null=True)
    sensitivity = GridSensitivityAnswer()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "errors": serializers.IntegerField()}


class GridFiguresAnswer(serializers.Serializer[Any]):
    """``times_faster``: verdicts a minute in the grid by those on whole images; null until both are known."""

    grid = InstrumentAnswer()
    review = InstrumentAnswer()
    times_faster = serializers.FloatField(allow_null=True)
    classes = ClassSensitivityAnswer(many=True)
