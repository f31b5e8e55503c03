"""A workflow version as a frozen value, with the lookups that `decide` needs worked out once.

`Graph` is made from the JSON of `API.md` by `codec.graph_from_json`, which refuses what `validate` refuses. A graph
never changes; the shell keeps one per workflow version id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.conditions import Condition
from workflows.facts import NO_NEEDS, Needs
from workflows.percentages import Sharing

ANNOTATE = "annotate"
REVIEW = "review"
EXPERT_REVIEW = "expert_review"
CONSENSUS = "consensus"
ROUTER = "router"
AGENT = "agent"
COMPLETE = "complete"
ARCHIVE = "archive"

STAGE_TYPES = (ANNOTATE, REVIEW, EXPERT_REVIEW, CONSENSUS, ROUTER, AGENT, COMPLETE, ARCHIVE)
WORKING_TYPES = frozenset({ANNOTATE, REVIEW, EXPERT_REVIEW, CONSENSUS, AGENT})
"""Stages with a queue: a task rests there as a visit."""
REVIEW_TYPES = frozenset({REVIEW, EXPERT_REVIEW})
AUTHOR_TYPES = frozenset({ANNOTATE, CONSENSUS})
"""Stages where writing labels makes one an author."""
TERMINAL_TYPES = frozenset({COMPLETE, ARCHIVE})


@dataclass(frozen=True, slots=True)
class Pathway:
    source: str
    outcome: str
    target: str


@dataclass(frozen=True, slots=True)
class Branch:
    outcome: str
    when: Condition


@dataclass(frozen=True, slots=True)
class Stage:
    """One node. Fields beside `config` are read from it, with API.md's defaults filled in."""

    id: str
    type: str
    title: str
    config: Mapping[str, Any]
    collaborators: frozenset[str] = frozenset()
    """Ids or lower-case e-mail addresses; empty means everybody with the role."""
    skills: tuple[str, ...] = ()
    lease_minutes: float = 15.0
    max_hold_hours: float = 8.0
    reserve_hours: float = 24.0
    four_eyes: bool = True
    strict: bool = False
    allow_edit: bool = False
    return_to: str = "annotator"
    after_fix: str = "accept"
    show: str = "drawn"
    show_evidence: str = "at once"
    sample: float = 1.0
    class_sample: Mapping[str, float] = field(default_factory=dict)
    branches: tuple[Branch, ...] = ()
    otherwise: str = ""
    by_collaborator: Mapping[str, str] = field(default_factory=dict)
    sharing: Sharing | None = None
    """The chooser of a percentage router."""
    counter_key: str = ""
    """Router id and digest of its percentages: counters under another key belong to other percentages."""
    outcomes: tuple[str, ...] = ()
    timeout_minutes: float | None = None
    on_timeout: str = ""
    retries: int = 0

    @property
    def works(self) -> bool:
        """Whether the stage has a queue."""
        return self.type in WORKING_TYPES

    @property
    def draws(self) -> bool:
        """Whether arrivals are drawn here: a task may pass by unreviewed, or labels are drawn."""
        return self.sample < 1.0 or bool(self.class_sample) or (self.strict and self.type in REVIEW_TYPES)


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A validated workflow. `targets[stage][outcome]` is the next stage's id."""

    stages: Mapping[str, Stage]
    pathways: tuple[Pathway, ...]
    start: str
    digest: str
    targets: Mapping[str, Mapping[str, str]]
    horizon: Mapping[str, Needs]
    """For each stage: what the walk that begins by arriving there can touch before it rests."""
    escalation_stages: frozenset[str]
    """Working stages to which an escalation leads: its author may not take the visit there."""

    def stage(self, stage_id: str) -> Stage:
        return self.stages[stage_id]

    def target(self, stage_id: str, outcome: str) -> str | None:
        """Where `outcome` leads, or None when it is not wired."""
        return self.targets[stage_id].get(outcome)

    def needs(self, stage_id: str, outcome: str) -> Needs:
        """What a walk leaving `stage_id` by `outcome` can touch."""
        target = self.target(stage_id, outcome)
        return NO_NEEDS if target is None else self.horizon.get(target, NO_NEEDS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)
