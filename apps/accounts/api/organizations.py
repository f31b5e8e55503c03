"""Organizations, members, invitations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts import operations, policies, queries
from apps.accounts.api import answers, bodies
from apps.accounts.api.auth import NEWEST, session_user
from apps.accounts.authentication import client_address
from apps.accounts.models import Invitation, Membership, Organization
from apps.accounts.operations.invitations import Place
from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of


class OrganizationsView(ApiView):
    """The caller's organizations. Only the instance's admin makes new ones."""

    scopes = {"GET": "read", "POST": "admin"}

    @extend_schema(operation_id="organizations", responses=page_of(answers.OrganizationAnswer))
    def get(self, request: Request) -> Response:
        check_query(request, ("ordering",))
        roles = dict(Membership.objects.filter(user=request.auth.user).values_list("organization_id", "role"))

        def render(row: Organization) -> dict[str, Any]:
            return answers.organization_json(row, roles.get(row.pk, "member"))

        rows = queries.organizations_of(request.auth)
        return Response(page(request, rows, render=render, orderings={"id": Ordering(("id",))}, default="id"))

    @extend_schema(
        operation_id="organization_create",
        request=bodies.OrganizationBody,
        responses={201: answers.OrganizationAnswer},
    )
    def post(self, request: Request) -> Response:
        sent = read_body(request, bodies.OrganizationBody)
        policies.require_whole_instance(request.auth)
        made = operations.create_organization(name=sent["name"], owner=request.auth.user)
        return Response(answers.organization_json(made, "owner"), status=201)


class OrganizationView(ApiView):
    """One organization."""

    scopes = {"GET": "read", "PATCH": "admin"}

    @extend_schema(operation_id="organization", responses=answers.OrganizationAnswer)
    def get(self, request: Request, organization_id: UUID) -> Response:
        found = policies.get_organization_for(request.auth, organization_id)
        role = policies.require_organization_role(request.auth, organization_id)
        return Response(answers.organization_json(found, role))

    @extend_schema(
        operation_id="organization_change", request=bodies.OrganizationBody, responses=answers.OrganizationAnswer
    )
    def patch(self, request: Request, organization_id: UUID) -> Response:
        found = policies.get_organization_for(request.auth, organization_id, role="admin")
        sent = read_body(request, bodies.OrganizationBody)
        changed = operations.rename_organization(organization=found, name=sent["name"])
        role = policies.require_organization_role(request.auth, organization_id)
        return Response(answers.organization_json(changed, role))


class MembersView(ApiView):
    """The people of an organization."""

    scopes = {"GET": "read"}

    @extend_schema(operation_id="members", responses=page_of(answers.MemberAnswer))
    def get(self, request: Request, organization_id: UUID) -> Response:
        policies.require_organization_role(request.auth, organization_id)
        check_query(request, ("ordering",))
        rows = Membership.objects.select_related("user").filter(organization_id=organization_id)
        orderings = {"id": Ordering(("id",))}
        return Response(page(request, rows, render=answers.member_json, orderings=orderings, default="id"))


class MemberView(ApiView):
    """One member: change the role, or see them off (everybody may leave)."""

    scopes = {"PATCH": "admin", "DELETE": "admin"}

    @extend_schema(operation_id="member_change", request=bodies.MemberBody, responses=answers.MemberAnswer)
    def patch(self, request: Request, organization_id: UUID, person_id: UUID) -> Response:
        found = policies.get_membership_for(request.auth, organization_id, person_id)
        sent = read_body(request, bodies.MemberBody)
        changed = operations.change_role(membership=found, role=sent["role"], by=request.auth.user)
        return Response(answers.member_json(changed))

    @extend_schema(operation_id="member_remove", request=None, responses={204: None})
    def delete(self, request: Request, organization_id: UUID, person_id: UUID) -> Response:
        found = policies.get_membership_for(request.auth, organization_id, person_id)
        operations.remove_member(membership=found, by=request.auth.user, now=database_now())
        return Response(status=204)


class InvitationsView(ApiView):
    """Invitations into an organization."""

    idempotent = False
    scopes = {"GET": "admin", "POST": "admin"}

    @extend_schema(operation_id="invitations", responses=page_of(answers.InvitationAnswer))
    def get(self, request: Request, organization_id: UUID) -> Response:
        policies.require_organization_role(request.auth, organization_id, *policies.MANAGERS)
        check_query(request, ("ordering",))
        rows = Invitation.objects.filter(organization_id=organization_id)
        return Response(page(request, rows, render=answers.invitation_json, orderings=NEWEST, default="-id"))

    @extend_schema(
        operation_id="invitation_create",
        request=bodies.InvitationBody,
        responses={201: answers.NewInvitationAnswer},
    )
    def post(self, request: Request, organization_id: UUID) -> Response:
        policies.require_organization_role(request.auth, organization_id, *policies.MANAGERS)
        sent = read_body(request, bodies.InvitationBody)
        place = Place(sent["role"], sent.get("project"), sent.get("roles", ()), sent.get("skills", ()))
        invitation, token = operations.create_invitation(
            principal=request.auth,
            organization_id=organization_id,
            email=sent["email"],
            place=place,
            expires_at=sent.get("expires_at"),
            now=database_now(),
        )
        url = request.build_absolute_uri(f"/invitations/{token}")
        return Response(answers.invitation_json(invitation) | {"url": url}, status=201)


class InvitationView(ApiView):
    """One invitation."""

    idempotent = False
    scopes = {"DELETE": "admin"}

    @extend_schema(operation_id="invitation_revoke", request=None, responses={204: None})
    def delete(self, request: Request, organization_id: UUID, invitation_id: UUID) -> Response:
        found = policies.get_invitation_for(request.auth, organization_id, invitation_id)
        operations.revoke_invitation(invitation=found)
        return Response(status=204)


class AcceptView(ApiView):
    """Accepting an invitation. Whoever is known already signs in first, or gives their password."""

    public = ("POST",)
    idempotent = False

    @extend_schema(operation_id="invitation_accept", request=bodies.AcceptBody, responses=answers.AcceptedAnswer)
    def post(self, request: Request) -> Response:
        sent = read_body(request, bodies.AcceptBody)
        invitation, user = operations.accept_invitation(
            token=sent["token"],
            signed_in=session_user(request),
            name=sent.get("name", ""),
            password=sent.get("password"),
            address=client_address(request),
            now=database_now(),
        )
        place = {"organization": invitation.organization_id, "project": invitation.project_id}
        return Response({"person": answers.person_json(user), **place})
