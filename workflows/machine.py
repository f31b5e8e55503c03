"""The engine's one question: may this happen to this task, and where does it go next?

`decide` is a pure function of its arguments. A command that is accepted gives every event up to the next stage where
the task rests, and the state those events fold to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflows import commands as cmd
from workflows import events as ev
from workflows import managing, visits
from workflows.evolve import BadHistoryError, evolve, fold
from workflows.facts import NO_FACTS, NO_NEEDS, Facts, Needs
from workflows.graph import EXPERT_REVIEW, Graph
from workflows.results import Accepted, NeedsCounters, NeedsDraws, Refused, Result
from workflows.rules import allowed_actions, barred, refuse
from workflows.state import ROUTING, State
from workflows.walk import Walk

__all__ = [
    "Accepted",
    "BadHistoryError",
    "NeedsCounters",
    "NeedsDraws",
    "Refused",
    "Result",
    "allowed_actions",
    "barred",
    "decide",
    "draw_entry",
    "evolve",
    "fold",
    "needs",
]


def decide(graph: Graph, state: State | None, command: cmd.Command, facts: Facts = NO_FACTS) -> Result:
    """What becomes of `command`. Never raises for a command, a state folded under `graph`, and facts as documented."""
    if isinstance(command, cmd.Create):
        return _create(graph, state, command, facts)
    if state is None:
        return Refused("not_created", "The task does not exist yet.")
    if state.stage not in graph.stages and not isinstance(command, cmd.Migrate):
        return refuse(graph, state, getattr(command, "actor", ""), "wrong_graph")
    return _HANDLERS[type(command)](graph, state, command, facts)


def _create(graph: Graph, state: State | None, command: cmd.Create, facts: Facts) -> Result:
    if state is not None:
        return refuse(graph, state, command.actor, "already_created")
    start = graph.stages[graph.start]
    walk = Walk(graph, None, facts)
    walk.add(
        ev.Created(
            1,
            command.actor,
            "",
            "",
            start.id,
            start.type,
            1,
            version=command.version,
            label_revision=command.label_revision,
        )
    )
    return walk.rest()


def needs(graph: Graph, state: State | None, command: cmd.Command) -> Needs:
    """The draws, counters and facts that deciding `command` may read: a superset, worked out once per graph.

    `routers` are in the order in which their counter rows must be locked; `draws` does not repeat them.
    """
    if isinstance(command, cmd.Create):
        return graph.horizon[graph.start]
    if state is None or state.stage not in graph.stages:
        return NO_NEEDS
    outcome = _OUTCOMES.get(type(command))
    if outcome is not None:
        if isinstance(command, cmd.Approve) and visits.returns(graph.stages[state.stage], state, command):
            outcome = "rejected"
        return graph.needs(state.stage, outcome)
    if isinstance(command, cmd.Proceed):
        return graph.needs(state.stage, command.outcome)
    if isinstance(command, cmd.Claim | cmd.Assign):
        return Needs(emails=True) if graph.stages[state.stage].collaborators else NO_NEEDS
    return _managed(graph, state, command)


def _managed(graph: Graph, state: State, command: cmd.Command) -> Needs:
    if isinstance(command, cmd.Move | cmd.Reopen):
        return graph.horizon.get(command.stage, NO_NEEDS)
    if isinstance(command, cmd.Recall):
        last = state.last
        return Needs(skills=(last.stage,)) if last is not None and last.stage_type == EXPERT_REVIEW else NO_NEEDS
    if isinstance(command, cmd.ProvideFact):
        return graph.horizon[state.stage]
    if isinstance(command, cmd.FactTimeout | cmd.AgentTimeout):
        return graph.needs(state.stage, graph.stages[state.stage].on_timeout)
    if isinstance(command, cmd.Migrate) and (command.stage or state.status == ROUTING):
        return graph.horizon.get(command.stage or state.stage, NO_NEEDS)
    return NO_NEEDS


def draw_entry(state: State | None, stage: str) -> int:
    """The entry number that keys the draw of sampling stage `stage` for the walk about to be decided.

    The same number comes again when a step is recalled and repeated, so nobody can try a task until it is passed by.
    """
    return 1 if state is None else state.entered(stage) + 1


_OUTCOMES: dict[type, str] = {
    cmd.Submit: "submitted",
    cmd.Skip: "skipped",
    cmd.Approve: "approved",
    cmd.Reject: "rejected",
    cmd.Escalate: "escalated",
}

_HANDLERS: dict[type, Callable[[Graph, State, Any, Facts], Result]] = {
    cmd.Claim: visits.claim,
    cmd.Release: visits.release,
    cmd.Expire: visits.expire,
    cmd.Submit: visits.submit,
    cmd.Skip: visits.skip,
    cmd.Approve: visits.approve,
    cmd.Reject: visits.reject,
    cmd.Escalate: visits.escalate,
    cmd.Proceed: visits.proceed,
    cmd.Recall: visits.recall,
    cmd.Assign: managing.assign,
    cmd.Unassign: managing.unassign,
    cmd.SetPriority: managing.set_priority,
    cmd.Move: managing.move,
    cmd.Reopen: managing.reopen,
    cmd.ProvideFact: managing.provide_fact,
    cmd.FactTimeout: managing.fact_timeout,
    cmd.AgentTimeout: managing.agent_timeout,
    cmd.Archive: managing.archive,
    cmd.Migrate: managing.migrate,
    cmd.EndReservation: managing.end_reservation,
    cmd.PersonLeft: managing.person_left,
    cmd.Correct: managing.correct,
}
