"""Jobs: list, look, cancel."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView, as_uuid, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import Nothing, page_of
from apps.jobs.api.answers import JobAnswer, job_json
from apps.jobs.models import JobState
from apps.jobs.operations import cancel
from apps.jobs.policies import get_job_for, jobs_for


class JobsView(ApiView):
    """The jobs that the caller may see, newest first."""

    scopes = {"GET": "read"}

    @extend_schema(
        operation_id="jobs",
        parameters=[
            OpenApiParameter("project", {"type": "string", "format": "uuid"}),
            OpenApiParameter("state", enum=JobState.values),
        ],
        responses=page_of(JobAnswer),
    )
    def get(self, request: Request) -> Response:
        check_query(request, ("project", "state", "ordering"))
        jobs, asked = jobs_for(request.auth), request.query_params
        if "project" in asked:
            jobs = jobs.filter(project_id=as_uuid(asked["project"], "/project"))
        if "state" in asked:
            if asked["state"] not in JobState.values:
                raise Invalid.at("/state", f"state is one of {', '.join(JobState.values)}.", code="unknown_state")
            jobs = jobs.filter(state=asked["state"])
        return Response(page(request, jobs, render=job_json, orderings={"-id": Ordering(("-id",))}, default="-id"))


class JobView(ApiView):
    """One job."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="job", responses=JobAnswer)
    def get(self, request: Request, job_id: UUID) -> Response:
        return Response(job_json(get_job_for(request.auth, job_id)))


class CancelView(ApiView):
    """Asks a job to stop."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="job_cancel", request=Nothing, responses=JobAnswer)
    def post(self, request: Request, job_id: UUID) -> Response:
        job = get_job_for(request.auth, job_id)
        read_body(request, Nothing)
        return Response(job_json(cancel(job=job, now=database_now())))
