"""Pure rules of the shell around the engine: draws, leases, reservations, and when a visit ends."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

from workflows.events import AnyEvent, Routed, Step
from workflows.graph import AGENT, ANNOTATE, EXPERT_REVIEW, REVIEW, Graph, Stage
from workflows.state import CLAIMED, ROUTING, WAITING, State

CLAIM_ROLES: Mapping[str, frozenset[str]] = {
    ANNOTATE: frozenset({"annotator"}),
    REVIEW: frozenset({"reviewer", "expert"}),
    EXPERT_REVIEW: frozenset({"expert"}),
    AGENT: frozenset({"agent"}),
}
"""Which project roles may claim at a stage type (API.md, "Who may do what")."""

STEP_VERBS: Mapping[str, frozenset[str]] = {
    ANNOTATE: frozenset({"submit", "skip"}),
    REVIEW: frozenset({"approve", "reject", "escalate"}),
    EXPERT_REVIEW: frozenset({"approve", "reject"}),
    AGENT: frozenset({"proceed"}),
}
"""The steps that close a visit at a stage type."""


def is_wrong_person(stage_type: str, verb: str, roles: AbstractSet[str]) -> bool:
    """Whether the stage offers the step, but to people of other roles."""
    return verb in STEP_VERBS.get(stage_type, frozenset()) and not CLAIM_ROLES[stage_type] & roles


def uniform(secret: str, *parts: object) -> float:
    """A number in [0, 1) that nobody without the secret can foresee: 53 bits of HMAC-SHA-256 over the parts."""
    message = "\x1f".join(str(part) for part in parts).encode()
    digest = hmac.new(secret.encode(), message, "sha256").digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / float(1 << 53)


def lease_end(stage: Stage, now: datetime, hold_until: datetime) -> datetime:
    """When a claim lapses without a further heartbeat; never after ``hold_until``."""
    return min(now + timedelta(minutes=stage.lease_minutes), hold_until)


def hold_end(stage: Stage, now: datetime) -> datetime:
    """When a claim made now ends whatever the heartbeats say."""
    return now + timedelta(hours=stage.max_hold_hours)


def place(state: State) -> tuple[str, int] | None:
    """What names the present visit row: None when the task is complete or archived.

    A rest in a router has a row too, named by the event that brought the task there.
    """
    if state.status in (WAITING, CLAIMED):
        return ("visit", state.visit)
    if state.status == ROUTING:
        return ("router", state.since)
    return None


def reserved(state: State, graph: Graph, default_hours: float, now: datetime) -> tuple[str, str, datetime | None]:
    """For whom a waiting visit is kept, as (person id or "", kind, until): assigned without end, returned for hours."""
    if state.assigned_to:
        return state.assigned_to, "assigned", None
    if state.reserved_for:
        stage = graph.stage(state.stage)
        hours = stage.reserve_hours if "reserve_hours" in stage.config else default_hours
        return state.reserved_for, "returned", now + timedelta(hours=hours)
    return "", "", None


def due(state: State, graph: Graph, now: datetime) -> datetime | None:
    """When a router's or an agent's time-out strikes, if it has one."""
    stage = graph.stage(state.stage)
    if stage.timeout_minutes is None or not (state.status == ROUTING or stage.type == AGENT):
        return None
    return now + timedelta(minutes=stage.timeout_minutes)


def barred_text(people: Iterable[str]) -> str:
    """People as ``|id|id|``, the form that a claim's WHERE searches."""
    found = sorted(people)
    return f"|{'|'.join(found)}|" if found else ""


def step_of(events: Iterable[AnyEvent]) -> Step | None:
    """The step that closed a held visit, if one did."""
    return next((event for event in events if isinstance(event, Step)), None)


def route_reason(events: Iterable[AnyEvent]) -> dict[str, object] | None:
    """Why the task came to where it is: the last router's choice, or the escalation before it."""
    for event in reversed(list(events)):
        if isinstance(event, Routed):
            return {
                "router": event.from_stage,
                "outcome": event.outcome,
                "design": event.design,
                "facts": dict(event.evidence),
                "reason": event.reason,
            }
        if isinstance(event, Step) and event.action in ("escalated", "rejected"):
            return {"stage": event.from_stage, "outcome": event.outcome, "reason": event.reason}
    return None


def person_uuid(text: str) -> UUID | None:
    """The engine's person id as a key; None for the system."""
    return UUID(text) if text else None
