"""A project's workflow over REST: the graph it runs, and publishing another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView, etag_of, read_body, require_match, with_etag
from apps.common.pages import check_query
from apps.flows.models import WorkflowVersion
from apps.jobs.api import accepted
from apps.projects.api import serializers
from apps.projects.models import Project
from apps.projects.operations import plan_version, publish_project_version
from apps.projects.operations.versions import Published
from apps.projects.policies import get_project_for, require_manager, require_overview

PUBLISHED_OR_PLAN = PolymorphicProxySerializer(
    component_name="PublishedOrPlan",
    serializers=[serializers.PublishedAnswer, serializers.PlanAnswer],
    resource_type_field_name=None,
)


class ProjectWorkflowView(ApiView):
    """The graph that the project's tasks travel; another version of it, or what that would do."""

    scopes = {"GET": "read", "PUT": "manage"}
    problems = {"PUT": (412, 428)}

    @extend_schema(operation_id="project_workflow", responses=serializers.ProjectGraphAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ())
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        return with_etag(Response(shown_graph(access.project.workflow_version)), workflow_tag(access.project))

    @extend_schema(
        operation_id="publish_project_workflow",
        request=serializers.PublishBody,
        responses={200: PUBLISHED_OR_PLAN, 202: OpenApiResponse(serializers.PublishedAnswer)},
        parameters=[OpenApiParameter("dry_run", str, enum=["true", "false"])],
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ("dry_run",))
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        dry_run = is_dry_run(request)
        if not dry_run or "If-Match" in request.headers:
            require_match(request, workflow_tag(access.project))
        body = read_body(request, serializers.PublishBody)
        asked: dict[str, Any] = {"graph": body["graph"], "mapping": body.get("mapping", {})}
        if dry_run:
            return Response(plan_version(project=access.project, **asked))
        published = publish_project_version(
            project_id=access.project.id,
            **asked,
            actor=request.auth.user,
            now=database_now(),
            check=lambda locked: require_match(request, workflow_tag(locked)),
        )
        return answer(published)


def answer(published: Published) -> Response:
    """200; 202 while a job moves the tasks."""
    job = published.job
    shown = shown_graph(published.version) | {"plan": published.plan, "job": job.pk if job else None}
    response = Response(shown) if job is None else accepted(job, shown)
    return with_etag(response, workflow_tag(published.project))


def is_dry_run(request: Request) -> bool:
    """``?dry_run=``, written in any case or as 1 and 0. Raises Invalid for anything but true and false."""
    value = request.query_params.get("dry_run", "false").lower()
    if value not in ("true", "false", "1", "0"):
        raise Invalid.at("/dry_run", "dry_run is true or false.", code="bad_filter")
    return value in ("true", "1")


def workflow_tag(project: Project) -> str:
    """Changes with every version that the project publishes; a version itself never changes."""
    return etag_of(project.workflow_version_id)


def shown_graph(version: WorkflowVersion) -> dict[str, Any]:
    return {
        "workflow": version.workflow_id,
        "version": version.pk,
        "number": version.number,
        "digest": version.digest,
        "graph": version.graph,
    }
