"""Writes down what the engine accepted: events, state, visit, counters, selections, in one round trip."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.common.sql import Writes
from apps.tasks.logic import barred_text, due, person_uuid, place, reserved, route_reason, step_of
from apps.tasks.models import (
    Notification,
    Outbox,
    Participation,
    RouterCounter,
    Selection,
    StageDelta,
    Task,
    TaskEvent,
    Visit,
    VisitStatus,
)
from workflows import codec, events
from workflows.facts import COMPUTED_FACTS
from workflows.graph import Graph
from workflows.machine import barred
from workflows.results import Accepted
from workflows.state import CLAIMED, State

if TYPE_CHECKING:
    from apps.tasks.operations.engine import Locked

UPSERT_PARTICIPATION = (
    "ON CONFLICT (task_id, user_id) DO UPDATE SET stage = excluded.stage, outcome = excluded.outcome, "
    "acted_at = excluded.acted_at"
)


def persist(locked: Locked, accepted: Accepted, *, graph: Graph, visit_values: dict[str, Any]) -> None:
    """Appends the events and moves the task. The caller holds the locks; ``locked`` is brought up to date."""
    if not accepted.events:
        return
    before, after, now = locked.state, accepted.state, locked.now
    writes = Writes()
    closed = write_visit(writes, locked, accepted, graph, visit_values)
    write_task(writes, locked, before, after, graph)
    writes.insert(TaskEvent, [event_row(locked.task, event, now) for event in accepted.events])
    writes.insert(StageDelta, stage_deltas(locked.task, before, after))
    writes.insert(Selection, selection_rows(locked, accepted.events, closed))
    write_people(writes, locked, accepted)
    write_counters(writes, locked, accepted.events)
    if before.status == CLAIMED and after.status != CLAIMED:
        require_fresh(writes, locked)
    writes.send()
    locked.state, locked.graph = after, graph


def require_fresh(writes: Writes, locked: Locked) -> None:
    """The labels and the project's workflow are still those that were read with the lock.

    PostgreSQL reads unlocked tables as they were when the statement began: whoever waited for the task's lock knows the
    past. A step decided on it would name the wrong revision, or stay behind when its project's workflow changes.
    """
    task = locked.task
    version = "SELECT 1 AS one FROM projects_project WHERE id = %s AND workflow_version_id = %s"
    writes.require(version, [task.project_id, task.project.workflow_version_id])
    if task.label_set is not None:
        labels = "SELECT 1 AS one FROM labels_labelset WHERE id = %s AND revision = %s"
        writes.require(labels, [task.label_set.id, task.label_set.revision])
    else:
        none = (
            "SELECT 1 AS one WHERE NOT EXISTS (SELECT 1 FROM labels_labelset "
            "WHERE project_id = %s AND data_unit_id = %s AND branch = 'main')"
        )
        writes.require(none, [task.project_id, task.data_unit_id])


def write_task(writes: Writes, locked: Locked, before: State, after: State, graph: Graph) -> None:
    """Compare-and-set on the sequence, though the row is locked: the invariant holds even where a lock is missing."""
    task = locked.task
    values = {
        "state": codec.state_to_json(after),
        "sequence": after.sequence,
        "stage": after.stage,
        "stage_type": graph.stage(after.stage).type,
        "status": after.status,
        "round": after.round,
        "priority": task.priority,
        "assignee_id": person_uuid(after.holder or after.assigned_to or after.reserved_for),
        "workflow_version_id": UUID(after.version),
        "updated_at": locked.now,
    }
    writes.update(Task, {"id": task.id, "sequence": before.sequence}, values)
    for name, value in values.items():
        setattr(task, name, value)


def write_visit(
    writes: Writes, locked: Locked, accepted: Accepted, graph: Graph, visit_values: dict[str, Any]
) -> Visit | None:
    """Closes, opens or changes the visit row; returns the row that the events happened in."""
    before, after, old = locked.state, accepted.state, locked.visit
    if place(before) == place(after) and old is not None:
        values = visit_columns(locked, after, graph) | visit_values
        writes.update(Visit, {"id": old.id}, values)
        for name, value in values.items():
            setattr(old, name, value)
        return old
    handle, goes_on = None, False
    if old is not None:
        step = step_of(accepted.events)
        goes_on = step is not None and step.outcome in events.GOES_ON
        handle = writes.update(
            Visit,
            {"id": old.id},
            {"status": VisitStatus.DONE, "closed_at": locked.now, "outcome": step.outcome if step else ""},
        )
    if place(after) is not None:
        values = visit_columns(locked, after, graph) | {
            "task_id": locked.task.id,
            "project_id": locked.task.project_id,
            "number": after.visit,
            "branch": "main",
            "opened_at": locked.now,
            "due_at": due(after, graph, locked.now),
            # Who completes a look is told of it what the first one was told.
            "route_reason": old.route_reason if old and goes_on else route_reason(accepted.events),
            "wrote": False,
            "blind": bool(old and goes_on and old.blind),
            "worker": "",
            "outcome": "",
        }
        writes.insert(Visit, [values | visit_values], after=handle)
    locked.visit = None
    return old


def visit_columns(locked: Locked, state: State, graph: Graph) -> dict[str, Any]:
    """The columns that follow from the state alone. A returned task's reservation keeps its first end."""
    person, kind, until = reserved(state, graph, locked.task.project.reserve_hours, locked.now)
    old = locked.visit
    if old is not None and kind == "returned" and old.reserve_kind == kind and place(locked.state) == place(state):
        until = old.reserved_until
    held = state.status == CLAIMED
    return {
        "stage": state.stage,
        "stage_type": graph.stage(state.stage).type,
        "status": VisitStatus.CLAIMED if held else VisitStatus.WAITING,
        "priority": locked.task.priority,
        "round": state.round,
        "barred": barred_text(barred(graph, state)),
        "needs_skill": state.skills[0] if state.skills else "",
        "reserved_for_id": person_uuid(person),
        "reserve_kind": kind,
        "reserved_until": until,
        "holder_id": person_uuid(state.holder),
        "token": state.token,
    } | ({} if held else {"claimed_at": None, "lease_expires_at": None, "hold_until": None})


def event_row(task: Task, event: events.AnyEvent, now: datetime) -> dict[str, Any]:
    told = events.describe(event)
    return {
        "task_id": task.id,
        "sequence": event.sequence,
        "event": codec.event_to_json(event),
        "action": told.action,
        "actor_id": person_uuid(told.actor),
        "stage": told.stage,
        "from_stage": told.from_stage,
        "to_stage": told.to_stage,
        "outcome": told.outcome,
        "reason": told.reason,
        "label_revision": told.label_revision or (task.label_set.revision if task.label_set else 0),
        "workflow_version_id": task.workflow_version_id,
        "at": now,
    }


def stage_deltas(task: Task, before: State | None, after: State) -> list[dict[str, Any]]:
    """Minus one where the task was, plus one where it is."""
    old = (before.stage, before.status) if before else None
    new = (after.stage, after.status)
    if old == new:
        return []
    places = [(new, 1)] if old is None else [(old, -1), (new, 1)]
    return [{"project_id": task.project_id, "stage": stage, "status": status, "n": n} for (stage, status), n in places]


def selection_rows(locked: Locked, happened: tuple[events.AnyEvent, ...], visit: Visit | None) -> list[dict[str, Any]]:
    """A row for every unit of every frame, chosen or not: what is not recorded now can never be certified later."""
    rows: list[dict[str, Any]] = []
    for event in happened:
        if isinstance(event, events.Routed):
            unit = {"stage": event.from_stage, "design": event.design, "probability": event.probability}
            own = unit | {"label": None, "draw": event.draw, "chosen": True, "outcome": event.outcome}
            rows.append(own | {"score": computed_score(event)})
        elif isinstance(event, events.Selection):
            unit = {"stage": event.from_stage, "design": event.design, "outcome": event.outcome}
            own = unit | {"probability": event.probability, "draw": event.draw, "chosen": event.drawn, "label": None}
            rows.append(own)
            rows.extend(
                unit | {"probability": d.probability, "draw": None, "chosen": d.chosen, "label": person_uuid(d.label)}
                for d in event.labels
            )
    base = {
        "project_id": locked.task.project_id,
        "task_id": locked.task.id,
        "visit_id": visit.id if visit else None,
        "label_revision": locked.task.label_set.revision if locked.task.label_set else 0,
        "at": locked.now,
        "scorer_version": locked.scorer_version,
        "score": None,
        "wave": 0,
    }
    return [
        {**base, **dict(sorted(row.items())), "frame": f"{row['stage']}:{'label' if row['label'] else 'task'}"}
        for row in rows
    ]


def computed_score(event: events.Routed) -> float | None:
    """The computed fact that the router decided on, if it was one."""
    found = (value for fact, value in sorted(event.evidence) if fact in COMPUTED_FACTS)
    return next((float(value) for value in found if isinstance(value, int | float)), None)


def write_people(writes: Writes, locked: Locked, accepted: Accepted) -> None:
    """Who took part, who is told, and which fact is asked for."""
    task, now, step = locked.task, locked.now, step_of(accepted.events)
    if step is not None and step.actor:
        part: dict[str, Any] = {"task_id": task.id, "user_id": person_uuid(step.actor), "project_id": task.project_id}
        part |= {"stage": step.from_stage, "outcome": step.outcome, "acted_at": now}
        writes.insert(Participation, [part], conflict=UPSERT_PARTICIPATION)
    told: list[dict[str, Any]] = []
    for event in accepted.events:
        if isinstance(event, events.Rejected) and accepted.state.reserved_for:
            told.append({"user_id": person_uuid(accepted.state.reserved_for), "kind": "returned", "text": event.reason})
        elif isinstance(event, events.Assigned) and event.person != event.actor:
            told.append({"user_id": person_uuid(event.person), "kind": "assigned", "text": ""})
        elif isinstance(event, events.Waited):
            payload = {"task": str(task.id), "fact": event.fact, "label_revision": event.label_revision}
            row: dict[str, Any] = {"topic": "fact_wanted", "project_id": task.project_id, "payload": payload}
            writes.insert(Outbox, [row | {"created_at": now, "run_at": now, "attempts": 0, "error": ""}])
    actor = person_uuid(accepted.events[0].actor)
    writes.insert(
        Notification,
        [row | {"text": row["text"][:500], "task_id": task.id, "actor_id": actor, "created_at": now} for row in told],
    )


def write_counters(writes: Writes, locked: Locked, happened: tuple[events.AnyEvent, ...]) -> None:
    """One more task sent down each counted branch; the rows are locked since before the decision."""
    moved: dict[str, dict[str, int]] = {}
    for event in happened:
        if isinstance(event, events.Routed) and event.counter:
            counts = moved.setdefault(event.counter, dict(locked.counters[event.counter]))
            counts[event.outcome] = counts.get(event.outcome, 0) + 1
    for key, counts in moved.items():
        writes.update(RouterCounter, {"project_id": locked.task.project_id, "key": key}, {"counts": counts})
