"""Signing in, API keys, and the caller themselves."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import login, logout, update_session_auth_hash
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts import operations, queries
from apps.accounts.api import answers, bodies
from apps.accounts.authentication import client_address, from_our_pages
from apps.accounts.models import User
from apps.accounts.policies import get_api_key_for, require_whole_instance
from apps.accounts.principal import Principal
from apps.accounts.requests import Request
from apps.common.clock import database_now
from apps.common.errors import Forbidden
from apps.common.http import ApiView, read_body
from apps.common.pages import Ordering, check_query, page
from apps.common.serializers import page_of

NEWEST = {"-id": Ordering(("-id",))}


def session_user(request: Request) -> User | None:
    """The person signed in by session, not by key."""
    principal: object = request.auth  # None for the anonymous, on public routes
    return principal.user if isinstance(principal, Principal) and principal.scopes is None else None


class SessionView(ApiView):
    """Signing in and out of the web app."""

    public = ("POST",)
    idempotent = False

    @extend_schema(operation_id="sign_in", request=bodies.LogInBody, responses=answers.MeAnswer)
    def post(self, request: Request) -> Response:
        from_our_pages(request)
        sent = read_body(request, bodies.LogInBody)
        user = operations.check_password(**sent, address=client_address(request), now=database_now())
        login(request._request, user, backend="django.contrib.auth.backends.ModelBackend")
        return Response(queries.me(Principal(user)))

    @extend_schema(operation_id="sign_out", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        logout(request._request)
        return Response(status=204)


class PasswordView(ApiView):
    """The caller's password; a key cannot change it."""

    idempotent = False

    @extend_schema(operation_id="password_change", request=bodies.PasswordBody, responses=answers.PasswordAnswer)
    def post(self, request: Request) -> Response:
        sent, user, now = read_body(request, bodies.PasswordBody), request.auth.user, database_now()
        address = client_address(request)
        user = operations.check_password(email=user.email, password=sent["current"], address=address, now=now)
        revoked = operations.change_password(user=user, new=sent["new"], now=now)
        update_session_auth_hash(request._request, user)
        return Response({"keys_revoked": revoked})


class KeysView(ApiView):
    """The caller's API keys. One is made with e-mail and password, or by somebody signed in; never by a key."""

    public = ("POST",)
    idempotent = False
    scopes = {"GET": "read"}

    @extend_schema(operation_id="api_keys", responses=page_of(answers.KeyAnswer))
    def get(self, request: Request) -> Response:
        check_query(request, ("ordering",))
        keys = queries.keys_of(request.auth)
        return Response(page(request, keys, render=answers.key_json, orderings=NEWEST, default="-id"))

    @extend_schema(operation_id="api_key_create", request=bodies.KeyBody, responses={201: answers.NewKeyAnswer})
    def post(self, request: Request) -> Response:
        now, user = database_now(), session_user(request)
        sent = read_body(request, bodies.KeyBody, signed_in=user is not None)
        if "email" in sent:
            address = client_address(request)
            user = operations.check_password(email=sent["email"], password=sent["password"], address=address, now=now)
        if user is None:
            raise Forbidden("A key cannot make keys.")
        key, secret = operations.create_key(
            user=user,
            name=sent["name"],
            scopes=sent.get("scopes"),
            project_id=sent.get("project"),
            expires_at=sent.get("expires_at"),
            now=now,
        )
        return Response(answers.key_json(key) | {"key": secret}, status=201)


class KeyView(ApiView):
    """One of the caller's API keys."""

    idempotent = False
    scopes = {"DELETE": "admin"}

    @extend_schema(operation_id="api_key_revoke", request=None, responses={204: None})
    def delete(self, request: Request, key_id: UUID) -> Response:
        operations.revoke_key(key=get_api_key_for(request.auth, key_id), now=database_now())
        return Response(status=204)


class MeView(ApiView):
    """The caller: who they are, where they belong, what they prefer."""

    scopes = {"GET": "read", "PATCH": "admin"}

    @extend_schema(operation_id="me", responses=answers.MeAnswer)
    def get(self, request: Request) -> Response:
        return Response(queries.me(request.auth))

    @extend_schema(operation_id="me_change", request=bodies.ProfileBody, responses=answers.MeAnswer)
    def patch(self, request: Request) -> Response:
        require_whole_instance(request.auth)
        sent = read_body(request, bodies.ProfileBody)
        operations.update_profile(user=request.auth.user, name=sent.get("name"), preferences=sent.get("preferences"))
        return Response(queries.me(request.auth))
