"""Invitations: a one-time way in, by a token of which only the digest is kept."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts import hooks
from apps.accounts.logic import may_invite, outranks_or_equals
from apps.accounts.models import Invitation, Membership, User
from apps.accounts.operations.signin import check_password, check_strength
from apps.accounts.policies import require_organization_role
from apps.accounts.principal import Principal
from apps.accounts.secrets import digest_of, new_token
from apps.common.errors import Conflict, Forbidden, Invalid, NotFound

log = logging.getLogger("lapidary.audit")
VALID = timedelta(days=7)
LONGEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an invitation leads: a role in the organization and, with ``project_id``, roles and skills in a project."""

    role: str
    project_id: UUID | None = None
    roles: Sequence[str] = ()
    skills: Sequence[str] = ()


@transaction.atomic
def create_invitation(
    *, principal: Principal, organization_id: UUID, email: str, place: Place, expires_at: datetime | None, now: datetime
) -> tuple[Invitation, str]:
    """An invitation and its token, shown once. Raises Forbidden for a role above the caller's, Invalid, NotFound."""
    own = require_organization_role(principal, organization_id)
    if not may_invite(own, place.role):
        raise Forbidden("Your role in the organization does not allow this.")
    ends = expires_at or now + VALID
    if not now < ends <= now + LONGEST:
        raise Invalid.at("/expires_at", "The expiry is within the next 30 days.", code="out_of_range")
    if place.project_id is None and (place.roles or place.skills):
        raise Invalid.at("/project", "Project roles and skills need a project.", code="required")
    if place.project_id is not None:
        _check_project(principal, organization_id, place)
    token = new_token()
    invitation = Invitation.objects.create(
        organization_id=organization_id,
        email=email.lower(),
        role=place.role,
        project_id=place.project_id,
        project_roles=list(place.roles),
        project_skills=list(place.skills),
        token_digest=digest_of(token),
        invited_by=principal.user,
        expires_at=ends,
    )
    return invitation, token


@transaction.atomic
def revoke_invitation(*, invitation: Invitation) -> None:
    """The token is worth nothing any more. Raises Conflict once it was accepted."""
    if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None).delete()[0]:
        raise Conflict("The invitation was accepted already.", code="invitation_spent")


def accept_invitation(
    *, token: str, signed_in: User | None, name: str, password: str | None, address: str, now: datetime
) -> tuple[Invitation, User]:
    """Spends the token: makes the person, or adds the place to the one who has that address.

    A person who is known already must be signed in as such or give their password (failures count as failed log-ins,
    in a transaction of their own). Raises NotFound for an unknown token, Conflict for a spent or expired one or for
    another person, Invalid, Unauthenticated, Throttled.
    """
    found = _live(Invitation.objects.filter(token_digest=digest_of(token)).first(), now)
    known = signed_in or User.objects.filter(email=found.email).first()
    if known is not None and known.email != found.email:
        raise Conflict("The invitation is for another person; sign out first.", code="other_person")
    if signed_in is None:
        if not password:
            raise Invalid.at("/password", "Give a password.", code="required")
        if known is not None:
            check_password(email=known.email, password=password, address=address, now=now, allow_inactive=True)
    return _spend(found, known, name, password or "", now)


@transaction.atomic
def _spend(
    invitation: Invitation, known: User | None, name: str, password: str, now: datetime
) -> tuple[Invitation, User]:
    found = _live(Invitation.objects.select_for_update().filter(pk=invitation.pk).first(), now)
    user = known or _new_person(found.email, name, password)
    User.objects.filter(pk=user.pk, is_active=False).update(is_active=True)
    found.accepted_at = now
    found.save(update_fields=["accepted_at"])
    membership, created = Membership.objects.get_or_create(
        organization_id=found.organization_id, user=user, defaults={"role": found.role}
    )
    if not created and outranks_or_equals(found.role, membership.role):
        Membership.objects.filter(pk=membership.pk).update(role=found.role)
    for tell in hooks.on_invitation_accepted:
        tell(invitation=found, user=user, now=now)
    log.info("invitation accepted", extra={"person": str(user.pk), "invitation": str(found.pk)})
    return found, user


def _live(found: Invitation | None, now: datetime) -> Invitation:
    if found is None:
        raise NotFound
    if found.accepted_at is not None or found.expires_at <= now:
        raise Conflict("The invitation was used or has expired.", code="invitation_spent")
    return found


def _new_person(email: str, name: str, password: str) -> User:
    if not name:
        raise Invalid.at("/name", "Give a name.", code="required")
    check_strength(password, User(email=email, name=name), "/password")
    return User.objects.create_user(email, password, name=name)


def _check_project(principal: Principal, organization_id: UUID, place: Place) -> None:
    if not hooks.on_invitation or place.project_id is None:
        raise Invalid.at("/project", "There is no such project here.", code="not_found")
    try:
        for check in hooks.on_invitation:
            check(
                principal=principal,
                organization_id=organization_id,
                project_id=place.project_id,
                roles=list(place.roles),
                skills=list(place.skills),
            )
    except NotFound:
        raise Invalid.at("/project", "There is no such project here.", code="not_found") from None
