"""``quality/settings/``: how a project's quality is looked after."""

from __future__ import annotations

import math
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.common.serializers import Flag, StrictSerializer, Text
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.projects.policies import get_project_for, require_manager
from apps.quality.models import QualitySettings
from apps.quality.operations.settings import change_settings
from apps.quality.queries.audits import audit_stage, settings_of
from apps.quality.queries.embedding import in_use

KINDS = ("wrong_class", "badly_located", "missing", "spurious", "duplicate", "wrong_attribute")
PLAIN = (
    *("audit_enabled", "stage", "target_share", "confidence", "base_rate", "repeat_rate", "costs", "seconds"),
    "embedding",
)
"""Fields that are shown as they are."""

MOST = 1_000_000.0
MOST_CLASSES = 10_000


class Real(serializers.FloatField):
    """A finite JSON number; strings are not turned into one."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float) or abs(data) > 1e300 or not math.isfinite(data):
            self.fail("invalid")
        return float(super().to_internal_value(data))


class Amounts(serializers.DictField):
    """Names to numbers from 0 to a million."""

    def __init__(self, *, keys: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(child=Real(min_value=0, max_value=MOST), **options)
        self.keys = keys

    def to_internal_value(self, data: Any) -> dict[str, float]:
        found: dict[str, float] = super().to_internal_value(data)
        unknown = sorted(set(found) - set(self.keys)) if self.keys else []
        if unknown:
            message = f"These are no kinds of error: {', '.join(unknown)[:200]}."
            raise serializers.ValidationError(message, code="unknown_kind")
        if len(found) > MOST_CLASSES:
            raise serializers.ValidationError("These are too many.", code="too_many")
        return found


class SettingsBody(StrictSerializer):
    """``costs`` and ``seconds`` by kind of error, ``class_costs`` by class (name or id). ``embedding``, by which images
    and crops are compared, is ``layout-1`` (no model), ``sam:`` and a segmenter's id, or ``onnx:`` and an embedder's
    id."""

    model = serializers.UUIDField(required=False, allow_null=True)
    audit_enabled = Flag(required=False)
    stage = Text(max_length=100, required=False, allow_blank=True)
    target_share = Real(required=False, min_value=0.0001, max_value=0.5)
    confidence = Real(required=False, min_value=0.5, max_value=0.999)
    base_rate = Real(required=False, min_value=0, max_value=0.5)
    repeat_rate = Real(required=False, min_value=0, max_value=0.5)
    costs = Amounts(required=False, keys=KINDS)
    class_costs = Amounts(required=False)
    seconds = Amounts(required=False, keys=KINDS)
    embedding = Text(max_length=60, required=False)


class SettingsAnswer(serializers.Serializer[Any]):
    """``audit_stage`` is where audits are looked at now: ``stage``, or what stands in for it. ``embedding_in_use`` is
    the method by which images are compared now; ``embedding`` is what the next curation goes over to."""

    model = serializers.UUIDField(allow_null=True)
    audit_enabled = serializers.BooleanField()
    stage = serializers.CharField()
    audit_stage = serializers.CharField()
    target_share = serializers.FloatField()
    confidence = serializers.FloatField()
    base_rate = serializers.FloatField()
    repeat_rate = serializers.FloatField()
    costs = serializers.DictField(child=serializers.FloatField())
    class_costs = serializers.DictField(child=serializers.FloatField())
    seconds = serializers.DictField(child=serializers.FloatField())
    embedding = serializers.CharField()
    embedding_in_use = serializers.CharField()


def shown(project: Project, settings: QualitySettings) -> dict[str, Any]:
    index = index_for(project.ontology_id)
    return {name: getattr(settings, name) for name in PLAIN} | {
        "model": settings.model_id,
        "embedding_in_use": in_use(project.id)["name"],
        "audit_stage": audit_stage(project, settings),
        "class_costs": {index.class_name(key): cost for key, cost in settings.class_costs.items()},
    }


class SettingsView(ApiView):
    """What errors cost, how much is audited and where. A project that set nothing has the defaults."""

    scopes: ClassVar = {"GET": "read", "PATCH": "manage"}

    @extend_schema(operation_id="quality_settings", responses=SettingsAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        return Response(shown(access.project, settings_of(project_id)))

    @extend_schema(operation_id="quality_settings_change", request=SettingsBody, responses=SettingsAnswer)
    def patch(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        values = read_body(request, SettingsBody)
        return Response(
            shown(access.project, change_settings(project=access.project, actor=request.user, values=values))
        )
