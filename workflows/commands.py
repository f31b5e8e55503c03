"""What may be asked of a task. People are ids as strings; permissions are the shell's business.

`token` is the claim's fence; 0 means the caller sent none. `wrote` says whether the holder saved a label revision
during this visit, `label_revision` is the task's revision at this moment.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Create:
    """Start a task at the graph's start stage. The state given to `decide` is None."""

    actor: str
    version: str
    label_revision: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    actor: str


@dataclass(frozen=True, slots=True)
class Release:
    """Give the task back. `by_manager`: the shell has checked that `actor` may release others' claims."""

    actor: str
    token: int = 0
    by_manager: bool = False
    wrote: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expire:
    """The lease of the claim with this fence has run out; a claim with another fence is left alone."""

    token: int
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """What every command that closes a held visit carries."""

    actor: str
    token: int = 0
    wrote: bool = False
    label_revision: int = 0
    """0 leaves the revision of the last step as it is."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Submit(Closing):
    pass


@dataclass(frozen=True, slots=True)
class Skip(Closing):
    pass


@dataclass(frozen=True, slots=True)
class Approve(Closing):
    pass


@dataclass(frozen=True, slots=True)
class Reject(Closing):
    """`reason` is the reviewer's comment; the verdicts on labels live in the shell."""


@dataclass(frozen=True, slots=True)
class Escalate(Closing):
    pass


@dataclass(frozen=True, slots=True)
class Proceed(Closing):
    """An agent is done; `outcome` is one of its stage's."""

    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """Take back one's own last step while the next visit is unclaimed."""

    actor: str


@dataclass(frozen=True, slots=True)
class Assign:
    actor: str
    person: str


@dataclass(frozen=True, slots=True)
class Unassign:
    actor: str


@dataclass(frozen=True, slots=True)
class SetPriority:
    """The priority itself lives in the shell; the event keeps it in the history."""

    actor: str
    priority: int


@dataclass(frozen=True, slots=True)
class Move:
    """A manager sends an unheld task to any stage; a review reached so is never sampled out."""

    actor: str
    stage: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reopen:
    """Bring a complete or archived task back to a working stage."""

    actor: str
    stage: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProvideFact:
    """A computed fact has arrived for `label_revision`."""

    fact: str
    value: str | int | float | bool
    label_revision: int
    actor: str = ""


@dataclass(frozen=True, slots=True)
class FactTimeout:
    """The stay at router `stage` that began with event `since` has waited long enough. `since` 0: whichever stay."""

    stage: str
    since: int = 0


@dataclass(frozen=True, slots=True)
class AgentTimeout:
    """The stay at agent stage `stage` that began with event `since` has taken too long, claimed or not."""

    stage: str
    since: int = 0
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Migrate:
    """Pin the task to the version of the graph given to `decide`, at `stage` ("" keeps the stage)."""

    actor: str
    version: str
    stage: str = ""


@dataclass(frozen=True, slots=True)
class EndReservation:
    """Nobody came for the reserved task in `reserve_hours`, or a manager gives it to the pool."""

    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """`person` left the project or lost the role: a claim, a reservation and an assignment of theirs end."""

    person: str
    actor: str = ""
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class Correct:
    """Labels were written outside a claim (import, relabelling, a manager's correction)."""

    actor: str
    label_revision: int
    reason: str = ""


Command = (
    Create | Claim | Release | Expire | Submit | Skip | Approve | Reject | Escalate | Proceed | Recall | Assign
    | Unassign | SetPriority | Move | Reopen | ProvideFact | FactTimeout | AgentTimeout | Archive | Migrate
    | EndReservation | PersonLeft | Correct
)  # fmt: skip
