"""Projects over REST: the projects themselves and their datasets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.policies import MANAGERS, default_organization_for, get_organization_for, require_organization_role
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.datasets.policies import get_dataset_for
from apps.flows.policies import get_workflow_for
from apps.jobs.api.answers import accepted
from apps.ontologies.policies import get_ontology_for
from apps.projects.api import serializers
from apps.projects.api.serializers import shown_project
from apps.projects.models import ProjectDataset
from apps.projects.operations import archive_project, attach_dataset, change_project, create_project, unarchive_project
from apps.projects.policies import (
    ProjectAccess,
    access_of,
    get_project_for,
    projects_with_access,
    require_manager,
    require_overview,
)
from apps.projects.queries import progress

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}


class ProjectsView(ApiView):
    """The projects that the caller has a part in; a new one."""

    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(
        operation_id="projects",
        responses=serializers.ProjectAnswer(many=True),
        parameters=[OpenApiParameter("archived", str, enum=["true", "false"])],
    )
    def get(self, request: Request) -> Response:
        check_query(request, ["ordering", "archived"])
        archived = request.query_params.get("archived", "false")
        if archived not in ("true", "false"):
            raise Invalid.at("/archived", "archived is true or false.", code="bad_filter")
        rows = visible_projects(request).filter(archived_at__isnull=archived == "false")
        found = page(request, rows, render=lambda row: {"row": row}, orderings=ORDERINGS, default="-id")
        accesses = [access for item in found["results"] if (access := access_of(item["row"])) is not None]
        found["results"] = shown_all(accesses)
        return Response(found)

    @extend_schema(
        operation_id="create_project",
        request=serializers.ProjectBody,
        responses={201: serializers.ProjectAnswer, 202: serializers.ProjectStarted},
    )
    def post(self, request: Request) -> Response:
        body = read_body(request, serializers.ProjectBody)
        named = body.get("organization")
        organization = get_organization_for(request.auth, named) if named else default_organization_for(request.auth)
        require_organization_role(request.auth, organization.pk, *MANAGERS)
        project, job = create_project(
            organization=organization,
            name=body["name"],
            ontology=get_ontology_for(request.auth, body["ontology"]),
            workflow=get_workflow_for(request.auth, body["workflow"]),
            datasets=[get_dataset_for(request.auth, item) for item in dict.fromkeys(body.get("datasets", []))],
            with_tasks=body["tasks"] == "all",
            created_by=request.user,
        )
        if job is not None:
            return accepted(job, {"project": str(project.id), "job": str(job.id)})
        return Response(shown_one(get_project_for(request.auth, project.id)), status=201)


def visible_projects(request: Request) -> Any:
    """Those with a part of the caller's; organization admins have one in each."""
    rows = projects_with_access(request.auth).filter(organization_role__isnull=False)
    return rows.filter(Q(held_roles__isnull=False) | Q(organization_role__in=["owner", "admin"]))


def shown_all(accesses: list[ProjectAccess]) -> list[dict[str, Any]]:
    """A page of projects with their datasets and progress: two statements more."""
    projects = [access.project for access in accesses]
    datasets: dict[UUID, list[str]] = {project.id: [] for project in projects}
    attached = ProjectDataset.objects.filter(project__in=projects).order_by("id")
    for project_id, dataset_id in attached.values_list("project_id", "dataset_id"):
        datasets[project_id].append(str(dataset_id))
    done = progress(projects)
    return [shown_project(access, datasets[access.project.id], done[access.project.id]) for access in accesses]


def shown_one(access: ProjectAccess) -> dict[str, Any]:
    return shown_all([access])[0]


class ProjectView(ApiView):
    """One project; a change of it."""

    scopes = {"GET": "read", "PATCH": "manage"}

    @extend_schema(operation_id="project", responses=serializers.ProjectAnswer)
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, [])
        return Response(shown_one(get_project_for(request.auth, project_id)))

    @extend_schema(
        operation_id="change_project", request=serializers.ProjectChange, responses=serializers.ProjectAnswer
    )
    def patch(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        change_project(project=access.project, changes=read_body(request, serializers.ProjectChange))
        return Response(shown_one(access))


class ArchiveView(ApiView):
    """Ends work in the project."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="archive_project", request=None, responses=serializers.ProjectAnswer)
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        archive_project(project=access.project, now=database_now())
        return Response(shown_one(access))


class UnarchiveView(ApiView):
    """Goes on with an archived project."""

    scopes = {"POST": "manage"}

    @extend_schema(operation_id="unarchive_project", request=None, responses=serializers.ProjectAnswer)
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        unarchive_project(project=access.project)
        return Response(shown_one(access))


class DatasetsView(ApiView):
    """The datasets of a project; attaching another."""

    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="project_datasets", responses=serializers.AttachedAnswer(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, [])
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        rows = ProjectDataset.objects.filter(project=access.project).select_related("dataset")
        return Response(
            page(request, rows, render=shown_attachment, orderings={"id": Ordering(("id",))}, default="id")
        )

    @extend_schema(
        operation_id="attach_dataset",
        request=serializers.DatasetBody,
        responses={200: serializers.AttachedAnswer, 201: serializers.AttachedAnswer, 202: serializers.ProjectStarted},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        body = read_body(request, serializers.DatasetBody)
        dataset = get_dataset_for(request.auth, body["dataset"])
        is_new, job = attach_dataset(project=access.project, dataset=dataset, actor=request.user)
        if job is not None:
            return accepted(job, {"project": str(access.project.id), "job": str(job.id)})
        row = ProjectDataset.objects.select_related("dataset").get(project=access.project, dataset=dataset)
        return Response(shown_attachment(row), status=201 if is_new else 200)


def shown_attachment(row: ProjectDataset) -> dict[str, Any]:
    return {"dataset": str(row.dataset_id), "name": row.dataset.name, "attached_at": row.attached_at}

