"""Collaborators of a project over REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.requests import Request
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of
from apps.projects.api import serializers
from apps.projects.api.serializers import shown_collaborator
from apps.projects.models import Collaborator
from apps.projects.operations import add_collaborator, change_collaborator, remove_collaborator
from apps.projects.policies import get_collaborator_for, get_project_for, require_manager, require_overview

ORDERINGS = {"id": Ordering(("id",)), "-id": Ordering(("-id",))}


class CollaboratorsView(ApiView):
    """Who works in the project; adding somebody of the organization."""

    scopes = {"GET": "read", "POST": "manage"}

    @extend_schema(operation_id="collaborators", responses=page_of(serializers.CollaboratorAnswer))
    def get(self, request: Request, project_id: UUID) -> Response:
        check_query(request, ("ordering",))
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        rows = Collaborator.objects.filter(project=access.project).select_related("user")
        return Response(page(request, rows, render=shown_collaborator, orderings=ORDERINGS, default="id"))

    @extend_schema(
        operation_id="add_collaborator",
        request=serializers.CollaboratorBody,
        responses={200: serializers.CollaboratorAnswer, 201: serializers.CollaboratorAnswer},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        body = read_body(request, serializers.CollaboratorBody)
        collaborator, is_new = add_collaborator(
            access=access,
            email=body["email"],
            roles=body["roles"],
            skills=body.get("skills"),
            actor=request.auth.user,
        )
        return Response(shown_collaborator(collaborator), status=201 if is_new else 200)


class CollaboratorView(ApiView):
    """One person's part in the project; ``person`` is the person's id or e-mail address."""

    scopes = {"GET": "read", "PATCH": "manage", "DELETE": "manage"}

    @extend_schema(operation_id="collaborator", responses=serializers.CollaboratorAnswer)
    def get(self, request: Request, project_id: UUID, person: str) -> Response:
        access = get_project_for(request.auth, project_id)
        require_overview(access)
        return Response(shown_collaborator(get_collaborator_for(access, person)))

    @extend_schema(
        operation_id="change_collaborator",
        request=serializers.CollaboratorChange,
        responses=serializers.CollaboratorAnswer,
    )
    def patch(self, request: Request, project_id: UUID, person: str) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        held = get_collaborator_for(access, person)
        body = read_body(request, serializers.CollaboratorChange)
        collaborator = change_collaborator(
            access=access,
            user_id=held.user_id,
            roles=body.get("roles"),
            skills=body.get("skills"),
            actor=request.auth.user,
        )
        return Response(shown_collaborator(collaborator))

    @extend_schema(operation_id="remove_collaborator", request=None, responses={204: None})
    def delete(self, request: Request, project_id: UUID, person: str) -> Response:
        access = get_project_for(request.auth, project_id)
        require_manager(access)
        held = get_collaborator_for(access, person)
        remove_collaborator(access=access, user_id=held.user_id, actor=request.auth.user)
        return Response(status=204)
