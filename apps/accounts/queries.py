"""Reads about people and organizations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.accounts.hooks import projects_of
from apps.accounts.logic import PER_ACCOUNT, PER_ADDRESS, WINDOW, Tries
from apps.accounts.models import ApiKey, FailedLogin, Membership, Organization, User
from apps.accounts.principal import Principal


def failed_tries(account: str, address: str, now: datetime) -> Tries:
    """The failures that count now, at most as many as decide."""
    recent = FailedLogin.objects.filter(at__gt=now - WINDOW).order_by("-at").values_list("at", flat=True)
    return Tries(
        account=list(recent.filter(account=account)[:PER_ACCOUNT])[::-1],
        address=list(recent.filter(address=address)[:PER_ADDRESS])[::-1],
    )


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """The statement that finds a key with its owner, compiled once: building it anew costs more than running it."""

    sql: str
    converters: Any
    keys: list[str]
    users: list[str]


@cache
def key_lookup(vendor: str) -> KeyLookup:
    """For the databases of ``vendor``: columns of the key, of the user, then the database's time; one parameter."""
    rows = ApiKey.objects.filter(digest="").select_related("user").annotate(now=Now())
    compiler: Any = rows.query.get_compiler(connection=connection)
    sql, _ = compiler.as_sql()
    names = [[field.attname for field in model._meta.concrete_fields] for model in (ApiKey, User)]
    columns = [item[0] for item in compiler.select]
    # The statement's columns come as: the key's, the annotation, the user's. Nothing below works if they do not.
    found = [getattr(getattr(column, "target", None), "attname", "now") for column in columns]
    if found != [*names[0], "now", *names[1]]:
        raise RuntimeError(f"unexpected columns of a key: {found}")
    return KeyLookup(sql, list(compiler.get_converters(columns).items()), *names)


def find_key(digest: str) -> tuple[ApiKey, datetime] | None:
    """The key with this digest, its ``user`` loaded, and the database's time, in one statement."""
    lookup = key_lookup(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(lookup.sql, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for position, (converters, column) in lookup.converters:
        for convert in converters:
            values[position] = convert(values[position], column, connection)
    end = len(lookup.keys)
    key = ApiKey.from_db(connection.alias, lookup.keys, values[:end])
    key.user = User.from_db(connection.alias, lookup.users, values[end + 1 :])
    return key, values[end]


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
