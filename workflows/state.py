"""Where a task is: one immutable value, the fold of the task's events.

A state is stored as JSON beside every task, so it holds only what a later decision needs. Empty fields are left out
of the JSON. A named tuple is used because it is immutable and three times cheaper to copy than a frozen dataclass.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

WAITING = "waiting"
CLAIMED = "claimed"
ROUTING = "routing"
COMPLETE = "complete"
ARCHIVED = "archived"

STATUSES = (WAITING, CLAIMED, ROUTING, COMPLETE, ARCHIVED)

Value: TypeAlias = str | int | float | bool | None


class LastStep(NamedTuple):
    """The last step a person took, as far as `Recall` needs it. Cleared by the next claim."""

    actor: str
    stage: str
    """The stage the step was taken at, to which a recall returns the task."""
    stage_type: str
    entered: tuple[str, ...] = ()
    """Working stages entered since; a recall takes these entries back, so the same draws hold for the next try."""
    rework: bool = False
    """Whether the step was a rejection and so counted as rework."""
    round: int = 1
    """The round before the step."""
    visit: int = 0
    """The visit the step closed."""


class State(NamedTuple):
    """A task's place in its workflow. `sequence` equals the number of events folded."""

    sequence: int
    version: str
    """Id of the workflow version the task is pinned to."""
    stage: str
    status: str
    visit: int = 0
    """How many visits (queue entries) the task has had; the open one, if any, has this number."""
    since: int = 0
    """Sequence of the event that brought the task to its stage: names one stay, for time-outs."""
    round: int = 1
    """How often the task has come to be annotated, from 1."""
    rework_count: int = 0
    """How often a reviewer or expert has sent it back."""
    holder: str = ""
    token: int = 0
    """Fence of the present claim: the sequence of its `Claimed` event. 0 when nobody holds the task."""
    reserved_for: str = ""
    assigned_to: str = ""
    annotator: str = ""
    """Who submitted last at an annotate stage."""
    authors: tuple[str, ...] = ()
    """Who wrote labels at an annotate or consensus stage, in any round."""
    escalators: tuple[str, ...] = ()
    editors: tuple[tuple[str, int], ...] = ()
    """(person, visit) of label edits made at other stages: they bar the person from later visits' reviews."""
    excluded: tuple[tuple[str, str], ...] = ()
    """(stage, person) of skips that returned the task to the pool."""
    entries: tuple[tuple[str, int], ...] = ()
    """(stage, times entered) of working stages: the entry number keys the sampling draw."""
    branches: tuple[tuple[str, str], ...] = ()
    """(percentage router, outcome) drawn once and kept when the task comes again."""
    known: tuple[tuple[str, Value], ...] = ()
    """Computed facts provided for `label_revision`."""
    waiting_fact: str = ""
    attempts: int = 0
    """Time-outs already retried at the present agent visit."""
    label_revision: int = 0
    """Label revision of the last step; a fact for another one is late."""
    last: LastStep | None = None
    skills: tuple[str, ...] = ()
    """Skills still to look at the task at its expert stage; the open visit is for the first."""

    def entered(self, stage: str) -> int:
        """How often the task has entered the working stage `stage`."""
        for name, count in self.entries:
            if name == stage:
                return count
        return 0

    def excluded_here(self) -> tuple[str, ...]:
        """People who skipped the task at its present stage and are not offered it again."""
        return tuple(person for stage, person in self.excluded if stage == self.stage)
