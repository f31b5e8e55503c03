"""A project's workflow over REST: the graph it runs, and publishing another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body, require_match, with_etag
from apps.common.pages import check_query
from apps.flows.models import WorkflowVersion
from apps.projects.api import serializers
from apps.projects.api.serializers import workflow_tag
from apps.projects.operations import plan_version, publish_project_version
from apps.projects.policies import get_project_for, require_manager, require_overview


class ProjectWorkflowView(ApiView):
    """The graph that the project's tasks travel."""

    scopes = {"GET": "read", "PUT": "manage"}

    @extend_schema(operation_id="project_workflow", responses=serializers.ProjectGraphAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, [])
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        project = access.project
        return with_etag(Response(shown_graph(project.workflow_version)), workflow_tag(project))

    @extend_schema(
        operation_id="publish_project_workflow",
        request=serializers.PublishBody,
        responses=serializers.ProjectGraphAnswer,
        parameters=[OpenApiParameter("dry_run", str, enum=["true", "false"])],
    )
    def put(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ["dry_run"])
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        body = read_body(request, serializers.PublishBody)
        mapping = body.get("mapping", {})
        if is_dry_run(request):
            return Response(plan_version(project=access.project, graph=body["graph"], mapping=mapping))
        project, version, plan, job = publish_project_version(
            project_id=access.project.id,
            graph=body["graph"],
            mapping=mapping,
            actor=request.user,
            now=database_now(),
            check=lambda locked: require_match(request, workflow_tag(locked)),
        )
        shown = shown_graph(version) | {"plan": plan, "job": str(job.id) if job else None}
        return with_etag(Response(shown), workflow_tag(project))


def is_dry_run(request: Request) -> bool:
    """``?dry_run=``. Raises Invalid for anything but true and false."""
    value = request.query_params.get("dry_run", "false")
    if value not in ("true", "false"):
        raise Invalid.at("/dry_run", "dry_run is true or false.", code="bad_filter")
    return value == "true"


def shown_graph(version: WorkflowVersion) -> dict[str, Any]:
    return {
        "workflow": str(version.workflow_id),
        "version": str(version.id),
        "number": version.number,
        "digest": version.digest,
        "graph": version.graph,
    }
