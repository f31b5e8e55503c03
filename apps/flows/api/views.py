"""Workflows over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.policies import MANAGERS, default_organization_for, get_organization_for, require_organization_role
from apps.common.clock import database_now
from apps.common.http import ApiView, read_body, require_match, with_etag
from apps.common.pages import Ordering, check_query, page
from apps.flows.api import serializers
from apps.flows.api.serializers import shown_version, shown_workflow, workflow_tag
from apps.flows.models import Workflow, WorkflowVersion
from apps.flows.operations import archive_workflow, create_workflow, publish_version, rename_workflow
from apps.flows.policies import get_workflow_for
from apps.flows.providers import fact_providers
from apps.flows.queries import latest_version, workflows_of
from workflows.templates import TEMPLATES
from workflows.validate import validate

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}


class WorkflowsView(ApiView):
    """The workflows that the caller may see; a new one."""

    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="workflows", responses=serializers.WorkflowAnswer(many=True))
    def get(self, request: Request) -> Response:
        check_query(request, ["ordering"])
        rows = workflows_of(request.auth).filter(archived_at=None)

        def render(workflow: Workflow) -> dict[str, Any]:
            return shown_workflow(workflow, latest_version(workflow.id), with_graph=False)

        return Response(page(request, rows, render=render, orderings=ORDERINGS, default="-id"))

    @extend_schema(
        operation_id="create_workflow",
        request=serializers.WorkflowBody,
        responses={201: serializers.WorkflowAnswer},
    )
    def post(self, request: Request) -> Response:
        body = read_body(request, serializers.WorkflowBody)
        named = body.get("organization")
        organization = get_organization_for(request.auth, named) if named else default_organization_for(request.auth)
        require_organization_role(request.auth, organization.pk, *MANAGERS)
        version = create_workflow(
            organization=organization, name=body["name"], graph=body["graph"], created_by=request.user
        )
        return answer(version.workflow, version, status=201)


class WorkflowView(ApiView):
    """One workflow with its newest graph; a new name or version."""

    scopes = {"GET": "read", "PATCH": "manage"}

    @extend_schema(operation_id="workflow", responses=serializers.WorkflowAnswer)
    def get(self, request: Request, workflow_id: UUID) -> Response:
        check_query(request, [])
        workflow = get_workflow_for(request.auth, workflow_id)
        return answer(workflow, latest_version(workflow.id))

    @extend_schema(
        operation_id="change_workflow", request=serializers.WorkflowChange, responses=serializers.WorkflowAnswer
    )
    def patch(self, request: Request, workflow_id: UUID) -> Response:
        workflow = get_workflow_for(request.auth, workflow_id, manage=True)
        require_match(request, workflow_tag(workflow, latest_version(workflow.id)))
        body = read_body(request, serializers.WorkflowChange)
        if "graph" in body:
            publish_version(
                workflow_id=workflow.id,
                graph=body["graph"],
                published_by=request.user,
                check=lambda present: require_match(request, workflow_tag(workflow, present)),
            )
        if "name" in body:
            rename_workflow(workflow=workflow, name=body["name"])
        return answer(workflow, latest_version(workflow.id))


class ArchiveView(ApiView):
    """Hides a workflow from the lists."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="archive_workflow", request=None, responses=serializers.WorkflowAnswer)
    def post(self, request: Request, workflow_id: UUID) -> Response:
        workflow = get_workflow_for(request.auth, workflow_id, manage=True)
        archive_workflow(workflow=workflow, now=database_now())
        return answer(workflow, latest_version(workflow.id))


class VersionsView(ApiView):
    """The frozen versions of a workflow, with their graphs."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="workflow_versions", responses=serializers.VersionAnswer(many=True))
    def get(self, request: Request, workflow_id: UUID) -> Response:
        check_query(request, ["ordering"])
        workflow = get_workflow_for(request.auth, workflow_id)
        rows = WorkflowVersion.objects.filter(workflow=workflow)

        def render(version: WorkflowVersion) -> dict[str, Any]:
            return shown_version(version, with_graph=True)

        orderings = {"number": Ordering(("number",)), "-number": Ordering(("-number",))}
        return Response(page(request, rows, render=render, orderings=orderings, default="-number"))


class ValidateView(ApiView):
    """What is wrong with a graph. Always answers, whatever the graph."""

    scopes = {"POST": "read"}
    idempotent = False

    @extend_schema(
        operation_id="validate_workflow", request=serializers.GraphBody, responses=serializers.ValidationAnswer
    )
    def post(self, request: Request) -> Response:
        body = read_body(request, serializers.GraphBody)
        return Response(validate(body["graph"], providers=fact_providers()).to_json())


class TemplatesView(ApiView):
    """Graphs to begin with."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="workflow_templates", responses=serializers.TemplatesAnswer)
    def get(self, request: Request) -> Response:
        check_query(request, [])
        rows = [
            {"id": item.id, "name": item.name, "description": item.description, "graph": item.graph}
            for item in TEMPLATES
        ]
        return Response({"results": rows, "next": None})


def answer(workflow: Workflow, version: WorkflowVersion, status: int = 200) -> Response:
    return with_etag(Response(shown_workflow(workflow, version), status=status), workflow_tag(workflow, version))
