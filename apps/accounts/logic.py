"""Pure rules about people: who may give which role, and how long a guesser waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# From the most to the least.
RANKS = ("owner", "admin", "manager", "member")
WINDOW = timedelta(minutes=5)
PER_ACCOUNT = 10
PER_ADDRESS = 100


def outranks_or_equals(role: str, other: str) -> bool:
    return RANKS.index(role) <= RANKS.index(other)


def may_invite(role: str, wanted: str) -> bool:
    """Managers and above invite, up to their own role: nobody makes more than they are."""
    return role != "member" and outranks_or_equals(role, wanted)


def may_change_member(role: str, present: str, wanted: str | None) -> bool:
    """Owners and admins change (``wanted``) or remove (None) whoever is no higher than they, up to their own role."""
    allowed = role in ("owner", "admin") and outranks_or_equals(role, present)
    return allowed and (wanted is None or outranks_or_equals(role, wanted))


@dataclass(frozen=True, slots=True)
class Tries:
    """When log-ins failed within the window, oldest first; of the account tried, and from the address."""

    account: Sequence[datetime]
    address: Sequence[datetime]


def seconds_to_wait(tries: Tries, now: datetime) -> int:
    """0 if another try is allowed now; else whole seconds until enough failures have left the window."""
    waits = [
        (failures[-limit] + WINDOW - now).total_seconds()
        for failures, limit in ((tries.account, PER_ACCOUNT), (tries.address, PER_ADDRESS))
        if len(failures) >= limit
    ]
    return max([0, *(int(wait) + 1 for wait in waits)])
