"""What the shell knows and the engine may not find out by itself.

`decide` reads nothing but its arguments: every draw, counter and score comes in through a `Facts` value. The shell
asks `machine.needs` which of them the command at hand can touch and leaves the rest empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})


def _empty() -> Mapping[str, Any]:
    return EMPTY


PLAIN_FACTS = frozenset({"label_count", "rework_count", "annotator"})
"""Facts every deployment provides, beside `has_class:ID` and `metadata.KEY`."""

COMPUTED_FACTS = frozenset(
    {
        "mistakenness",
        "expected_errors",
        "mistakenness_rank",
        "hardness",
        "uniqueness",
        "agreement",
        "confidence",
        "annotator_error_rate",
    }
)
"""Facts that arrive later, for one label revision; a router that reads one must have a time-out."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything `decide` may use beside the graph and the state.

    `draws` holds one uniform number in [0, 1) per sampling stage and percentage router. `label_draws` maps a stage
    with `class_sample` to {label id: (class id, uniform number)}. `counters` maps a percentage router to {outcome:
    tasks sent there under its present percentages}. `classes` maps the class ids present on the task to their label
    counts, `class_names` class ids to names, `emails` person ids to e-mail addresses, `absent` holds people who can
    no longer take work at the project (left, or lost the role), `computed` the computed facts of `label_revision`
    that are already there. `skills` maps an expert stage to the skills that the task's labels ask for, in the order in
    which they are to look; `actor_skills` holds the acting person's.
    """

    label_count: int = 0
    classes: Mapping[str, int] = field(default_factory=_empty)
    class_names: Mapping[str, str] = field(default_factory=_empty)
    metadata: Mapping[str, Any] = field(default_factory=_empty)
    computed: Mapping[str, Any] = field(default_factory=_empty)
    draws: Mapping[str, float] = field(default_factory=_empty)
    label_draws: Mapping[str, Mapping[str, tuple[str, float]]] = field(default_factory=_empty)
    counters: Mapping[str, Mapping[str, int]] = field(default_factory=_empty)
    emails: Mapping[str, str] = field(default_factory=_empty)
    absent: frozenset[str] = frozenset()
    skills: Mapping[str, tuple[str, ...]] = field(default_factory=_empty)
    actor_skills: frozenset[str] = frozenset()


NO_FACTS = Facts()


@dataclass(frozen=True, slots=True)
class Needs:
    """What the walk from one stage by one outcome can touch before it comes to rest.

    Stage ids in graph order; `facts` are fact names as the conditions spell them. Empty for most commands.
    """

    draws: tuple[str, ...] = ()
    label_draws: tuple[str, ...] = ()
    routers: tuple[str, ...] = ()
    facts: frozenset[str] = frozenset()
    emails: bool = False
    skills: tuple[str, ...] = ()
    """Expert stages where the labels' skills decide who looks."""


NO_NEEDS = Needs()
