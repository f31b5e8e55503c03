"""Bearer keys for programs, session and CSRF for the web app. ``request.auth`` is always a Principal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from apps.accounts.models import ApiKey, User
from apps.accounts.principal import Principal
from apps.accounts.queries import find_key
from apps.accounts.secrets import KEY_MARK, digest_of
from apps.common.errors import Forbidden, Unauthenticated

USED_EVERY = timedelta(minutes=1)


class KeyOrSession(BaseAuthentication):
    """An API key if the request carries one, else the session. A bad key is refused, never ignored."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        header = request.META.get("HTTP_AUTHORIZATION")
        return from_session(request) if header is None else from_header(header)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def from_header(header: str) -> tuple[User, Principal]:
    """The owner of the key, with one query. Raises Unauthenticated."""
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.startswith(KEY_MARK) or not secret.isascii():
        raise Unauthenticated("Send Authorization: Bearer and an API key.", code="bad_key")
    found = find_key(digest_of(secret))
    if found is None or not _is_live(*found):
        raise Unauthenticated("This API key is not known, has expired or was revoked.", code="bad_key")
    key, now = found
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key.user, Principal(key.user, frozenset(key.scopes), key.project_id, key.pk)


def from_session(request: Request) -> tuple[User, Principal] | None:
    """The signed-in person; unsafe methods need the CSRF token. Raises Forbidden."""
    user = getattr(request._request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        return None
    check_csrf(request._request)
    return user, Principal(user)


def check_csrf(request: HttpRequest) -> None:
    """Raises Forbidden unless the request is safe, or comes from our own pages with their token."""

    check = CSRFCheck(lambda _: HttpResponse())
    check.process_request(request)
    reason = check.process_view(request, HttpResponse, (), {})
    if reason:
        raise Forbidden(f"The request did not come from our own pages: {reason}", code="csrf_failed")


def from_our_pages(request: Request) -> None:
    """Raises Forbidden for a request that another site's page sent: the guard of log-in, which has no token yet.

    Browsers always name the origin of such a request, and cannot send JSON across origins unasked.
    """
    origin = request.META.get("HTTP_ORIGIN")
    own = f"{request._request.scheme}://{request.get_host()}"
    if origin is not None and origin != own and origin not in settings.CSRF_TRUSTED_ORIGINS:
        raise Forbidden("The request did not come from our own pages.", code="csrf_failed")


def client_address(request: Request) -> str:
    """Where the request came from: the peer, or what the last ``TRUSTED_PROXIES`` proxies say."""
    hops = int(getattr(settings, "TRUSTED_PROXIES", 0))
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    address = chain[-hops] if 0 < hops <= len(chain) else request.META.get("REMOTE_ADDR", "")
    return str(address)[:64]


class SignedIn(BasePermission):
    """Everybody signed in; a key only where the view names its scope for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in view.public:
            return True
        principal: object = request.auth
        if not isinstance(principal, Principal):
            raise Unauthenticated("Sign in, or send an API key.")
        method = "GET" if request.method == "HEAD" else str(request.method)
        if principal.scopes is None or method not in view.allowed_methods:
            return True
        needed = view.scopes.get(method, ())
        options = (needed,) if isinstance(needed, str) else tuple(needed)
        if not any(scope in principal.scopes for scope in options):
            wanted = " or ".join(options) or "signing in; no key can do it"
            raise Forbidden(f"This key may not do that: it needs {wanted}.", code="scope_missing")
        return True


def _is_live(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and key.user.is_active and (key.expires_at is None or key.expires_at > now)
