"""What work is made of: ontologies, data, workflows, projects, jobs."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.clock import database_now
from apps.console.admin.base import Reading, each
from apps.datasets.models import Dataset, DataUnit, Storage
from apps.flows.models import Workflow, WorkflowVersion
from apps.jobs import operations as job_operations
from apps.jobs.models import Job
from apps.ontologies.models import Ontology, OntologyVersion
from apps.projects.models import Collaborator, Project, ProjectDataset


@admin.register(Ontology)
class OntologyPage(Reading):
    list_display = ("name", "organization", "version", "updated_at", "archived_at")
    list_select_related = ("organization",)
    search_fields = ("name",)


@admin.register(OntologyVersion)
class OntologyVersionPage(Reading):
    list_display = ("ontology", "number", "created_at")
    list_select_related = ("ontology",)


@admin.register(Storage)
class StoragePage(Reading):
    list_display = ("name", "kind", "root", "organization", "created_at")
    list_select_related = ("organization",)


@admin.register(Dataset)
class DatasetPage(Reading):
    list_display = ("name", "organization", "created_at")
    list_select_related = ("organization",)
    search_fields = ("name",)


@admin.register(DataUnit)
class DataUnitPage(Reading):
    list_display = ("name", "dataset", "width", "height", "size_bytes", "created_at")
    list_select_related = ("dataset",)
    search_fields = ("=name", "=sha256")


@admin.register(Workflow)
class WorkflowPage(Reading):
    list_display = ("name", "organization", "created_at", "archived_at")
    list_select_related = ("organization",)
    search_fields = ("name",)


@admin.register(WorkflowVersion)
class WorkflowVersionPage(Reading):
    list_display = ("workflow", "number", "digest", "published_at")
    list_select_related = ("workflow",)


@admin.register(Project)
class ProjectPage(Reading):
    list_display = ("name", "organization", "created_at", "archived_at")
    list_select_related = ("organization",)
    search_fields = ("name",)
    secret = ("selection_secret",)


@admin.register(ProjectDataset)
class ProjectDatasetPage(Reading):
    list_display = ("project", "dataset", "attached_at")
    list_select_related = ("project", "dataset")


@admin.register(Collaborator)
class CollaboratorPage(Reading):
    list_display = ("user", "project", "roles", "skills", "created_at")
    list_select_related = ("user", "project")
    search_fields = ("user__email", "project__name")


@admin.register(Job)
class JobPage(Reading):
    list_display = ("kind", "state", "progress", "detail", "organization", "created_at", "finished_at")
    list_filter = ("state", "kind")
    list_select_related = ("organization",)
    actions = ("cancel",)

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        now = database_now()
        each(request, queryset, lambda job: job_operations.cancel(job=job, now=now), "asked to stop")
