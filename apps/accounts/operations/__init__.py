"""Writes to people and organizations, one function per verb."""

from __future__ import annotations

from apps.accounts.operations.invitations import accept_invitation, create_invitation, revoke_invitation
from apps.accounts.operations.keys import create_key, revoke_key
from apps.accounts.operations.people import (
    change_role,
    create_organization,
    deactivate_person,
    reactivate_person,
    remove_member,
    rename_organization,
    update_profile,
)
from apps.accounts.operations.signin import change_password, check_password

__all__ = [
    "accept_invitation",
    "change_password",
    "change_role",
    "check_password",
    "create_invitation",
    "create_key",
    "create_organization",
    "deactivate_person",
    "reactivate_person",
    "remove_member",
    "rename_organization",
    "revoke_invitation",
    "revoke_key",
    "update_profile",
]
