"""``quality/certificate/`` and ``quality/certificates/``: what is still wrong, and on what that rests."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Conflict, Invalid, NotFound
from apps.common.http import ApiView, as_uuid, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import StrictSerializer, page_of
from apps.jobs.api.answers import JobAnswer, accepted
from apps.labels.models import Snapshot
from apps.ontologies.queries import index_for
from apps.projects.models import Project
from apps.projects.policies import get_project_for, require_manager
from apps.quality.models import Certificate
from apps.quality.operations.certificates import ask, issue
from apps.quality.printing.certificate import printed
from apps.quality.queries.certificates import about, certified, is_large, named, snapshot_for


class CertificateBody(StrictSerializer):
    """Of a snapshot, or without one of what has come to rest by now."""

    snapshot = serializers.UUIDField(required=False, allow_null=True)


class EndsAnswer(serializers.Serializer[Any]):
    estimate = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class HiddenFoundAnswer(EndsAnswer):
    """Of ``hidden`` known errors ``found`` were marked; ``needed`` must have been hidden before the grid is heard."""

    hidden = serializers.IntegerField()
    found = serializers.IntegerField()
    needed = serializers.IntegerField()


class ConfirmedAnswer(EndsAnswer):
    """Of ``checked`` marks reviews found ``true`` ones true."""

    checked = serializers.IntegerField()
    true = serializers.IntegerField()


class HeardGridAnswer(serializers.Serializer[Any]):
    """The grid as an instrument. ``heard``: it has a say in the certificate, else ``reason``. ``looks``: labels looked
    at, ``at_random`` of them drawn; of ``drawn`` labels of random batches ``silent`` ones got no word."""

    heard = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    looks = serializers.IntegerField()
    at_random = serializers.IntegerField()
    marked = serializers.IntegerField()
    sensitivity = HiddenFoundAnswer()
    confirmed = ConfirmedAnswer()
    drawn = serializers.IntegerField()
    silent = serializers.IntegerField()
    kinds = serializers.ListField(child=serializers.CharField())
    not_shown = serializers.ListField(child=serializers.CharField())


class LineAnswer(serializers.Serializer[Any]):
    """One kind or class. What is not certified has ``reason`` and, as all, ``n_needed`` random reviews. ``n_grid``:
    labels looked at in the grid, where the line rests on them too."""

    kind = serializers.CharField()
    certified = serializers.BooleanField()
    estimate = serializers.FloatField(required=False)
    low = serializers.FloatField(required=False)
    high = serializers.FloatField(required=False)
    live_high = serializers.FloatField(required=False)
    n_labels = serializers.IntegerField()
    n_reviewed = serializers.IntegerField()
    n_audited = serializers.IntegerField()
    n_grid = serializers.IntegerField()
    n_needed = serializers.IntegerField()
    rests_on = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        # ``class`` is a word of the language, so it is added by name.
        return super().get_fields() | {"class": serializers.CharField()}


class DocumentAnswer(serializers.Serializer[Any]):
    """``low`` and ``high`` hold at a planned look, ``live_high`` at every look at once."""

    project = serializers.UUIDField()
    snapshot = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()
    certified = serializers.BooleanField()
    estimate = serializers.FloatField(required=False)
    low = serializers.FloatField(required=False)
    high = serializers.FloatField(required=False)
    live_high = serializers.FloatField(required=False)
    n_labels = serializers.IntegerField()
    n_reviewed = serializers.IntegerField()
    n_audited = serializers.IntegerField()
    n_grid = serializers.IntegerField()
    n_needed = serializers.IntegerField()
    rests_on = serializers.CharField()
    target = serializers.FloatField()
    confidence = serializers.FloatField()
    corrected = serializers.DictField(allow_null=True)
    repeats = serializers.DictField()
    grid = HeardGridAnswer(allow_null=True)
    kinds = LineAnswer(many=True)
    classes = LineAnswer(many=True)
    parts = LineAnswer(many=True)


class IssuedAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    snapshot = serializers.UUIDField(allow_null=True)
    certified = serializers.BooleanField()
    issued_by = serializers.UUIDField(allow_null=True)
    issued_at = serializers.DateTimeField()
    digest = serializers.CharField()


class IssuedWholeAnswer(IssuedAnswer):
    document = DocumentAnswer()


def summary(made: Certificate) -> dict[str, Any]:
    return {
        "id": str(made.id),
        "snapshot": str(made.snapshot) if made.snapshot else None,
        "certified": made.document["certified"],
        "estimate": made.document.get("estimate"),
        "low": made.document.get("low"),
        "high": made.document.get("high"),
        "issued_by": str(made.issued_by_id) if made.issued_by_id else None,
        "issued_at": made.issued_at,
        "digest": made.document["digest"],
    }


def whole(made: Certificate) -> dict[str, Any]:
    return summary(made) | {"document": made.document}


def asked_snapshot(project: Project, snapshot_id: UUID | None) -> Snapshot | None:
    """Raises Invalid for one that the project does not have."""
    if snapshot_id is None:
        return None
    found = snapshot_for(project, snapshot_id)
    if found is None:
        raise Invalid.at("/snapshot", "The project has no such snapshot.", code="unknown_snapshot")
    return found


def managed(request: Request, project_id: UUID) -> Project:
    access = get_project_for(request.auth, project_id)
    require_manager(access)
    return access.project


class CertificateView(ApiView):
    """The certificate as of now, live; ``POST`` issues one at a planned look."""

    scopes: ClassVar = {"GET": "read", "POST": "manage"}

    @extend_schema(
        operation_id="certificate",
        responses=DocumentAnswer,
        parameters=[OpenApiParameter("snapshot", OpenApiTypes.UUID)],
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ["snapshot"])
        project = managed(request, project_id)
        text = request.query_params.get("snapshot")
        snapshot = asked_snapshot(project, as_uuid(text, "/snapshot") if text else None)
        if is_large(project, snapshot):
            message = "This is too large to answer at once: POST asks for it as a job."
            raise Conflict(message, code="large_project", allowed=["POST"])
        said = named(certified(project, snapshot), index_for(project.ontology_id).class_names)
        return Response({**about(project, snapshot, database_now()), **said, "look": "live"})

    @extend_schema(
        operation_id="certificate_issue", request=CertificateBody, responses={201: IssuedWholeAnswer, 202: JobAnswer}
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        project = managed(request, project_id)
        snapshot = asked_snapshot(project, read_body(request, CertificateBody).get("snapshot"))
        if is_large(project, snapshot):
            return accepted(ask(project=project, snapshot=snapshot, actor=request.user))
        made = issue(project=project, snapshot=snapshot, actor=request.user, now=database_now())
        return Response(whole(made), status=201)


class CertificatesView(ApiView):
    """The issued ones, newest first."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="certificates", responses=page_of(IssuedAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, [])
        project = managed(request, project_id)
        rows = Certificate.objects.filter(project=project)
        return Response(page(request, rows, render=summary, orderings={"-id": Ordering(("-id",))}, default="-id"))


def issued(request: Request, project_id: UUID, certificate_id: UUID) -> Certificate:
    project = managed(request, project_id)
    made = Certificate.objects.filter(project=project, id=certificate_id).first()
    if made is None:
        raise NotFound
    return made


class IssuedView(ApiView):
    """One issued certificate, as it was said."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="certificate_issued", responses=IssuedWholeAnswer)
    def get(self, request: Request, project_id: UUID, certificate_id: UUID) -> Response:
        return Response(whole(issued(request, project_id, certificate_id)))


class PrintedView(ApiView):
    """The same on paper."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(operation_id="certificate_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, project_id: UUID, certificate_id: UUID) -> HttpResponse:
        made = issued(request, project_id, certificate_id)
        by = made.issued_by.name or made.issued_by.email if made.issued_by else ""
        answer = HttpResponse(printed(made.document, str(made.id), by), content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="certificate-{made.id}.pdf"'
        return answer
