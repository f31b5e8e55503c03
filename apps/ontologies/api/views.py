"""Ontologies over REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.response import Response

from apps.accounts.policies import MANAGERS, default_organization_for, get_organization_for, require_organization_role
from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Invalid
from apps.common.http import ApiView, etag_of, read_body, require_match, with_etag
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import Nothing, page_of
from apps.jobs.api.answers import accepted
from apps.ontologies.api import serializers
from apps.ontologies.api.serializers import shown_ontology, shown_plan
from apps.ontologies.models import Ontology
from apps.ontologies.operations import archive_ontology, change_ontology, create_ontology, plan_change
from apps.ontologies.policies import get_ontology_for
from apps.ontologies.queries import definition_at, ontologies_of

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}


class OntologiesView(ApiView):
    """The ontologies that the caller may see; a new one."""

    scopes = {"GET": "read", "POST": "manage"}
    problems = {"POST": (404,)}

    @extend_schema(
        operation_id="ontologies",
        responses=page_of(serializers.OntologyAnswer),
        parameters=[OpenApiParameter("archived", str, enum=["true", "false"])],
    )
    def get(self, request: Request) -> Response:
        check_query(request, ("ordering", "archived"))
        archived = request.query_params.get("archived", "false")
        if archived not in ("true", "false"):
            raise Invalid.at("/archived", "archived is true or false.", code="bad_filter")
        rows = ontologies_of(request.auth).filter(archived_at__isnull=archived == "false")
        return Response(page(request, rows, render=shown_ontology, orderings=ORDERINGS, default="-id"))

    @extend_schema(
        operation_id="create_ontology",
        request=serializers.OntologyBody,
        responses={201: serializers.OntologyAnswer},
    )
    def post(self, request: Request) -> Response:
        body = read_body(request, serializers.OntologyBody)
        named = body.get("organization")
        organization = get_organization_for(request.auth, named) if named else default_organization_for(request.auth)
        require_organization_role(request.auth, organization.pk, *MANAGERS)
        made = create_ontology(organization=organization, name=body["name"], body=body, created_by=request.auth.user)
        return _answer(made, status=201)


class OntologyView(ApiView):
    """One ontology, at present or at a past version; a change of it."""

    scopes = {"GET": "read", "PATCH": "manage"}
    problems = {"PATCH": (412, 428)}

    @extend_schema(
        operation_id="ontology",
        responses=serializers.OntologyAnswer,
        parameters=[OpenApiParameter("version", int)],
    )
    def get(self, request: Request, ontology_id: UUID) -> Response:
        check_query(request, ("version",))
        ontology = get_ontology_for(request.auth, ontology_id)
        version = request.query_params.get("version")
        if version is None:
            return _answer(ontology)
        if not version.isascii() or not version.isdigit() or len(version) > 9:
            raise Invalid.at("/version", "version is a whole number.", code="bad_version")
        shown = shown_ontology(ontology) | {"version": int(version), **definition_at(ontology.pk, int(version))}
        return Response(shown)

    @extend_schema(
        operation_id="change_ontology",
        request=serializers.ChangeBody,
        responses={200: serializers.OntologyAnswer, 202: serializers.ChangeStarted},
    )
    def patch(self, request: Request, ontology_id: UUID) -> Response:
        ontology = get_ontology_for(request.auth, ontology_id, manage=True)
        require_match(request, etag_of(ontology.tag))
        body = read_body(request, serializers.ChangeBody)
        changed, job = change_ontology(
            ontology=ontology,
            body=body,
            name=body.get("name"),
            changed_by=request.auth.user,
            check=lambda locked: require_match(request, etag_of(locked.tag)),
        )
        if job is None:
            return _answer(changed)
        started = {"ontology": changed.pk, "version": changed.version, "job": job.pk}
        return with_etag(accepted(job, started), etag_of(changed.tag))


class PlanView(ApiView):
    """What a change would do, with counts. Changes nothing."""

    scopes = {"POST": "manage"}

    @extend_schema(
        operation_id="plan_ontology_change",
        request=serializers.ChangeBody,
        responses={200: serializers.PlanAnswer},
    )
    def post(self, request: Request, ontology_id: UUID) -> Response:
        ontology = get_ontology_for(request.auth, ontology_id, manage=True)
        body = read_body(request, serializers.ChangeBody)
        plan = plan_change(ontology=ontology, body=body)
        return with_etag(Response(shown_plan(ontology.version, plan)), etag_of(ontology.tag))


class ArchiveView(ApiView):
    """Takes an ontology out of the lists; what uses it goes on."""

    scopes = {"POST": "manage"}
    archived = True

    @extend_schema(
        operation_id="archive_ontology", request=None, responses={200: OpenApiResponse(serializers.OntologyAnswer)}
    )
    def post(self, request: Request, ontology_id: UUID) -> Response:
        ontology = get_ontology_for(request.auth, ontology_id, manage=True)
        read_body(request, Nothing)
        return _answer(archive_ontology(ontology=ontology, archived=self.archived, now=database_now()))


class RestoreView(ArchiveView):
    """Brings an archived ontology back into the lists."""

    archived = False

    @extend_schema(
        operation_id="restore_ontology", request=None, responses={200: OpenApiResponse(serializers.OntologyAnswer)}
    )
    def post(self, request: Request, ontology_id: UUID) -> Response:
        return super().post(request, ontology_id)


def _answer(ontology: Ontology, **options: Any) -> Response:
    return with_etag(Response(shown_ontology(ontology), **options), etag_of(ontology.tag))
