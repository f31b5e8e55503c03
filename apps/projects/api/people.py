"""Collaborators of a project over REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.common.errors import Invalid
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.projects.api import serializers
from apps.projects.api.serializers import shown_collaborator
from apps.projects.models import Collaborator
from apps.projects.operations import remove_collaborator, set_collaborator
from apps.projects.policies import get_collaborator_for, get_project_for, require_manager, require_overview


class CollaboratorsView(ApiView):
    """Who works in the project; adding somebody."""

    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="collaborators", responses=serializers.CollaboratorAnswer(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, [])
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        rows = Collaborator.objects.filter(project=access.project).select_related("user")
        return Response(
            page(request, rows, render=shown_collaborator, orderings={"id": Ordering(("id",))}, default="id")
        )

    @extend_schema(
        operation_id="add_collaborator",
        request=serializers.CollaboratorBody,
        responses={200: serializers.CollaboratorAnswer, 201: serializers.CollaboratorAnswer},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        body = read_body(request, serializers.CollaboratorBody)
        user = User.objects.filter(email=body["email"].lower()).first()
        if user is None:
            raise Invalid.at(
                "/email",
                "Nobody of the organization has this address; invite the person first.",
                code="not_a_member",
            )
        collaborator, is_new = set_collaborator(
            access=access, user=user, roles=body["roles"], skills=body.get("skills"), actor=request.user
        )
        return Response(shown_collaborator(collaborator), status=201 if is_new else 200)


class CollaboratorView(ApiView):
    """One person's part in the project."""

    scopes = {"PATCH": "manage", "DELETE": "manage"}

    @extend_schema(
        operation_id="change_collaborator",
        request=serializers.CollaboratorChange,
        responses=serializers.CollaboratorAnswer,
    )
    def patch(self, request: Request, project_id: UUID, person: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        held = get_collaborator_for(access, person)
        body = read_body(request, serializers.CollaboratorChange)
        collaborator, _ = set_collaborator(
            access=access,
            user=held.user,
            roles=body.get("roles", held.roles),
            skills=body.get("skills"),
            actor=request.user,
        )
        return Response(shown_collaborator(collaborator))

    @extend_schema(operation_id="remove_collaborator", responses={204: None})
    def delete(self, request: Request, project_id: UUID, person: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        remove_collaborator(access=access, collaborator=get_collaborator_for(access, person), actor=request.user)
        return Response(status=204)
