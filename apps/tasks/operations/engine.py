"""The bridge to the pure engine: load and lock a task, decide, and write down what was accepted.

``persist`` is the only writer of a task's place. Lock order everywhere: task and its open visit, then router
counters by key. Claims skip locked rows, so they never wait inside that order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.common.errors import Conflict, Forbidden, NotFound
from apps.flows.queries import compiled_graph
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_at, index_for
from apps.tasks.models import Task, Visit, VisitStatus
from apps.tasks.operations.facts import absent_people, gather_facts, lock_counters, skills_of
from apps.tasks.operations.persist import persist
from apps.tasks.queries.locking import OPEN_VISIT_LOCKED, TASK_LOCKED
from workflows import codec
from workflows.commands import (
    Approve,
    Archive,
    Assign,
    Claim,
    Command,
    EndReservation,
    Expire,
    PersonLeft,
    Release,
    SetPriority,
    Submit,
    Unassign,
)
from workflows.facts import NO_FACTS, NO_NEEDS, Facts
from workflows.graph import Graph
from workflows.machine import decide, needs
from workflows.results import Accepted, NeedsCounters, NeedsDraws, Refused
from workflows.state import State

# Commands that cannot hand a task back to its annotator, so nobody need look whether that person is still there.
NEVER_RETURNS = (Claim, Release, Expire, Submit, SetPriority, Assign, Unassign, PersonLeft, EndReservation, Archive)


@dataclass(slots=True)
class Locked:
    """A task held under lock for this transaction: its row, open visit, graph, state, and the database's time."""

    task: Task
    visit: Visit | None
    graph: Graph
    state: State
    now: datetime
    counters: dict[str, dict[str, int]] = field(default_factory=dict)
    ontology_version: int | None = None
    scorer_version: str = ""

    @property
    def is_live(self) -> bool:
        """Whether the claim on it, if any, has not run out."""
        visit = self.visit
        return bool(
            visit
            and visit.status == VisitStatus.CLAIMED
            and visit.lease_expires_at is not None
            and visit.lease_expires_at > self.now
        )

    @property
    def ontology(self) -> OntologyIndex:
        """The ontology's index, of the version that was read together with the lock."""
        ontology_id = self.task.project.ontology_id
        return index_for(ontology_id) if self.ontology_version is None else index_at(ontology_id, self.ontology_version)

    def held_by(self, user_id: UUID) -> bool:
        return self.is_live and self.visit is not None and self.visit.holder_id == user_id


def lock_task(task_id: UUID) -> Locked:
    """Locks the task and its open visit with one statement. Raises NotFound."""
    visit = OPEN_VISIT_LOCKED.first(task_id)
    if visit is not None:
        return locked_from(visit.task, visit, visit)
    task = TASK_LOCKED.first(task_id)
    if task is None:
        raise NotFound
    # The visit may have been opened while we waited for the task's lock.
    opened = Visit.objects.filter(task_id=task_id, status__lt=VisitStatus.DONE).first()
    return locked_from(task, opened, task)


def locked_from(task: Task, visit: Visit | None, row: Any) -> Locked:
    """``row`` is the one that was read with ``db_now`` and ``ontology_version``."""
    graph, state = compiled_graph(task.workflow_version_id), codec.state_from_json(task.state)
    return Locked(task, visit, graph, state, row.db_now, ontology_version=row.ontology_version)


def carry_out(
    locked: Locked, command: Command, *, graph: Graph | None = None, facts: Facts | None = None, **values: Any
) -> Accepted:
    """Decides and persists. ``values`` are columns of the visit that only the shell knows (worker, lease).

    Raises Conflict with ``allowed``, or Forbidden for the wrong person.
    """
    result = try_out(locked, command, graph=graph, facts=facts)
    if isinstance(result, Refused):
        raise refusal(result)
    persist(locked, result, graph=graph or locked.graph, visit_values=values)
    return result


def try_out(
    locked: Locked, command: Command, *, graph: Graph | None = None, facts: Facts | None = None
) -> Accepted | Refused:
    """What the engine says to the command, with every fact it may need. Locks router counters, writes nothing."""
    target = graph or locked.graph
    if facts is None:
        facts = facts_for(locked, target, command)
    result = decide(target, locked.state, command, facts)
    if isinstance(result, NeedsCounters):
        facts, locked.counters = lock_counters(locked, target, facts, result.routers)
        result = decide(target, locked.state, command, facts)
    if isinstance(result, (NeedsCounters, NeedsDraws)):
        raise RuntimeError(f"the engine still asks for {result} after every fact was given")
    return result


def facts_for(locked: Locked, graph: Graph, command: Command) -> Facts:
    """The facts this command can touch; most touch none, and cost no query."""
    wanted = needs(graph, locked.state, command)
    facts = NO_FACTS if wanted == NO_NEEDS else gather_facts(locked, wanted)
    if isinstance(command, Approve) and len(locked.state.skills) > 1:
        facts = replace(facts, actor_skills=skills_of(locked, command.actor))
    if isinstance(command, NEVER_RETURNS):
        return facts
    absent = absent_people(locked)
    return replace(facts, absent=absent) if absent else facts


def refusal(refused: Refused) -> Conflict | Forbidden:
    """A refusal as the error that HTTP shows."""
    if refused.wrong_person:
        return Forbidden(refused.detail, code=refused.code, allowed=list(refused.allowed))
    return Conflict(refused.detail, code=refused.code, allowed=list(refused.allowed))
