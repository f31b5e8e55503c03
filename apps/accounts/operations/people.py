"""Organizations and their members; the departure of a person."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.hooks import on_departure
from apps.accounts.logic import may_change_member
from apps.accounts.models import ApiKey, Membership, Organization, OrganizationRole, User
from apps.common.errors import Conflict, Forbidden, NotFound

log = logging.getLogger("lapidary.audit")


@transaction.atomic
def create_organization(*, name: str, owner: User) -> Organization:
    """A new tenant, owned by the instance's admin who makes it. Raises Forbidden for anybody else."""
    if not owner.is_superuser:
        raise Forbidden("Only the instance's admin makes organizations.")
    organization = Organization.objects.create(name=name)
    Membership.objects.create(organization=organization, user=owner, role=OrganizationRole.OWNER)
    return organization


@transaction.atomic
def rename_organization(*, organization: Organization, name: str) -> Organization:
    organization.name = name
    organization.save(update_fields=["name"])
    return organization


@transaction.atomic
def update_profile(*, user: User, name: str | None, preferences: Mapping[str, Any] | None) -> User:
    """The person's own name and preferences; None leaves as is."""
    changed: dict[str, Any] = {} if name is None else {"name": name}
    if preferences is not None:
        changed["preferences"] = dict(preferences)
    for field, value in changed.items():
        setattr(user, field, value)
    user.save(update_fields=list(changed))
    return user


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> Membership:
    """Gives a member another role. Raises Forbidden beyond the actor's rank, Conflict for the last owner, NotFound."""
    membership, actor = _locked(membership, by)
    if actor is None or not may_change_member(actor.role, membership.role, role):
        raise Forbidden("Your role in the organization does not allow this.")
    if role != OrganizationRole.OWNER:
        _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    log.info("role changed", extra={"person": str(membership.user_id), "role": role, "by": str(by.pk)})
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: User, now: datetime) -> None:
    """The person leaves the organization (by themselves, or sent by an owner or admin no lower than they).

    Roles and claims there are given up through the departure hooks. Whoever is then in no organization is deactivated:
    their keys and sessions end at once. Raises Forbidden, NotFound, Conflict for the last owner.
    """
    membership, actor = _locked(membership, by)
    own = membership.user_id == by.pk
    if not own and (actor is None or not may_change_member(actor.role, membership.role, None)):
        raise Forbidden("Your role in the organization does not allow this.")
    _keep_an_owner(membership)
    _depart(membership, by, now)
    if not Membership.objects.filter(user_id=membership.user_id).exists() and not membership.user.is_superuser:
        _end(membership.user, now)


@transaction.atomic
def deactivate_person(*, user: User, by: User | None, now: datetime) -> None:
    """The person leaves the whole instance: every organization, every key, every session.

    Raises Conflict when they are the last owner of an organization.
    """
    for membership in Membership.objects.filter(user=user).order_by("organization_id"):
        locked, _ = _locked(membership, by)
        _keep_an_owner(locked)
        _depart(locked, by, now)
    _end(user, now)


@transaction.atomic
def reactivate_person(*, user: User) -> None:
    """The person may sign in again; memberships and keys do not come back."""
    User.objects.filter(pk=user.pk).update(is_active=True)


def _locked(membership: Membership, by: User | None) -> tuple[Membership, Membership | None]:
    """The membership and the actor's own as they are now, behind the organization's lock. Raises NotFound."""
    # no_key: whoever only refers to the organization (a job, a dataset) neither waits nor ends in a deadlock.
    list(Organization.objects.select_for_update(no_key=True).filter(pk=membership.organization_id).values_list("pk"))
    rows = Membership.objects.select_related("user").filter(organization_id=membership.organization_id)
    fresh = rows.filter(pk=membership.pk).first()
    if fresh is None:
        raise NotFound
    return fresh, None if by is None else rows.filter(user=by).first()


def _keep_an_owner(membership: Membership) -> None:
    """Raises Conflict if no owner would be left without this one."""
    others = Membership.objects.filter(organization_id=membership.organization_id, role=OrganizationRole.OWNER)
    if membership.role == OrganizationRole.OWNER and not others.exclude(pk=membership.pk).exists():
        raise Conflict("An organization needs an owner; make somebody else owner first.", code="last_owner")


def _depart(membership: Membership, by: User | None, now: datetime) -> None:
    for tell in on_departure:
        tell(user=membership.user, organization_id=membership.organization_id, by=by, now=now)
    membership.delete()
    log.info("member left", extra={"person": str(membership.user_id), "organization": str(membership.organization_id)})


def _end(user: User, now: datetime) -> None:
    """Keys are revoked; sessions end because an inactive person has none."""
    ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    User.objects.filter(pk=user.pk).update(is_active=False)
    log.info("person deactivated", extra={"person": str(user.pk)})
