"""Data units become tasks: the same bulk writes for ten of them and for a million."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.common.bulk import insert_many
from apps.common.clock import database_now
from apps.common.ids import new_id
from apps.datasets.models import DataUnit
from apps.flows.queries import compiled_graph
from apps.projects.models import Project
from apps.tasks.logic import due, route_reason
from apps.tasks.models import RouterCounter, Selection, StageDelta, Task, TaskEvent, Visit
from apps.tasks.operations.engine import Locked
from apps.tasks.operations.facts import gather_facts, lock_counters
from apps.tasks.operations.persist import event_row, selection_rows, visit_columns
from apps.tasks.queries.intake import units_without_task
from workflows import codec, commands, events
from workflows.facts import NO_FACTS, NO_NEEDS, Facts
from workflows.graph import Graph
from workflows.machine import decide, needs
from workflows.results import Accepted
from workflows.state import State

CHUNK = 5_000
DEFAULT_PRIORITY = 0


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task on its way into the database."""

    task: Task
    state: State
    happened: tuple[events.AnyEvent, ...]
    visit: dict[str, Any] | None
    selections: list[dict[str, Any]]


def create_tasks(*, project_id: UUID, unit_ids: Sequence[UUID], actor_id: UUID | None) -> int:
    """Tasks for those of the data units that have none yet in the project. Safe to retry; how many were made.

    One transaction for at most ``CHUNK`` units; the caller cuts more into chunks.
    """
    with transaction.atomic():
        # The row's lock keeps two makers of the same project's tasks apart, and a new workflow version out.
        project = Project.objects.select_for_update(no_key=True).get(id=project_id)
        now = database_now()
        return _insert(project, units_without_task(project.id, unit_ids), actor_id, now)


def _insert(project: Project, units: list[UUID], actor_id: UUID | None, now: datetime) -> int:
    if not units:
        return 0
    graph = compiled_graph(project.workflow_version_id)
    command = commands.Create(
        actor=str(actor_id) if actor_id else "", version=str(project.workflow_version_id), label_revision=0
    )
    if needs(graph, None, command) == NO_NEEDS:
        _insert_alike(project, units, graph, command, now)
    else:
        found = DataUnit.objects.filter(id__in=units).order_by("id")
        _insert_each(project, list(found), graph, command, now)
    return len(units)


def _new_task(project: Project, unit: DataUnit, now: datetime) -> Task:
    return Task(
        id=new_id(),
        project=project,
        data_unit=unit,
        label_set=None,
        workflow_version_id=project.workflow_version_id,
        priority=DEFAULT_PRIORITY,
        created_at=now,
        updated_at=now,
    )


def _decided(locked: Locked, command: commands.Create, facts: Facts) -> Accepted:
    result = decide(locked.graph, None, command, facts)
    if not isinstance(result, Accepted):
        raise RuntimeError(f"a published graph refuses a new task: {result}")
    return result


def _complete(locked: Locked, accepted: Accepted) -> NewTask:
    """Everything that will be written for one new task."""
    task, state, graph, now = locked.task, accepted.state, locked.graph, locked.now
    stage = graph.stage(state.stage)
    task.state = codec.state_to_json(state)
    task.sequence, task.stage, task.stage_type = state.sequence, state.stage, stage.type
    task.status, task.round = state.status, state.round
    visit = None
    if state.status in ("waiting", "routing"):
        locked.state = state
        visit = visit_columns(locked, state, graph) | {
            "number": state.visit,
            "branch": "main",
            "opened_at": now,
            "due_at": due(state, graph, now),
            "route_reason": route_reason(accepted.events),
            "wrote": False,
            "blind": False,
            "worker": "",
            "outcome": "",
        }
    return NewTask(task, state, accepted.events, visit, selection_rows(locked, accepted.events, None))


TASK_NAMES = ("id", "data_unit_id")


def _task_columns(task: Task) -> dict[str, Any]:
    return {
        "project_id": task.project_id,
        "label_set_id": None,
        "workflow_version_id": task.workflow_version_id,
        "sequence": task.sequence,
        "state": task.state,
        "stage": task.stage,
        "stage_type": task.stage_type,
        "status": task.status,
        "priority": task.priority,
        "round": task.round,
        "assignee_id": None,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
    }


def _insert_alike(project: Project, units: list[UUID], graph: Graph, command: commands.Create, now: datetime) -> None:
    """No fact decides where a new task goes: decide once, and write the same row for every unit."""
    locked = Locked(_new_task(project, DataUnit(id=units[0]), now), None, graph, _NOWHERE, now)
    made = _complete(locked, _decided(locked, command, NO_FACTS))
    # As the database writes them: on their way into three tables they are not turned into text thrice.
    ids: list[Any] = [new_id() for _ in units]
    if connection.vendor == "postgresql":
        ids = [str(task_id) for task_id in ids]
    insert_many(Task, TASK_NAMES, zip(ids, units, strict=True), fixed=_task_columns(made.task))
    for event in made.happened:
        row = event_row(made.task, event, now)
        row.pop("task_id")
        insert_many(TaskEvent, ("task_id",), ((task_id,) for task_id in ids), fixed=row)
    if made.visit is not None:
        fixed = made.visit | {"project_id": project.id}
        insert_many(Visit, ("task_id",), ((task_id,) for task_id in ids), fixed=fixed)
    _count(project, {(made.state.stage, made.state.status): len(ids)})


def _insert_each(
    project: Project, units: list[DataUnit], graph: Graph, command: commands.Create, now: datetime
) -> None:
    """Every task is decided for itself; percentage counters are locked once for the whole block."""
    made: list[NewTask] = []
    counters: dict[str, dict[str, int]] = {}
    wanted = needs(graph, None, command)
    for unit in units:
        locked = Locked(_new_task(project, unit, now), None, graph, _NOWHERE, now, counters)
        facts = gather_facts(locked, wanted)
        if counters or wanted.routers:
            facts, locked_counts = (
                lock_counters(locked, graph, facts, wanted.routers)
                if not counters
                else (
                    _with_counters(facts, graph, wanted.routers, counters),
                    counters,
                )
            )
            counters = locked_counts
        accepted = _decided(locked, command, facts)
        for event in accepted.events:
            if isinstance(event, events.Routed) and event.counter:
                counts = counters[event.counter]
                counts[event.outcome] = counts.get(event.outcome, 0) + 1
        made.append(_complete(locked, accepted))
    for key, counts in counters.items():
        RouterCounter.objects.filter(project=project, key=key).update(counts=counts)
    _write_each(project, made, now)


def _with_counters(facts: Facts, graph: Graph, routers: Sequence[str], counters: dict[str, dict[str, int]]) -> Facts:
    return replace(facts, counters={router: counters[graph.stage(router).counter_key] for router in routers})


def _write_each(project: Project, made: list[NewTask], now: datetime) -> None:
    names = (*TASK_NAMES, *_task_columns(made[0].task))
    insert_many(Task, names, ((new.task.id, new.task.data_unit_id, *_task_columns(new.task).values()) for new in made))
    _insert_dicts(TaskEvent, [event_row(new.task, event, now) for new in made for event in new.happened])
    _insert_dicts(
        Visit, [new.visit | {"project_id": project.id, "task_id": new.task.id} for new in made if new.visit is not None]
    )
    _insert_dicts(Selection, [row for new in made for row in new.selections])
    counts: dict[tuple[str, str], int] = {}
    for new in made:
        counts[new.state.stage, new.state.status] = counts.get((new.state.stage, new.state.status), 0) + 1
    _count(project, counts)


def _insert_dicts(model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        insert_many(model, tuple(rows[0]), (tuple(row.values()) for row in rows))


def _count(project: Project, counts: dict[tuple[str, str], int]) -> None:
    StageDelta.objects.bulk_create(
        [StageDelta(project=project, stage=stage, status=status, n=n) for (stage, status), n in counts.items()]
    )


_NOWHERE = State(sequence=0, version="", stage="", status="")


def chunks_of_units(dataset_ids: Sequence[UUID], after: UUID | None) -> Iterator[list[UUID]]:
    """Ids of the datasets' units in order, ``CHUNK`` at a time, from after the given one."""
    while True:
        rows = DataUnit.objects.filter(dataset_id__in=dataset_ids)
        if after is not None:
            rows = rows.filter(id__gt=after)
        chunk = list(rows.order_by("id").values_list("id", flat=True)[:CHUNK])
        if not chunk:
            return
        yield chunk
        after = chunk[-1]
