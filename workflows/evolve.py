"""The fold: what each event makes of a state. No graph is needed, so a history folds by itself, for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from workflows import events as ev
from workflows.graph import AUTHOR_TYPES, COMPLETE, ROUTER, WORKING_TYPES
from workflows.state import ARCHIVED, CLAIMED, ROUTING, WAITING, LastStep, State
from workflows.state import COMPLETE as IS_COMPLETE


class BadHistoryError(ValueError):
    """Events that no task can have had: a gap in the sequence, or no `Created` at the beginning."""


def evolve(state: State | None, event: ev.AnyEvent) -> State:
    """`state` after `event`. `state` is None before `Created` only. Raises BadHistoryError."""
    if state is None:
        if not isinstance(event, ev.Created) or event.sequence != 1:
            raise BadHistoryError("A history begins with created, sequence 1.")
        return _created(event)
    if event.sequence != state.sequence + 1:
        raise BadHistoryError(f"Event {event.sequence} follows event {state.sequence}.")
    fold = _FOLDS.get(type(event))
    if fold is None:
        raise BadHistoryError(f"{event.action} cannot follow event {state.sequence}.")
    return fold(state, event)


def fold(events: Iterable[ev.AnyEvent]) -> State:
    """The state after a whole history. Raises BadHistoryError."""
    state: State | None = None
    for event in events:
        state = evolve(state, event)
    if state is None:
        raise BadHistoryError("The history is empty.")
    return state


def _created(event: ev.Created) -> State:
    works = event.to_type in WORKING_TYPES
    return State(
        sequence=1,
        version=event.version,
        stage=event.to_stage,
        status=_status(event.to_type),
        visit=1 if works else 0,
        since=1,
        entries=((event.to_stage, 1),) if works else (),
        label_revision=event.label_revision,
    )


def _status(stage_type: str) -> str:
    if stage_type in WORKING_TYPES:
        return WAITING
    if stage_type == ROUTER:
        return ROUTING
    return IS_COMPLETE if stage_type == COMPLETE else ARCHIVED


def _bump(entries: tuple[tuple[str, int], ...], stage: str, by: int = 1) -> tuple[tuple[str, int], ...]:
    for index, (name, count) in enumerate(entries):
        if name == stage:
            return (*entries[:index], (name, count + by), *entries[index + 1 :])
    return (*entries, (stage, by))


def _with(people: tuple[str, ...], person: str) -> tuple[str, ...]:
    return people if person in people else (*people, person)


def _arrive(state: State, event: ev.Travel, **changes: Any) -> State:
    """The task comes to `event.to_stage`: a new stay, and a new visit where the stage has a queue."""
    works = event.to_type in WORKING_TYPES
    if works:
        changes.setdefault("entries", _bump(state.entries, event.to_stage))
        changes["visit"] = state.visit + 1
    return state._replace(
        sequence=event.sequence,
        stage=event.to_stage,
        status=_status(event.to_type),
        since=event.sequence,
        round=event.round,
        holder="",
        token=0,
        reserved_for=event.reserved_for,
        assigned_to="",
        waiting_fact="",
        attempts=0,
        skills=(),
        **changes,
    )


def _onward(state: State, event: ev.Travel, **changes: Any) -> State:
    """The system takes the task on after somebody's step, which stays recallable."""
    last = state.last
    if last is not None and event.to_type in WORKING_TYPES:
        changes["last"] = last._replace(entered=(*last.entered, event.to_stage))
    return _arrive(state, event, **changes)


def _authorship(state: State, person: str, stage_type: str, wrote: bool, visit: int | None = None) -> dict[str, Any]:
    if not wrote or not person:
        return {}
    if stage_type in AUTHOR_TYPES:
        return {} if person in state.authors else {"authors": (*state.authors, person)}
    edit = (person, state.visit if visit is None else visit)
    return {} if edit in state.editors else {"editors": (*state.editors, edit)}


def _revised(state: State, revision: int) -> dict[str, Any]:
    if not revision or revision == state.label_revision:
        return {}
    return {"label_revision": revision, "known": ()}


def _step(state: State, event: ev.Step, **changes: Any) -> State:
    sent_back = isinstance(event, ev.Rejected) or event.outcome == "returned"
    changes["last"] = LastStep(
        event.actor,
        event.from_stage,
        event.from_type,
        (event.to_stage,) if event.to_type in WORKING_TYPES else (),
        sent_back,
        state.round,
        state.visit,
    )
    if event.wrote and "authors" not in changes:
        changes.update(_authorship(state, event.actor, event.from_type, wrote=True))
    if event.label_revision and event.label_revision != state.label_revision:
        changes["label_revision"] = event.label_revision
        changes["known"] = ()
    if sent_back:
        changes["rework_count"] = state.rework_count + 1
    return _arrive(state, event, **changes)


def _submitted(state: State, event: ev.Submitted) -> State:
    """Who submits vouches for the labels, even unchanged ones, and so is one of their authors."""
    actor = event.actor
    authors = state.authors if actor in state.authors else (*state.authors, actor)
    return _step(state, event, authors=authors, annotator=actor)


def _skipped(state: State, event: ev.Skipped) -> State:
    if not event.pooled:
        return _step(state, event)
    entry = (event.from_stage, event.actor)
    return state._replace(
        sequence=event.sequence,
        status=WAITING,
        holder="",
        token=0,
        reserved_for="",
        assigned_to="",
        excluded=state.excluded if entry in state.excluded else (*state.excluded, entry),
        **_authorship(state, event.actor, event.from_type, event.wrote),
        **_revised(state, event.label_revision),
    )


def _escalated(state: State, event: ev.Escalated) -> State:
    return _step(state, event)._replace(escalators=_with(state.escalators, event.actor))


def _routed(state: State, event: ev.Routed) -> State:
    if event.design != "percentage" or event.kept:
        return _onward(state, event)
    kept = tuple(pair for pair in state.branches if pair[0] != event.from_stage)
    return _onward(state, event, branches=(*kept, (event.from_stage, event.outcome)))


def _selection(state: State, event: ev.Selection) -> State:
    if event.chosen:
        return state._replace(sequence=event.sequence)
    return _onward(state, event)


def _placed(state: State, event: ev.Travel) -> State:
    return _arrive(state, event, last=None)


def _timed_out(state: State, event: ev.TimedOut) -> State:
    wrote = _authorship(state, event.person, event.from_type, event.wrote)
    return _arrive(state, event, last=None, **wrote)


def _recalled(state: State, event: ev.Recalled) -> State:
    last = state.last
    if last is None:
        raise BadHistoryError("There is no step to recall.")
    entries = state.entries
    for stage in last.entered:
        entries = _bump(entries, stage, -1)
    visit = state.visit + 1
    # An edit made in the recalled visit belongs to the visit that continues it.
    editors = tuple(
        (person, visit if (person, number) == (last.actor, last.visit) else number) for person, number in state.editors
    )
    return _arrive(
        state,
        event,
        last=None,
        entries=tuple(pair for pair in entries if pair[1] > 0),
        editors=editors,
        rework_count=state.rework_count - (1 if last.rework else 0),
    )


def _migrated(state: State, event: ev.Migrated) -> State:
    if event.kept:
        return state._replace(sequence=event.sequence, version=event.version)
    return _arrive(state, event, last=None, version=event.version)


def _claimed(state: State, event: ev.Claimed) -> State:
    return state._replace(sequence=event.sequence, status=CLAIMED, holder=event.actor, token=event.sequence, last=None)


def _ended(state: State, event: ev.Ended) -> State:
    return state._replace(
        sequence=event.sequence,
        status=WAITING,
        holder="",
        token=0,
        **_authorship(state, event.person, event.stage_type, event.wrote),
    )


def _retried(state: State, event: ev.Retried) -> State:
    return _ended(state, event)._replace(attempts=state.attempts + 1, since=event.sequence)


def _left(state: State, event: ev.Left) -> State:
    person = event.person
    after = _ended(state, event) if state.holder == person else state
    return after._replace(
        sequence=event.sequence,
        reserved_for="" if state.reserved_for == person else state.reserved_for,
        assigned_to="" if state.assigned_to == person else state.assigned_to,
    )


def _waited(state: State, event: ev.Waited) -> State:
    return state._replace(sequence=event.sequence, waiting_fact=event.fact)


def _fact(state: State, event: ev.FactProvided) -> State:
    known = tuple(pair for pair in state.known if pair[0] != event.fact)
    return state._replace(sequence=event.sequence, known=(*known, (event.fact, event.value)))


def _assigned(state: State, event: ev.Assigned) -> State:
    here = (event.stage, event.person)
    return state._replace(
        sequence=event.sequence,
        assigned_to=event.person,
        reserved_for="",
        excluded=tuple(pair for pair in state.excluded if pair != here),
    )


def _unassigned(state: State, event: ev.Unassigned) -> State:
    return state._replace(sequence=event.sequence, assigned_to="")


def _reservation_ended(state: State, event: ev.ReservationEnded) -> State:
    return state._replace(sequence=event.sequence, reserved_for="")


def _archived(state: State, event: ev.Archived) -> State:
    return state._replace(
        sequence=event.sequence,
        status=ARCHIVED,
        holder="",
        token=0,
        reserved_for="",
        assigned_to="",
        waiting_fact="",
        last=None,
    )


def _corrected(state: State, event: ev.Corrected) -> State:
    return state._replace(
        sequence=event.sequence,
        # Not made in a visit, so it bars from the open one too.
        **_authorship(state, event.actor, event.stage_type, wrote=True, visit=0),
        **_revised(state, event.label_revision),
    )


def _skills(state: State, event: ev.SkillsNeeded) -> State:
    return state._replace(sequence=event.sequence, skills=event.skills)


def _counted(state: State, event: ev.Event) -> State:
    return state._replace(sequence=event.sequence)


_FOLDS: dict[type, Callable[[State, Any], State]] = {
    ev.Submitted: _submitted,
    ev.Skipped: _skipped,
    ev.Approved: _step,
    ev.Rejected: _step,
    ev.Escalated: _escalated,
    ev.Proceeded: _step,
    ev.Routed: _routed,
    ev.Selection: _selection,
    ev.Moved: _placed,
    ev.Reopened: _placed,
    ev.Recalled: _recalled,
    ev.TimedOut: _timed_out,
    ev.Migrated: _migrated,
    ev.Claimed: _claimed,
    ev.Released: _ended,
    ev.Expired: _ended,
    ev.Retried: _retried,
    ev.Left: _left,
    ev.Waited: _waited,
    ev.FactProvided: _fact,
    ev.Assigned: _assigned,
    ev.Unassigned: _unassigned,
    ev.PrioritySet: _counted,
    ev.ReservationEnded: _reservation_ended,
    ev.Archived: _archived,
    ev.Corrected: _corrected,
    ev.SkillsNeeded: _skills,
}
