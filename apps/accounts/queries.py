"""Reads about people and organizations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.accounts.hooks import projects_of
from apps.accounts.logic import PER_ACCOUNT, PER_ADDRESS, WINDOW, Tries
from apps.accounts.models import ApiKey, FailedLogin, Membership, Organization
from apps.accounts.principal import Principal


def failed_tries(account: str, address: str, now: datetime) -> Tries:
    """The failures that count now, at most as many as decide."""
    recent = FailedLogin.objects.filter(at__gt=now - WINDOW).order_by("-at").values_list("at", flat=True)
    return Tries(
        account=list(recent.filter(account=account)[:PER_ACCOUNT])[::-1],
        address=list(recent.filter(address=address)[:PER_ADDRESS])[::-1],
    )


def keys_of(principal: Principal) -> QuerySet[ApiKey]:
    """The caller's live keys; a key limited to a project sees those of that project."""
    keys = ApiKey.objects.filter(user_id=principal.user.pk, revoked_at=None)
    return keys if principal.project_id is None else keys.filter(project_id=principal.project_id)


def organizations_of(principal: Principal) -> QuerySet[Organization]:
    """The organizations that the caller is in; none for a key limited to a project."""
    if principal.project_id is not None:
        return Organization.objects.none()
    return Organization.objects.filter(memberships__user_id=principal.user.pk)


def me(principal: Principal) -> dict[str, Any]:
    """The answer of ``GET /me/``."""
    user = principal.user
    found = Membership.objects.filter(user_id=user.pk, organization__in=organizations_of(principal))
    rows = found.order_by("id").values_list("organization_id", "organization__name", "role")
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "is_admin": user.is_superuser,
        "preferences": user.preferences,
        "scopes": None if principal.scopes is None else sorted(principal.scopes),
        "organizations": [{"id": pk, "name": name, "role": role} for pk, name, role in rows],
        "projects": [project for provider in projects_of for project in provider(principal)],
    }
