"""What the holder of a visit may ask: claim, release, and the actions that close it; and recall."""

from __future__ import annotations

from workflows import commands as cmd
from workflows import events as ev
from workflows.facts import Facts
from workflows.graph import WORKING_TYPES, Graph, Stage
from workflows.results import Accepted, Refused, Result
from workflows.rules import may_claim, offers, refuse
from workflows.state import CLAIMED, ROUTING, WAITING, State
from workflows.walk import Walk


def claim(graph: Graph, state: State, command: cmd.Claim, facts: Facts) -> Result:
    if state.status != WAITING:
        return refuse(graph, state, command.actor, "claimed" if state.status == CLAIMED else "not_waiting")
    if not command.actor:
        return refuse(graph, state, command.actor, "bad_person")
    code = may_claim(graph, state, graph.stages[state.stage], command.actor, facts)
    if code is not None:
        return refuse(graph, state, command.actor, code)
    walk = Walk(graph, state, facts)
    walk.add(ev.Claimed(state.sequence + 1, command.actor, state.stage))
    return walk.accepted()


def release(graph: Graph, state: State, command: cmd.Release, facts: Facts) -> Result:
    problem = _held(state, command.actor, command.token, any_holder=command.by_manager)
    if problem is not None:
        return refuse(graph, state, command.actor, problem, manager=command.by_manager)
    return _end(graph, state, facts, ev.Released, command.actor, command.wrote, command.reason)


def expire(graph: Graph, state: State, command: cmd.Expire, facts: Facts) -> Result:
    if state.status != CLAIMED:
        return refuse(graph, state, "", "not_claimed")
    if command.token != state.token:
        return refuse(graph, state, "", "stale_token")
    return _end(graph, state, facts, ev.Expired, "", command.wrote, "")


def _end(
    graph: Graph, state: State, facts: Facts, kind: type[ev.Released | ev.Expired], actor: str, wrote: bool, reason: str
) -> Accepted:
    walk = Walk(graph, state, facts)
    stage = graph.stages[state.stage]
    walk.add(kind(state.sequence + 1, actor, stage.id, stage.type, state.holder, wrote, reason))
    return walk.accepted()


def _held(state: State, actor: str, token: int, *, any_holder: bool = False) -> str | None:
    """The code that keeps `actor` from acting as the task's holder."""
    if state.status != CLAIMED:
        return "stale_token" if token else "not_claimed"
    if token and token != state.token:
        return "stale_token"
    if not any_holder and actor != state.holder:
        return "not_holder"
    return None


def _closing(graph: Graph, state: State, command: cmd.Closing, action: str) -> Refused | None:
    problem = _held(state, command.actor, command.token)
    if problem is None and not offers(graph, graph.stages[state.stage], action):
        problem = "not_offered"
    return None if problem is None else refuse(graph, state, command.actor, problem)


def _close(
    walk: Walk, kind: type[ev.Step], command: cmd.Closing, outcome: str, target_id: str, reserve: str = "", **said: bool
) -> Result:
    """The step itself, and the walk to the next rest."""
    state: State = walk.state
    stages = walk.graph.stages
    stage, target = stages[state.stage], stages[target_id]
    walk.add(
        kind(  # type: ignore[arg-type]
            state.sequence + 1,
            command.actor,
            stage.id,
            outcome,
            target_id,
            target.type,
            walk.round_at(target),
            walk.reservation(reserve, target) if reserve else "",
            stage.type,
            command.reason,
            command.label_revision,
            command.wrote,
            **said,
        )
    )
    return walk.rest()


def submit(graph: Graph, state: State, command: cmd.Submit, facts: Facts) -> Result:
    refused = _closing(graph, state, command, "submit")
    if refused is not None:
        return refused
    walk = Walk(graph, state, facts)
    return _close(walk, ev.Submitted, command, "submitted", graph.targets[state.stage]["submitted"])


def skip(graph: Graph, state: State, command: cmd.Skip, facts: Facts) -> Result:
    refused = _closing(graph, state, command, "skip")
    if refused is not None:
        return refused
    walk = Walk(graph, state, facts)
    target = graph.target(state.stage, "skipped")
    if target is not None:
        return _close(walk, ev.Skipped, command, "skipped", target)
    stage = graph.stages[state.stage]
    walk.add(
        ev.Skipped(
            state.sequence + 1,
            command.actor,
            stage.id,
            "skipped",
            stage.id,
            stage.type,
            state.round,
            from_type=stage.type,
            reason=command.reason,
            label_revision=command.label_revision,
            wrote=command.wrote,
            pooled=True,
        )
    )
    return walk.accepted()


def approve(graph: Graph, state: State, command: cmd.Approve, facts: Facts) -> Result:
    refused = _closing(graph, state, command, "approve")
    if refused is not None:
        return refused
    walk = Walk(graph, state, facts)
    stage = graph.stages[state.stage]
    if stage.after_fix == "second_expert" and fixed(state, command):
        return _look_again(walk, command, stage, "second_expert", state.skills)
    if left := skills_left(state, facts):
        return _look_again(walk, command, stage, "next_skill", left)
    if returns(stage, state, command):
        target = graph.targets[stage.id]["rejected"]
        return _close(walk, ev.Approved, command, "returned", target, _returns_to(state, stage))
    return _close(walk, ev.Approved, command, "approved", graph.targets[stage.id]["approved"])


def returns(stage: Stage, state: State, command: cmd.Approve) -> bool:
    """Whether an approval here sends the task back because its reviewer had to fix it."""
    return stage.after_fix == "return" and fixed(state, command)


def fixed(state: State, command: cmd.Approve) -> bool:
    """Whether labels were edited in the open visit, by this holder now or by them or another before a release."""
    return command.wrote or any(visit == state.visit for _, visit in state.editors)


def skills_left(state: State, facts: Facts) -> tuple[str, ...]:
    """The skills that have not looked yet once this visit, for the first one, is closed."""
    return tuple(skill for skill in state.skills[1:] if skill not in facts.actor_skills)


def _look_again(walk: Walk, command: cmd.Approve, stage: Stage, outcome: str, skills: tuple[str, ...]) -> Result:
    """The task stays at its stage for another expert; a draw must not let it by."""
    state: State = walk.state
    walk.add(
        ev.Approved(
            state.sequence + 1,
            command.actor,
            stage.id,
            outcome,
            stage.id,
            stage.type,
            state.round,
            from_type=stage.type,
            reason=command.reason,
            label_revision=command.label_revision,
            wrote=command.wrote,
        )
    )
    walk.ask_skills(stage, skills)
    return walk.rest(forced=True)


def reject(graph: Graph, state: State, command: cmd.Reject, facts: Facts) -> Result:
    refused = _closing(graph, state, command, "reject")
    if refused is not None:
        return refused
    walk = Walk(graph, state, facts)
    stage = graph.stages[state.stage]
    return _close(
        walk, ev.Rejected, command, "rejected", graph.targets[stage.id]["rejected"], _returns_to(state, stage)
    )


def _returns_to(state: State, stage: Stage) -> str:
    return state.annotator if stage.return_to == "annotator" else ""


def escalate(graph: Graph, state: State, command: cmd.Escalate, facts: Facts) -> Result:
    refused = _closing(graph, state, command, "escalate")
    if refused is not None:
        return refused
    walk = Walk(graph, state, facts)
    return _close(walk, ev.Escalated, command, "escalated", graph.targets[state.stage]["escalated"])


def proceed(graph: Graph, state: State, command: cmd.Proceed, facts: Facts) -> Result:
    refused = _closing(graph, state, command, "proceed")
    if refused is not None:
        return refused
    target = graph.target(state.stage, command.outcome)
    if target is None:
        return refuse(graph, state, command.actor, "unknown_outcome")
    return _close(Walk(graph, state, facts), ev.Proceeded, command, command.outcome, target)


def recall(graph: Graph, state: State, command: cmd.Recall, facts: Facts) -> Result:
    last = state.last
    if last is None or state.status not in (WAITING, ROUTING):
        return refuse(graph, state, command.actor, "no_step")
    if last.actor != command.actor:
        return refuse(graph, state, command.actor, "not_yours")
    stage = graph.stages.get(last.stage)
    if stage is None or stage.type != last.stage_type or stage.type not in WORKING_TYPES:
        return refuse(graph, state, command.actor, "no_step")
    walk = Walk(graph, state, facts)
    walk.add(
        ev.Recalled(state.sequence + 1, command.actor, state.stage, "", stage.id, stage.type, last.round, command.actor)
    )
    walk.ask_skills(stage, facts.skills.get(stage.id, ()))
    return walk.accepted()
