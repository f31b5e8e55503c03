"""What managers, timers and the system ask of a task."""

from __future__ import annotations

from workflows import commands as cmd
from workflows import events as ev
from workflows.conditions import is_finite
from workflows.facts import COMPUTED_FACTS, Facts
from workflows.graph import AGENT, ROUTER, Graph
from workflows.results import Result
from workflows.rules import may_take, refuse
from workflows.state import ARCHIVED, CLAIMED, COMPLETE, ROUTING, WAITING, State
from workflows.walk import Walk

ENDED = (COMPLETE, ARCHIVED)


def assign(graph: Graph, state: State, command: cmd.Assign, facts: Facts) -> Result:
    problem = _not_waiting(state)
    if problem is None and not command.person:
        problem = "bad_person"
    if problem is None:
        problem = may_take(graph, state, graph.stages[state.stage], command.person, facts)
    if problem is not None:
        return refuse(graph, state, command.actor, problem, manager=True)
    walk = Walk(graph, state, facts)
    walk.add(ev.Assigned(state.sequence + 1, command.actor, state.stage, command.person))
    return walk.accepted()


def _not_waiting(state: State) -> str | None:
    if state.status == WAITING:
        return None
    return "claimed" if state.status == CLAIMED else "not_waiting"


def unassign(graph: Graph, state: State, command: cmd.Unassign, facts: Facts) -> Result:
    problem = _not_waiting(state) or (None if state.assigned_to else "not_assigned")
    if problem is not None:
        return refuse(graph, state, command.actor, problem, manager=True)
    walk = Walk(graph, state, facts)
    walk.add(ev.Unassigned(state.sequence + 1, command.actor, state.stage, state.assigned_to))
    return walk.accepted()


def set_priority(graph: Graph, state: State, command: cmd.SetPriority, facts: Facts) -> Result:
    priority = command.priority
    if state.status in ENDED:
        return refuse(graph, state, command.actor, "ended", manager=True)
    if type(priority) is not int or not 0 <= priority <= 100:
        return refuse(graph, state, command.actor, "bad_priority", manager=True)
    walk = Walk(graph, state, facts)
    walk.add(ev.PrioritySet(state.sequence + 1, command.actor, state.stage, priority))
    return walk.accepted()


def move(graph: Graph, state: State, command: cmd.Move, facts: Facts) -> Result:
    problem: str | None = None
    if state.status in ENDED:
        problem = "ended"
    elif state.status == CLAIMED:
        problem = "claimed"
    elif command.stage not in graph.stages:
        problem = "unknown_stage"
    elif command.stage == state.stage:
        problem = "bad_target"
    if problem is not None:
        return refuse(graph, state, command.actor, problem, manager=True)
    return _place(Walk(graph, state, facts), ev.Moved, command)


def reopen(graph: Graph, state: State, command: cmd.Reopen, facts: Facts) -> Result:
    problem: str | None = None
    if state.status not in ENDED:
        problem = "not_ended"
    elif command.stage not in graph.stages:
        problem = "unknown_stage"
    elif not graph.stages[command.stage].works:
        problem = "bad_target"
    if problem is not None:
        return refuse(graph, state, command.actor, problem, manager=True)
    return _place(Walk(graph, state, facts), ev.Reopened, command)


def _place(walk: Walk, kind: type[ev.Moved | ev.Reopened], command: cmd.Move | cmd.Reopen) -> Result:
    target = walk.graph.stages[command.stage]
    state: State = walk.state
    walk.add(
        kind(
            state.sequence + 1,
            command.actor,
            state.stage,
            "",
            target.id,
            target.type,
            walk.round_at(target),
            reason=command.reason,
        )
    )
    return walk.rest(forced=True)


def provide_fact(graph: Graph, state: State, command: cmd.ProvideFact, facts: Facts) -> Result:
    problem: str | None = None
    if state.status != ROUTING:
        problem = "not_routing"
    elif command.label_revision != state.label_revision:
        problem = "stale_fact"
    elif command.fact not in COMPUTED_FACTS or command.fact not in graph.horizon[state.stage].facts:
        problem = "not_awaited"
    elif not is_finite(command.value):
        problem = "bad_fact"
    if problem is not None:
        return refuse(graph, state, command.actor, problem)
    walk = Walk(graph, state, facts)
    walk.add(
        ev.FactProvided(
            state.sequence + 1, command.actor, state.stage, command.fact, command.value, command.label_revision
        )
    )
    return walk.rest()


def fact_timeout(graph: Graph, state: State, command: cmd.FactTimeout, facts: Facts) -> Result:
    problem: str | None = None
    if state.status != ROUTING:
        problem = "not_routing"
    elif command.stage != state.stage or (command.since and command.since != state.since):
        problem = "stale_timer"
    if problem is not None:
        return refuse(graph, state, "", problem)
    stage = graph.stages[state.stage]
    if not stage.on_timeout:
        return refuse(graph, state, "", "not_offered")
    walk = Walk(graph, state, facts)
    walk.leave(stage, stage.on_timeout, reason="timeout", evidence=state.known)
    return walk.rest()


def agent_timeout(graph: Graph, state: State, command: cmd.AgentTimeout, facts: Facts) -> Result:
    stage = graph.stages[state.stage]
    problem: str | None = None
    if stage.type != AGENT or not stage.on_timeout or state.status not in (WAITING, CLAIMED):
        problem = "not_offered"
    elif command.stage != stage.id or (command.since and command.since != state.since):
        problem = "stale_timer"
    if problem is not None:
        return refuse(graph, state, "", problem)
    walk = Walk(graph, state, facts)
    if state.attempts < stage.retries:
        walk.add(ev.Retried(state.sequence + 1, "", stage.id, stage.type, state.holder, command.wrote, "timeout"))
        return walk.accepted()
    target = graph.stages[graph.targets[stage.id][stage.on_timeout]]
    walk.add(
        ev.TimedOut(
            state.sequence + 1,
            "",
            stage.id,
            stage.on_timeout,
            target.id,
            target.type,
            walk.round_at(target),
            from_type=stage.type,
            person=state.holder,
            wrote=command.wrote,
        )
    )
    return walk.rest()


def archive(graph: Graph, state: State, command: cmd.Archive, facts: Facts) -> Result:
    if state.status in (CLAIMED, ARCHIVED):
        problem = "claimed" if state.status == CLAIMED else "ended"
        return refuse(graph, state, command.actor, problem, manager=True)
    walk = Walk(graph, state, facts)
    walk.add(ev.Archived(state.sequence + 1, command.actor, state.stage, command.reason))
    return walk.accepted()


def migrate(graph: Graph, state: State, command: cmd.Migrate, facts: Facts) -> Result:
    """`graph` is the new version's; the task's stage need not be in it when `command.stage` names another."""
    target = graph.stages.get(command.stage or state.stage)
    if state.status == CLAIMED:
        return refuse(graph, state, command.actor, "claimed", manager=True)
    if target is None:
        return refuse(graph, state, command.actor, "unknown_stage", manager=True)
    walk = Walk(graph, state, facts)
    kept = target.id == state.stage
    if kept and state.status != ARCHIVED and _status_of(target.type, target.works) != state.status:
        return refuse(graph, state, command.actor, "bad_target", manager=True)
    walk.add(
        ev.Migrated(
            state.sequence + 1,
            command.actor,
            state.stage,
            "",
            target.id,
            target.type,
            state.round if kept else walk.round_at(target),
            version=command.version,
            kept=kept,
        )
    )
    return walk.accepted() if kept and state.status != ROUTING else walk.rest(forced=True)


def _status_of(stage_type: str, works: bool) -> str:
    if works:
        return WAITING
    return {ROUTER: ROUTING, "complete": COMPLETE}.get(stage_type, ARCHIVED)


def end_reservation(graph: Graph, state: State, command: cmd.EndReservation, facts: Facts) -> Result:
    if not state.reserved_for or state.status == CLAIMED:
        problem = "claimed" if state.status == CLAIMED else "not_reserved"
        return refuse(graph, state, command.actor, problem, manager=True)
    walk = Walk(graph, state, facts)
    walk.add(ev.ReservationEnded(state.sequence + 1, command.actor, state.stage, state.reserved_for, command.reason))
    return walk.accepted()


def person_left(graph: Graph, state: State, command: cmd.PersonLeft, facts: Facts) -> Result:
    if not command.person or command.person not in (state.holder, state.reserved_for, state.assigned_to):
        return refuse(graph, state, command.actor, "nothing_to_do", manager=True)
    walk = Walk(graph, state, facts)
    stage = graph.stages[state.stage]
    walk.add(
        ev.Left(
            state.sequence + 1,
            command.actor,
            stage.id,
            stage.type,
            command.person,
            command.wrote and command.person == state.holder,
        )
    )
    return walk.accepted()


def correct(graph: Graph, state: State, command: cmd.Correct, facts: Facts) -> Result:
    """Labels of a router's task that change make the awaited fact one of the new revision: it is asked for again."""
    if state.status == CLAIMED:
        return refuse(graph, state, command.actor, "claimed", manager=True)
    walk = Walk(graph, state, facts)
    stage = graph.stages[state.stage]
    walk.add(
        ev.Corrected(state.sequence + 1, command.actor, stage.id, stage.type, command.label_revision, command.reason)
    )
    if state.status == ROUTING and state.waiting_fact:
        walk.add(ev.Waited(walk.state.sequence + 1, "", stage.id, state.waiting_fact, walk.state.label_revision))
    return walk.accepted()
