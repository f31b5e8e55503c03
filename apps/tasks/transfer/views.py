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
from apps.common.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from apps.common.http import ApiView, read_body
from apps.common.parsers import loads_strict
from apps.common.serializers import Flag, StrictSerializer, Text
from apps.inference.api.serializers import PredictionModelBody
from apps.jobs.api.answers import JobAnswer, accepted
from apps.jobs.models import Job, JobState
from apps.labels.formats import FORMATS
from apps.projects.models import Project
from apps.projects.policies import get_project_for, require_manager, require_overview
from apps.tasks.transfer.links import download_name, is_fresh, report_key, result_key
from apps.tasks.transfer.matching import MATCHES
from apps.tasks.transfer.operations import start_export, start_import, start_predictions_import
from workflows.state import STATUSES

MAX_UPLOAD = 4 * 2**30
PARTS = ("file", "report")


class ImportBody(StrictSerializer):
    """A file of labels, or with ``kind`` predictions of what a model says (coco: a results list, or annotations with
    ``score``; native). ``model`` is then its name, or as JSON ``{"name", "version", "out_of_sample", "trained_on"}``.

    What a model says of a data unit is always replaced as a whole. ``mode`` tells what becomes of the units that the
    file does not name: ``add`` leaves what the model said of them, ``replace`` takes it away."""

    file = serializers.FileField(allow_empty_file=False)
    format = serializers.ChoiceField(choices=sorted(FORMATS))
    kind = serializers.ChoiceField(choices=["labels", "predictions"], default="labels")
    mode = serializers.ChoiceField(choices=["add", "replace"], default="add")
    on_error = serializers.ChoiceField(choices=["keep", "refuse"], default="keep")
    match = serializers.ChoiceField(choices=MATCHES, default="file_name")
    model = Text(max_length=2_000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A model is said of predictions, and of nothing else."""
        predicted = attrs["kind"] == "predictions"
        if predicted and "model" not in attrs:
            raise serializers.ValidationError({"model": ["Say whose predictions these are."]}, code="required")
        if not predicted and "model" in attrs:
            raise serializers.ValidationError({"model": ["Labels have no model."]}, code="unknown_field")
        return attrs


class ExportFilter(StrictSerializer):
    """Which tasks; all that match."""

    stage = Text(max_length=100, required=False)
    status = serializers.ChoiceField(choices=STATUSES, required=False)


class ExportBody(StrictSerializer):
    format = serializers.ChoiceField(choices=sorted(FORMATS))
    filter = ExportFilter(required=False)
    include_media = Flag(default=False)


class ImportsView(ApiView):
    """Labels of a file into the project's tasks, or predictions beside them."""

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
        given = {name: sent[name] for name in ("file", "mode", "on_error", "match")} | {"form": sent["format"]}
        if sent["kind"] == "predictions":
            model = read_model(sent["model"])
            job = start_predictions_import(project=access.project, actor=request.user, model=model, **given)
        else:
            job = start_import(project=access.project, actor=request.user, **given)
        return accepted(job)


def read_model(text: str) -> dict[str, Any]:
    """A form's ``model``: JSON, or a plain name. Raises Invalid at /model."""
    body: Any = {"name": text}
    if text.lstrip().startswith("{"):
        try:
            body = loads_strict(text.encode())
        except Invalid:
            raise Invalid.at("/model", "This is neither a name nor JSON.", code="bad_json") from None
    reader = PredictionModelBody(data=body)
    if not reader.is_valid():
        wrong = next(iter(reader.errors), "")
        raise Invalid.at(f"/model/{wrong}", f"model says name, version, out_of_sample, trained_on ({wrong}).")
    return dict(reader.validated_data)


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
    kinds = ["labels.export"] if part == "file" else ["labels.export", "labels.import", "predictions.import"]
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
