"""Projects over REST: the projects themselves and their datasets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from apps.accounts.policies import MANAGERS, default_organization_for, get_organization_for, require_organization_role
from apps.accounts.principal import Principal
from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of
from apps.datasets.policies import get_dataset_for
from apps.flows.policies import get_workflow_for
from apps.jobs.api import accepted
from apps.jobs.models import Job
from apps.ontologies.policies import get_ontology_for
from apps.projects.api import serializers
from apps.projects.api.serializers import shown_project
from apps.projects.models import ProjectDataset
from apps.projects.operations import archive_project, attach_dataset, change_project, create_project, unarchive_project
from apps.projects.policies import (
    ProjectAccess,
    access_of,
    get_project_for,
    require_manager,
    require_overview,
    visible_projects,
)
from apps.projects.queries import datasets_by_project, progress

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}
STARTED = OpenApiResponse(serializers.ProjectStarted)


class ProjectsView(ApiView):
    """The projects that the caller has a part in; a new one."""

    scopes = {"GET": "read", "POST": "manage"}
    problems = {"POST": (404,)}

    @extend_schema(
        operation_id="projects",
        responses=page_of(serializers.ProjectAnswer),
        parameters=[OpenApiParameter("archived", str, enum=["true", "false"])],
    )
    def get(self, request: Request) -> Response:
        check_query(request, ("ordering", "archived"))
        archived = request.query_params.get("archived", "false")
        if archived not in ("true", "false"):
            raise Invalid.at("/archived", "archived is true or false.", code="bad_filter")
        rows = visible_projects(request.auth).filter(archived_at__isnull=archived == "false")
        found = page(request, rows, render=lambda row: {"access": access_of(row)}, orderings=ORDERINGS, default="-id")
        return Response(found | {"results": shown_all([item["access"] for item in found["results"]])})

    @extend_schema(
        operation_id="create_project",
        request=serializers.ProjectBody,
        responses={201: serializers.ProjectAnswer, 202: STARTED},
    )
    def post(self, request: Request) -> Response:
        body = read_body(request, serializers.ProjectBody)
        named = body.get("organization")
        organization = get_organization_for(request.auth, named) if named else default_organization_for(request.auth)
        require_organization_role(request.auth, organization.pk, *MANAGERS)
        project, job = create_project(
            organization=organization,
            name=body["name"],
            **parts_named(request.auth, body),
            with_tasks=body["tasks"] == "all",
            created_by=request.auth.user,
        )
        return answer(get_project_for(request.auth, project.pk), job, status=201)


def parts_named(principal: Principal, body: dict[str, Any]) -> dict[str, Any]:
    """What a new project is made of, as far as the caller may see it. Raises NotFound."""
    return {
        "ontology": get_ontology_for(principal, body["ontology"]),
        "workflow": get_workflow_for(principal, body["workflow"]),
        "datasets": [get_dataset_for(principal, item) for item in dict.fromkeys(body.get("datasets", []))],
    }


def shown_all(accesses: list[ProjectAccess]) -> list[dict[str, Any]]:
    """A page of projects with their datasets and progress: a few statements for all of them."""
    projects = [access.project for access in accesses]
    datasets, done = datasets_by_project(projects), progress(projects)
    return [shown_project(access, datasets[access.project.id], done[access.project.id]) for access in accesses]


def answer(access: ProjectAccess, job: Job | None = None, *, status: int = 200) -> Response:
    """The project; 202 while a job makes its tasks."""
    if job is not None:
        return accepted(job, {"project": access.project.pk, "job": job.pk})
    return Response(shown_all([access])[0], status=status)


class ProjectView(ApiView):
    """One project; a change of it."""

    scopes = {"GET": "read", "PATCH": "manage"}

    @extend_schema(operation_id="project", responses=serializers.ProjectAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ())
        return answer(get_project_for(request.auth, project_id))

    @extend_schema(
        operation_id="change_project",
        request=serializers.ProjectChange,
        responses={200: serializers.ProjectAnswer, 202: STARTED},
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        changes = read_body(request, serializers.ProjectChange)
        _, job = change_project(project=access.project, changes=changes, actor=request.auth.user)
        return answer(get_project_for(request.auth, project_id), job)


class ArchiveView(ApiView):
    """Ends work in the project."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="archive_project", request=None, responses=serializers.ProjectAnswer)
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        archive_project(project=access.project, now=database_now())
        return answer(get_project_for(request.auth, project_id))


class UnarchiveView(ApiView):
    """Goes on with an archived project."""

    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="unarchive_project", request=None, responses={200: serializers.ProjectAnswer, 202: STARTED}
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        _, job = unarchive_project(project=access.project, actor=request.auth.user)
        return answer(get_project_for(request.auth, project_id), job)


class DatasetsView(ApiView):
    """The datasets of a project; attaching another."""

    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="project_datasets", responses=page_of(serializers.AttachedAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ("ordering",))
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        rows = ProjectDataset.objects.filter(project=access.project).select_related("dataset")
        return Response(page(request, rows, render=shown_attachment, orderings=ORDERINGS, default="id"))

    @extend_schema(
        operation_id="attach_dataset",
        request=serializers.DatasetBody,
        responses={200: serializers.AttachedAnswer, 201: serializers.AttachedAnswer, 202: STARTED},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        body = read_body(request, serializers.DatasetBody)
        dataset = get_dataset_for(request.auth, body["dataset"])
        row, is_new, job = attach_dataset(project=access.project, dataset=dataset, actor=request.auth.user)
        if job is not None:
            return answer(access, job)
        return Response(shown_attachment(row), status=201 if is_new else 200)


def shown_attachment(row: ProjectDataset) -> dict[str, Any]:
    return {"dataset": row.dataset_id, "name": row.dataset.name, "attached_at": row.attached_at}
