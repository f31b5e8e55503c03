"""Who asks: a person, narrowed by the API key that they use."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.accounts.models import User

SCOPES = ("read", "label", "review", "manage", "admin", "agent")


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a request. A session has ``scopes`` None; ``project_id`` limits a key to one project."""

    user: User
    scopes: frozenset[str] | None = None
    project_id: UUID | None = None
    key_id: UUID | None = None

    def has_scope(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes
