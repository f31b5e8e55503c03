"""Workflows over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.policies import MANAGERS, default_organization_for, get_organization_for, require_organization_role
from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body, require_match, with_etag
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of
from apps.flows.api import serializers
from apps.flows.api.serializers import shown_version, shown_workflow, workflow_tag
from apps.flows.models import Workflow, WorkflowVersion
from apps.flows.operations import archive_workflow, change_workflow, create_workflow
from apps.flows.policies import get_workflow_for
from apps.flows.providers import fact_providers
from apps.flows.queries import latest_version, with_latest, workflows_of
from workflows.templates import TEMPLATES
from workflows.validate import validate

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}


class WorkflowsView(ApiView):
    """The workflows that the caller may see; a new one."""

    scopes = {"GET": "read", "POST": "manage"}
    problems = {"POST": (404,)}

    @extend_schema(
        operation_id="workflows",
        responses=page_of(serializers.WorkflowAnswer),
        parameters=[OpenApiParameter("archived", str, enum=["true", "false"])],
    )
    def get(self, request: Request) -> Response:
        check_query(request, ("ordering", "archived"))
        archived = request.query_params.get("archived", "false")
        if archived not in ("true", "false"):
            raise Invalid.at("/archived", "archived is true or false.", code="bad_filter")
        rows = with_latest(workflows_of(request.auth).filter(archived_at__isnull=archived == "false"))

        def render(workflow: Any) -> dict[str, Any]:
            return shown_workflow(workflow, workflow.latest[0], with_graph=False)

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
            organization=organization, name=body["name"], graph=body["graph"], created_by=request.auth.user
        )
        return answer(version.workflow, version, status=201)


class WorkflowView(ApiView):
    """One workflow with its newest graph; a new name or version."""

    scopes = {"GET": "read", "PATCH": "manage"}
    problems = {"PATCH": (412, 428)}

    @extend_schema(operation_id="workflow", responses=serializers.WorkflowAnswer)
    def get(self, request: Request, workflow_id: UUID) -> Response:
        check_query(request, ())
        workflow = get_workflow_for(request.auth, workflow_id)
        return answer(workflow, latest_version(workflow.id))

    @extend_schema(
        operation_id="change_workflow", request=serializers.WorkflowChange, responses=serializers.WorkflowAnswer
    )
    def patch(self, request: Request, workflow_id: UUID) -> Response:
        workflow = get_workflow_for(request.auth, workflow_id, manage=True)
        require_match(request, workflow_tag(workflow, latest_version(workflow.id)))
        changed, version = change_workflow(
            workflow_id=workflow.id,
            changes=read_body(request, serializers.WorkflowChange),
            changed_by=request.auth.user,
            check=lambda locked, present: require_match(request, workflow_tag(locked, present)),
        )
        return answer(changed, version)


class ArchiveView(ApiView):
    """Takes a workflow out of the lists; projects that use it go on."""

    scopes = {"POST": "manage"}
    archived = True

    @extend_schema(operation_id="archive_workflow", request=None, responses=serializers.WorkflowAnswer)
    def post(self, request: Request, workflow_id: UUID) -> Response:
        workflow = get_workflow_for(request.auth, workflow_id, manage=True)
        kept = archive_workflow(workflow_id=workflow.id, archived=self.archived, now=database_now())
        return answer(kept, latest_version(kept.id))


class RestoreView(ArchiveView):
    """Brings an archived workflow back into the lists."""

    archived = False

    @extend_schema(operation_id="restore_workflow", request=None, responses=serializers.WorkflowAnswer)
    def post(self, request: Request, workflow_id: UUID) -> Response:
        return super().post(request, workflow_id)


class VersionsView(ApiView):
    """The frozen versions of a workflow, with their graphs."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="workflow_versions", responses=page_of(serializers.VersionAnswer))
    def get(self, request: Request, workflow_id: UUID) -> Response:
        check_query(request, ("ordering",))
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
        check_query(request, ())
        rows = [
            {"id": item.id, "name": item.name, "description": item.description, "graph": item.graph}
            for item in TEMPLATES
        ]
        return Response({"results": rows, "next": None})


def answer(workflow: Workflow, version: WorkflowVersion, status: int = 200) -> Response:
    return with_etag(Response(shown_workflow(workflow, version), status=status), workflow_tag(workflow, version))
