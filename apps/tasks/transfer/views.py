"""Imports, exports and their files over REST."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.errors import Conflict, Forbidden, NotFound, Unauthenticated
from apps.common.http import ApiView, read_body
from apps.common.serializers import Flag, StrictSerializer, Text
from apps.jobs.api.answers import JobAnswer, accepted
from apps.jobs.models import Job, JobState
from apps.labels.formats import FORMATS
from apps.projects.models import Project
from apps.projects.policies import get_project_for, require_manager, require_overview
from apps.tasks.transfer.links import download_name, is_fresh, report_key, result_key
from apps.tasks.transfer.matching import MATCHES
from apps.tasks.transfer.operations import start_export, start_import
from workflows.state import STATUSES

MAX_UPLOAD = 4 * 2**30
PARTS = ("file", "report")


class ImportBody(StrictSerializer):
    """A file of labels. ``kind`` predictions come with the quality part; until then only labels are taken."""

    file = serializers.FileField(allow_empty_file=False)
    format = serializers.ChoiceField(choices=sorted(FORMATS))
    kind = serializers.ChoiceField(choices=["labels"], default="labels")
    mode = serializers.ChoiceField(choices=["add", "replace"], default="add")
    on_error = serializers.ChoiceField(choices=["keep", "refuse"], default="keep")
    match = serializers.ChoiceField(choices=MATCHES, default="file_name")


class ExportFilter(StrictSerializer):
    """Which tasks; all that match."""

    stage = Text(max_length=100, required=False)
    status = serializers.ChoiceField(choices=STATUSES, required=False)


class ExportBody(StrictSerializer):
    format = serializers.ChoiceField(choices=sorted(FORMATS))
    filter = ExportFilter(required=False)
    include_media = Flag(default=False)


class ImportsView(ApiView):
    """Labels of a file into the project's tasks."""

    scopes: ClassVar = {"POST": "manage"}
    parser_classes = (MultiPartParser,)
    max_body = MAX_UPLOAD

    @extend_schema(
        operation_id="labels_import", request={"multipart/form-data": ImportBody}, responses={202: JobAnswer}
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        sent = read_body(request, ImportBody)
        job = start_import(
            project=access.project,
            actor=request.user,
            file=sent["file"],
            form=sent["format"],
            mode=sent["mode"],
            on_error=sent["on_error"],
            match=sent["match"],
        )
        return accepted(job)


class ExportsView(ApiView):
    """The project's labels to a file."""

    scopes: ClassVar = {"POST": "read"}

    @extend_schema(operation_id="labels_export", request=ExportBody, responses={202: JobAnswer})
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        sent = read_body(request, ExportBody)
        job = start_export(
            project=access.project,
            actor=request.user,
            form=sent["format"],
            filters=sent.get("filter", {}),
            include_media=sent["include_media"],
        )
        return accepted(job)


class TransferFileView(ApiView):
    """An export's file, or the report beside an import or export: by a fresh signature, or by who may export."""

    scopes: ClassVar = {"GET": "read"}
    public: ClassVar = ("GET",)
    problems: ClassVar = {"GET": (401, 403, 404, 409)}

    @extend_schema(
        operation_id="transfer_file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        parameters=[
            OpenApiParameter("part", str, OpenApiParameter.PATH, enum=PARTS),
            OpenApiParameter("expires", str),
            OpenApiParameter("signature", str),
        ],
    )
    def get(self, request: Request, transfer_id: UUID, part: str) -> FileResponse:
        job, project = finished_transfer(request, transfer_id, part)
        key = report_key(job.id) if part == "report" else result_key(job)
        name = f"report-{job.id}.jsonl" if part == "report" else download_name(project.name, job)
        try:
            file = default_storage.open(key, "rb")
        except FileNotFoundError:
            raise Conflict("The file is not kept any more; ask for it anew.", code="file_gone") from None
        return FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")


def finished_transfer(request: Request, job_id: UUID, part: str) -> tuple[Job, Project]:
    """The job whose file is asked for. Raises Unauthenticated without a fresh signature or sign-in, NotFound."""
    query: Any = request.query_params
    signed = is_fresh(job_id, part, query.get("expires", ""), query.get("signature", ""))
    if not signed and request.auth is None:
        raise Unauthenticated("Sign in, or ask for the export anew: this address is no longer fresh.")
    kinds = ["labels.export"] if part == "file" else ["labels.export", "labels.import"]
    job = Job.objects.filter(id=job_id, kind__in=kinds, state=JobState.SUCCEEDED).first()
    project = Project.objects.filter(id=job.project_id).first() if job and job.project_id else None
    if job is None or project is None or part not in PARTS:
        raise NotFound
    if not signed:
        # The route is public for the sake of signatures, so the key's scope is asked for here.
        if not request.auth.has_scope("read"):
            raise Forbidden("This key may not do that: it needs read.", code="scope_missing")
        require_overview(get_project_for(request.auth, project.id))
    return job, project
