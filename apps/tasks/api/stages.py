"""The queues of a project: stages with counts, and the claim."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.projects.policies import get_project_for
from apps.tasks.api.actions import WORK
from apps.tasks.api.answers import StagesAnswer, TaskAnswer
from apps.tasks.api.bodies import ClaimBody
from apps.tasks.api.shown import shown_task
from apps.tasks.assist.warming import warm_claimed
from apps.tasks.operations.claims import claim_named, claim_next
from apps.tasks.policies import sees_evidence
from apps.tasks.queries.counts import stage_table


class StagesView(ApiView):
    """Every stage of the project's workflow with its exact counts."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="project_stages", responses=StagesAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        return Response(stage_table(access.project))


class ClaimView(ApiView):
    """Hands out the caller's next task at the stage."""

    scopes = {"POST": WORK}

    @extend_schema(
        operation_id="claim_task",
        request=ClaimBody,
        responses={200: TaskAnswer, 204: OpenApiResponse(description="There is none for the caller.")},
    )
    def post(self, request: Request, project_id: UUID, stage: str) -> Response:
        access = get_project_for(request.auth, project_id)
        sent = read_body(request, ClaimBody)
        who: dict[str, Any] = {
            "access": access,
            "user": request.user,
            "stage_id": stage,
            "worker": sent.get("worker", ""),
        }
        claimed = claim_named(**who, task_id=sent["task"]) if "task" in sent else claim_next(**who)
        if claimed is None:
            return Response(status=204)
        locked = claimed.locked
        warm_claimed(locked, request.user)
        shown = shown_task(
            locked.task,
            locked.visit,
            graph=locked.graph,
            access=access,
            user=request.user,
            sees_evidence=sees_evidence(access, locked.graph.stages.get(locked.task.stage)),
        )
        return Response(shown | {"resumed": claimed.is_resumed})
