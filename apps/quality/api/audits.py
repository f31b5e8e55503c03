"""``quality/audit/``: the random waves, and one drawn now."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.http import ApiView, read_body
from apps.common.pages import check_query
from apps.common.serializers import StrictSerializer, Whole
from apps.projects.policies import get_project_for, require_manager
from apps.quality.operations.auditing import draw_now, draw_some
from apps.quality.operations.sending import send_chosen
from apps.quality.queries.plans import plan_shown

CHUNKS_AT_ONCE = 10


class AuditBody(StrictSerializer):
    """``looks``: about how many tasks; without it as many as the target needs."""

    looks = Whole(required=False, min_value=1, max_value=100_000)


class WaveAnswer(serializers.Serializer[Any]):
    """``frame`` tasks were drawn over, ``drawn`` of them are to be looked at; ``why`` is the plan in words."""

    number = serializers.IntegerField()
    frame = serializers.IntegerField()
    drawn = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["drawing", "drawn"])
    why = serializers.CharField()
    at = serializers.DateTimeField()


class LooksAnswer(serializers.Serializer[Any]):
    """Random looks at labels of a kind or class, and tasks still to be drawn for the target."""

    kind = serializers.CharField()
    looks = serializers.IntegerField()
    n_needed = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        # ``class`` is a word of the language, so it is added by name.
        return super().get_fields() | {"class": serializers.CharField()}


class AuditAnswer(serializers.Serializer[Any]):
    """``tasks``: drawn by the waves, by what became of them; ``due`` those that wait to be looked at."""

    enabled = serializers.BooleanField()
    stage = serializers.CharField()
    target_share = serializers.FloatField()
    confidence = serializers.FloatField()
    wanted = serializers.IntegerField()
    due = serializers.IntegerField()
    tasks = serializers.DictField(child=serializers.IntegerField())
    waves = WaveAnswer(many=True)
    looks = LooksAnswer(many=True)


class AuditView(ApiView):
    """How far the audit is; ``POST`` draws a wave over everything that rests."""

    scopes: ClassVar = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="audit_plan", responses=AuditAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, [])
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        return Response(plan_shown(access.project))

    @extend_schema(operation_id="audit_draw", request=AuditBody, responses={201: AuditAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        sent = read_body(request, AuditBody)
        now = database_now()
        wave = draw_now(project=access.project, now=now, looks=sent.get("looks"))
        for _ in range(CHUNKS_AT_ONCE):
            # A chore goes on with what is larger.
            if not draw_some(wave_id=wave.id, now=now):
                break
        send_chosen(now, access.project)
        return Response(plan_shown(access.project), status=201)
