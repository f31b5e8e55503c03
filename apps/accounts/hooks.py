"""What the apps above do when people come and go, and what they know of a person. Filled from ``AppConfig.ready``.

Projects and tasks stand above accounts, so they are told through these lists. Callbacks run inside the operation's
transaction: what they raise undoes it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from apps.accounts.models import Invitation, User
from apps.accounts.principal import Principal


class Departure(Protocol):
    """A person leaves an organization: give up roles, release what they hold."""

    def __call__(self, *, user: User, organization_id: UUID, by: User | None, now: datetime) -> object: ...


class InvitationCheck(Protocol):
    """May the caller invite into this project with these roles? Raises Invalid or Forbidden."""

    def __call__(
        self, *, principal: Principal, organization_id: UUID, project_id: UUID, roles: list[str], skills: list[str]
    ) -> object: ...


class InvitationAccepted(Protocol):
    """Gives the person the project roles of the invitation."""

    def __call__(self, *, invitation: Invitation, user: User, now: datetime) -> object: ...


# The projects of a person for GET /me/: [{"id", "name", "roles"}].
ProjectsOf = Callable[[Principal], list[dict[str, Any]]]

on_departure: list[Departure] = []
on_invitation: list[InvitationCheck] = []
on_invitation_accepted: list[InvitationAccepted] = []
projects_of: list[ProjectsOf] = []
