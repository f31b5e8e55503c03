"""API keys: made, revoked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import ApiKey, User
from apps.accounts.principal import SCOPES
from apps.accounts.secrets import digest_of, new_key
from apps.accounts.visibility import sees_project
from apps.common.errors import Invalid, NotFound

log = logging.getLogger("lapidary.audit")


@transaction.atomic
def create_key(
    *,
    user: User,
    name: str,
    scopes: Sequence[str] | None,
    project_id: UUID | None,
    expires_at: datetime | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is never shown again.

    Without ``scopes`` the key may do what the person may: every scope, since a key never exceeds its owner's present
    rights. Raises Invalid for a project that the person does not see, or an expiry that is past.
    """
    if project_id is not None and not sees_project(user.pk, project_id):
        raise Invalid.at("/project", "There is no such project here.", code="not_found")
    if expires_at is not None and expires_at <= now:
        raise Invalid.at("/expires_at", "The expiry is past.", code="past")
    secret = new_key()
    key = ApiKey.objects.create(
        user=user,
        name=name,
        scopes=sorted(set(SCOPES if scopes is None else scopes), key=SCOPES.index),
        project_id=project_id,
        expires_at=expires_at,
        prefix=secret[:12],
        digest=digest_of(secret),
    )
    log.info("key created", extra={"person": str(user.pk), "key": str(key.pk)})
    return key, secret


@transaction.atomic
def revoke_key(*, key: ApiKey, now: datetime) -> None:
    """From the next request on, the key is unknown. Raises NotFound when it was revoked meanwhile."""
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        raise NotFound
    log.info("key revoked", extra={"person": str(key.user_id), "key": str(key.pk)})
