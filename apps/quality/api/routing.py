"""``quality/route/``: sending what is likely wrong to those who can tell."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.http import ApiView, read_body
from apps.jobs.api.answers import JobAnswer, accepted
from apps.projects.policies import get_project_for, require_manager
from apps.quality.api.routing_answers import RouteAnswer
from apps.quality.api.routing_bodies import RouteBody, order_from
from apps.quality.operations.routing_job import route


class RouteView(ApiView):
    """By threshold, number, share of the errors or budget: at once over up to 500 tasks, else as a job."""

    scopes: ClassVar = {"POST": "manage"}
    problems: ClassVar = {"POST": (409,)}

    @extend_schema(operation_id="quality_route", request=RouteBody, responses={200: RouteAnswer, 202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        order = order_from(access.project, read_body(request, RouteBody))
        done = route(project=access.project, order=order, actor=request.user, now=database_now())
        return Response(done) if isinstance(done, dict) else accepted(done)
