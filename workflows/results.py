"""What `decide` answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from workflows.events import AnyEvent
from workflows.state import State


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command stands: store `events` and `state` together. `state` is resting."""

    events: tuple[AnyEvent, ...]
    state: State

    @property
    def waiting_fact(self) -> str:
        """The computed fact the task rests for, or ""."""
        return self.state.waiting_fact


@dataclass(frozen=True, slots=True)
class Refused:
    """The command does not stand; nothing has changed. `allowed` are the actions that would."""

    code: str
    detail: str
    allowed: tuple[str, ...] = ()

    @property
    def wrong_person(self) -> bool:
        """True for a 403 (this person may not), false for a 409 (stage or state do not allow it)."""
        return self.code in WRONG_PERSON


@dataclass(frozen=True, slots=True)
class NeedsCounters:
    """A percentage router was reached without its counters (or draw): lock these, in this order, and ask again."""

    routers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeedsDraws:
    """A sampling stage was reached without its draws: `(stage, entry)` pairs to draw for, then ask again."""

    stages: tuple[tuple[str, int], ...]


Result: TypeAlias = Accepted | Refused | NeedsCounters | NeedsDraws

WRONG_PERSON = frozenset(
    {"own_work", "not_collaborator", "excluded", "reserved", "assigned", "not_holder", "not_yours"}
)
