"""The assistant over REST."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.tasks.api.actions import WORK
from apps.tasks.assist.answers import AssistAnswer, AssistState
from apps.tasks.assist.asking import assist
from apps.tasks.assist.bodies import AssistBody
from apps.tasks.assist.policies import require_hand
from apps.tasks.assist.state import assistant_state
from apps.tasks.policies import get_task_for


class AssistView(ApiView):
    """The assistant of one task. It labels nothing: an answer becomes a label when somebody saves it."""

    scopes: ClassVar = {"GET": "read", "POST": WORK}
    # A stored answer would be no use: a click changes nothing, and its twin costs as little.
    idempotent = False
    problems: ClassVar = {"POST": (429, 503)}

    @extend_schema(operation_id="task_assistant", responses=AssistState)
    def get(self, request: Request, task_id: UUID) -> Response:
        return Response(assistant_state(get_task_for(request.auth, task_id), timezone.now()))

    @extend_schema(operation_id="task_assist", request=AssistBody, responses=AssistAnswer)
    def post(self, request: Request, task_id: UUID) -> Response:
        found = get_task_for(request.auth, task_id)
        require_hand(found, timezone.now())
        return Response(assist(found, read_body(request, AssistBody)))
