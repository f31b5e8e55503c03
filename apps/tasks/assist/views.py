"""The assistant over REST."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of
from apps.jobs.api.answers import JobAnswer, accepted
from apps.projects.policies import get_project_for, require_manager, require_overview
from apps.tasks.api.actions import WORK
from apps.tasks.assist.answers import AssistAnswer, AssistState, FinetuneAnswer, FinetuneRow
from apps.tasks.assist.asking import assist
from apps.tasks.assist.bodies import AssistBody, FinetuneBody, PrelabelBody
from apps.tasks.assist.policies import get_finetune_for, require_hand
from apps.tasks.assist.prelabel import start_prelabel
from apps.tasks.assist.runs import finetunes_of, shown_row, shown_run
from apps.tasks.assist.state import assistant_state
from apps.tasks.assist.tuning import start_finetune
from apps.tasks.policies import get_task_for

NEWEST = {"-id": Ordering(("-id",))}


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


class PrelabelView(ApiView):
    """Labels what waits for annotators by the predictors that the workflow names, by a job."""

    scopes: ClassVar = {"POST": "manage"}

    @extend_schema(operation_id="prelabel", request=PrelabelBody, responses={202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        sent = read_body(request, PrelabelBody)
        job = start_prelabel(project=access.project, actor=request.user, stage=sent.get("stage"))
        return accepted(job)


class FinetuneView(ApiView):
    """A decoder tuned on the project's approved labels, by a job."""

    scopes: ClassVar = {"POST": "manage"}

    @extend_schema(operation_id="finetune", request=FinetuneBody, responses={202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        sent = read_body(request, FinetuneBody)
        job = start_finetune(
            project=access.project,
            actor=request.user,
            base=sent.get("base"),
            classes=sent.get("classes", []),
            group=sent.get("group", ""),
            seed=sent["seed"],
        )
        return accepted(job)


class FinetunesView(ApiView):
    """The project's tunings, the latest first."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="finetunes", responses=page_of(FinetuneRow))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ["ordering"])
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        rows = finetunes_of(access.project)
        return Response(page(request, rows, render=shown_row, orderings=NEWEST, default="-id"))


class FinetuneRunView(ApiView):
    """One tuning with its curve, its classes, and examples before and after."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="finetune_run", responses=FinetuneAnswer)
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(shown_run(get_finetune_for(request.auth, run_id)))
