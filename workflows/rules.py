"""Who may do what by the graph: own work, reservations, collaborators of a stage, and which actions a stage offers.

Roles and skills are the shell's. Each rule answers with a refusal code, or None.
"""

from __future__ import annotations

from collections.abc import Mapping

from workflows.facts import NO_FACTS, Facts
from workflows.graph import AGENT, ANNOTATE, EXPERT_REVIEW, REVIEW, REVIEW_TYPES, Graph, Stage
from workflows.results import Refused
from workflows.state import CLAIMED, ROUTING, WAITING, State

DETAILS: Mapping[str, str] = {
    "own_work": "Nobody reviews their own work.",
    "not_collaborator": "This stage is limited to other people.",
    "excluded": "This person has skipped the task at this stage.",
    "reserved": "The task is reserved for its annotator.",
    "assigned": "The task is assigned to somebody else.",
    "not_holder": "Somebody else holds the task.",
    "not_yours": "Only one's own last step can be recalled.",
    "not_claimed": "Nobody holds the task; claim it first.",
    "claimed": "The task is held.",
    "stale_token": "The claim that this token belongs to has ended.",
    "not_waiting": "The task is not waiting in a queue.",
    "not_offered": "The task's stage does not offer this action.",
    "no_step": "There is no step to recall, or the next visit has been claimed.",
    "already_created": "The task exists already.",
    "not_created": "The task does not exist yet.",
    "wrong_graph": "The task's stage is not in this workflow version.",
    "unknown_stage": "There is no such stage.",
    "unknown_outcome": "The stage has no such outcome.",
    "not_routing": "The task does not wait for a fact.",
    "stale_fact": "The fact belongs to another label revision.",
    "not_awaited": "The task's router does not read this fact.",
    "stale_timer": "The time-out belongs to an earlier stay.",
    "not_assigned": "The task is assigned to nobody.",
    "not_reserved": "The task is reserved for nobody.",
    "nothing_to_do": "The person has nothing to do with this task.",
    "ended": "The task is complete or archived.",
    "not_ended": "The task is neither complete nor archived.",
    "bad_target": "The task cannot be sent to this stage.",
    "bad_priority": "A priority is a whole number from 0 to 100.",
    "bad_person": "The command names nobody.",
    "bad_fact": "A fact's value is a finite number.",
}

STAGE_ACTIONS: Mapping[str, tuple[str, ...]] = {
    ANNOTATE: ("submit", "skip"),
    REVIEW: ("approve", "reject", "escalate"),
    EXPERT_REVIEW: ("approve", "reject"),
    AGENT: ("proceed",),
}


def own_work(graph: Graph, state: State, stage: Stage, person: str) -> bool:
    """Whether `person` may not review the task at `stage` because of what they did to it."""
    return person in _own(graph, state, stage)


def _own(graph: Graph, state: State, stage: Stage) -> tuple[str, ...]:
    if not stage.four_eyes:
        return ()
    people: tuple[str, ...] = ()
    if stage.type in REVIEW_TYPES:
        people = state.authors
        if state.editors:
            people += tuple(person for person, visit in state.editors if visit != state.visit)
    if state.escalators and (stage.type == EXPERT_REVIEW or stage.id in graph.escalation_stages):
        people += state.escalators
    return people


def barred(graph: Graph, state: State) -> tuple[str, ...]:
    """Ids of the people who may not take the task's open visit: own work, and who skipped it here. Sorted."""
    stage = graph.stages.get(state.stage)
    if stage is None or state.status not in (WAITING, CLAIMED):
        return ()
    return tuple(sorted({*_own(graph, state, stage), *state.excluded_here()}))


def is_collaborator(stage: Stage, person: str, facts: Facts) -> bool:
    """Whether `stage` admits `person`, named there by id or e-mail address."""
    if not stage.collaborators:
        return True
    return person.casefold() in stage.collaborators or facts.emails.get(person, "").casefold() in stage.collaborators


def may_take(graph: Graph, state: State, stage: Stage, person: str, facts: Facts) -> str | None:
    """The code that keeps `person` from the visit waiting at `stage`, whatever else is agreed about it."""
    if stage.type not in STAGE_ACTIONS:
        return "not_offered"
    if (state.authors or state.editors or state.escalators) and own_work(graph, state, stage, person):
        return "own_work"
    if stage.collaborators and not is_collaborator(stage, person, facts):
        return "not_collaborator"
    return None


def may_claim(graph: Graph, state: State, stage: Stage, person: str, facts: Facts) -> str | None:
    """The code that keeps `person` from claiming the waiting task."""
    if state.assigned_to and state.assigned_to != person:
        return "assigned"
    if state.reserved_for and state.reserved_for != person:
        return "reserved"
    if state.excluded and (stage.id, person) in state.excluded:
        return "excluded"
    return may_take(graph, state, stage, person, facts)


def allowed_actions(
    graph: Graph, state: State | None, actor: str, *, manager: bool = False, facts: Facts = NO_FACTS
) -> tuple[str, ...]:
    """The actions the graph and the state allow `actor`, by their names in the API.

    `manager` adds what a manager may do to anybody's task. `facts` needs the actor's e-mail address where stages name
    collaborators by it. The shell takes away what the actor's roles forbid.
    """
    if state is None or state.stage not in graph.stages:
        return ()
    stage = graph.stages[state.stage]
    names: list[str] = []
    if state.status == WAITING and may_claim(graph, state, stage, actor, facts) is None:
        names.append("claim")
    if state.status == CLAIMED and state.holder == actor:
        names += ["heartbeat", "release"]
        names += [name for name in STAGE_ACTIONS.get(stage.type, ()) if offers(graph, stage, name)]
    if state.last is not None and state.last.actor == actor and state.status in (WAITING, ROUTING):
        names.append("recall")
    if manager:
        names += _managers(state, actor)
    return tuple(names)


def _managers(state: State, actor: str) -> list[str]:
    if state.status == WAITING:
        return ["assign", "priority", "move"]
    if state.status == CLAIMED:
        return ["priority"] if state.holder == actor else ["release", "priority"]
    if state.status == ROUTING:
        return ["priority", "move"]
    return ["reopen"]


def offers(graph: Graph, stage: Stage, action: str) -> bool:
    """Whether the stage has this closing action. An unwired escalation is not offered; an unwired skip is."""
    if action not in STAGE_ACTIONS.get(stage.type, ()):
        return False
    return action != "escalate" or graph.target(stage.id, "escalated") is not None


def refuse(
    graph: Graph, state: State | None, actor: str, code: str, detail: str = "", *, manager: bool = False
) -> Refused:
    """A refusal with its sentence and with what the actor could do instead."""
    return Refused(code, detail or DETAILS[code], allowed_actions(graph, state, actor, manager=manager))
