"""What happened to a task. Events are append-only; `evolve.evolve` folds them into a `State`.

Every event has a `sequence` (1, 2, 3, …), the `actor` who caused it ("" for the system) and, as a class attribute,
the `action` word that the history shows. Events name stage types where the fold needs them, so that a history folds
without its graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    action: ClassVar[str] = ""
    sequence: int
    actor: str


@dataclass(frozen=True, slots=True)
class Travel(Event):
    """The task goes from one stage to another (or stays, where `to_stage` is `from_stage`)."""

    from_stage: str
    outcome: str
    to_stage: str
    to_type: str
    round: int
    """The task's round after the event."""
    reserved_for: str = ""


@dataclass(frozen=True, slots=True)
class Created(Travel):
    """`from_stage` is ""."""

    action = "created"
    version: str = ""
    label_revision: int = 0


@dataclass(frozen=True, slots=True)
class Step(Travel):
    """The holder closed the visit with an outcome."""

    from_type: str = ""
    reason: str = ""
    label_revision: int = 0
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class Submitted(Step):
    action = "submitted"


@dataclass(frozen=True, slots=True)
class Skipped(Step):
    """`pooled`: the outcome is not wired, so the same visit waits again, closed to this person."""

    action = "skipped"
    pooled: bool = False


@dataclass(frozen=True, slots=True)
class Approved(Step):
    """`outcome` is `approved`; `second_expert` when a fix needs another expert's look, `next_skill` when an expert with
    another skill is to look too, `returned` when it goes back."""

    action = "approved"


GOES_ON = ("second_expert", "next_skill")
"""Outcomes after which the next visit goes on with the same look: another expert completes it."""


@dataclass(frozen=True, slots=True)
class Rejected(Step):
    action = "rejected"


@dataclass(frozen=True, slots=True)
class Escalated(Step):
    action = "escalated"


@dataclass(frozen=True, slots=True)
class Proceeded(Step):
    action = "proceeded"


@dataclass(frozen=True, slots=True)
class Routed(Travel):
    """A router chose. `evidence` holds the facts it read, with their values at that moment.

    `design` is `condition`, `percentage` or `collaborator`; `probability` that of the chosen branch. `counter` is the
    key of the percentage counter of which `outcome` goes up by one, "" when none moves (a kept branch, a condition).
    """

    action = "routed"
    design: str = "condition"
    probability: float = 1.0
    counter: str = ""
    draw: float | None = None
    kept: bool = False
    evidence: tuple[tuple[str, Value], ...] = ()
    reason: str = ""
    label_revision: int = 0


@dataclass(frozen=True, slots=True)
class LabelDraw:
    """One label of a class named in `class_sample`: its chance, and whether it was drawn."""

    label: str
    class_id: str
    probability: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Selection(Travel):
    """Whether a task that reached a review is reviewed there.

    `design` is `sample`, `class_sample` (with `labels`) or `strict` (a strict review of every task, probability 1).
    `probability` is that of the task's own draw, `drawn` its result; `chosen` is true when the task is reviewed, by
    its own draw or by a label's. A task that is not chosen travels on by `approved`.
    """

    action = "selection"
    design: str = "sample"
    entry: int = 1
    probability: float = 1.0
    draw: float | None = None
    drawn: bool = True
    chosen: bool = True
    labels: tuple[LabelDraw, ...] = ()
    label_revision: int = 0


@dataclass(frozen=True, slots=True)
class Moved(Travel):
    action = "moved"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reopened(Travel):
    action = "reopened"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recalled(Travel):
    """The step before is taken back; `reserved_for` is the person who took it."""

    action = "recalled"


@dataclass(frozen=True, slots=True)
class TimedOut(Travel):
    """An agent stage gave up and left by its `on_timeout`; `person` is the agent that held it, or ""."""

    action = "timed_out"
    from_type: str = ""
    person: str = ""
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class Migrated(Travel):
    """Pinned to `version`. `kept` tells that the stay at the stage goes on unchanged."""

    action = "migrated"
    version: str = ""
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Claimed(Event):
    """The claim's fence is this event's sequence."""

    action = "claimed"
    stage: str


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """A claim ended without an outcome; the visit waits again. `person` held it."""

    stage: str
    stage_type: str
    person: str
    wrote: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Released(Ended):
    action = "released"


@dataclass(frozen=True, slots=True)
class Expired(Ended):
    action = "expired"


@dataclass(frozen=True, slots=True)
class Retried(Ended):
    """An agent stage timed out and is tried again; `person` is "" when nobody held it."""

    action = "retried"


@dataclass(frozen=True, slots=True)
class Left(Ended):
    """`person` left the project: their claim, reservation and assignment of this task are gone."""

    action = "left"


@dataclass(frozen=True, slots=True)
class Waited(Event):
    """The router needs a computed fact that is not there yet; the task rests in it."""

    action = "waiting"
    stage: str
    fact: str
    label_revision: int = 0


@dataclass(frozen=True, slots=True)
class FactProvided(Event):
    action = "fact"
    stage: str
    fact: str
    value: Value
    label_revision: int = 0


@dataclass(frozen=True, slots=True)
class Assigned(Event):
    action = "assigned"
    stage: str
    person: str


@dataclass(frozen=True, slots=True)
class Unassigned(Event):
    action = "unassigned"
    stage: str
    person: str


@dataclass(frozen=True, slots=True)
class PrioritySet(Event):
    action = "priority"
    stage: str
    priority: int


@dataclass(frozen=True, slots=True)
class ReservationEnded(Event):
    action = "reservation_ended"
    stage: str
    person: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Archived(Event):
    action = "archived"
    stage: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Corrected(Event):
    """Labels written outside a claim; the writer counts as author or editor like any other."""

    action = "corrected"
    stage: str
    stage_type: str
    label_revision: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SkillsNeeded(Event):
    """The task's labels ask for experts with these skills; the open visit is for the first of them."""

    action = "skills"
    stage: str
    skills: tuple[str, ...]


AnyEvent: TypeAlias = (
    Created | Submitted | Skipped | Approved | Rejected | Escalated | Proceeded | Routed | Selection | Moved | Reopened
    | Recalled | TimedOut | Migrated | Claimed | Released | Expired | Retried | Left | Waited | FactProvided | Assigned
    | Unassigned | PrioritySet | ReservationEnded | Archived | Corrected | SkillsNeeded
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Description:
    """An event in the words of the history's row."""

    sequence: int
    action: str
    actor: str
    stage: str
    from_stage: str
    to_stage: str
    outcome: str
    reason: str
    label_revision: int | None


def describe(event: Event) -> Description:
    """The history row of `event`. `stage` is where it happened; empty strings are for the shell to show as null."""
    here = getattr(event, "stage", "")
    from_stage = getattr(event, "from_stage", here)
    to_stage = getattr(event, "to_stage", here)
    reason = getattr(event, "reason", "")
    if isinstance(event, Waited):
        reason = event.fact
    elif isinstance(event, FactProvided):
        reason = f"{event.fact}={event.value}"
    elif isinstance(event, Routed) and event.evidence and not reason:
        reason = ", ".join(f"{name}={value}" for name, value in event.evidence)
    elif isinstance(event, Selection):
        reason = "drawn for review" if event.chosen else "not drawn for review"
    elif isinstance(event, (Assigned, Unassigned, ReservationEnded)) and not reason:
        reason = event.person
    elif isinstance(event, SkillsNeeded):
        reason = ", ".join(event.skills)
    elif isinstance(event, PrioritySet):
        reason = str(event.priority)
    revision = getattr(event, "label_revision", 0) or None
    return Description(
        event.sequence,
        event.action,
        event.actor,
        here or from_stage or to_stage,
        from_stage,
        to_stage,
        getattr(event, "outcome", ""),
        reason,
        revision,
    )
