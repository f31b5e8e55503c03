"""Carrying a routing out: tasks are sent, and every unit of the frame is written down, chosen or not.

One routing of a project writes at a time. What is sent is read again under that lock, so that two routings that chose
the same task send it once, and a task that somebody has taken meanwhile is left with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.common.errors import Conflict, DomainError
from apps.common.ids import new_id
from apps.projects.models import Project
from apps.quality.logic.routing_rules import Plan
from apps.quality.models import RouteMove, RouteRun, SweepMark
from apps.quality.operations.routing_plan import Order, Terms, planned, promise, uuid_at
from apps.quality.queries.routing import MISTAKENNESS, Candidate, candidates
from apps.tasks.models import Task, Visit, VisitStatus
from apps.tasks.operations.engine import lock_task
from apps.tasks.operations.manage import assign_task, send_to_stage
from apps.tasks.operations.selections import Chosen, record_selections
from workflows.state import CLAIMED

SHOWN, MOST_REFUSED, REASON = 200, 1_000, 500


@dataclass
class Done:
    """What became of a part of a plan. ``seconds`` and ``p`` are sums over what was sent."""

    sent: int = 0
    p: float = 0.0
    seconds: float = 0.0
    refused: list[dict[str, str]] = field(default_factory=list)
    refused_count: int = 0

    def refuse(self, task: UUID, error: DomainError) -> None:
        self.refused_count += 1
        if len(self.refused) < MOST_REFUSED:
            self.refused.append({"task": str(task), "code": error.code, "detail": error.detail})


def lock_routing(project_id: UUID) -> SweepMark:
    """Until the transaction ends, nobody else routes in the project. ``position`` has the number of the last wave."""
    name = f"route:{project_id}"
    SweepMark.objects.bulk_create([SweepMark(name=name)], ignore_conflicts=True)
    return SweepMark.objects.select_for_update().get(name=name)


def begin_run(
    *,
    project: Project,
    order: Order,
    actor: User | None,
    now: datetime,
    run_id: UUID | None = None,
    job: UUID | None = None,
) -> RouteRun:
    """In the caller's transaction, under the routing lock."""
    mark = lock_routing(project.id)
    wave = int(mark.position.get("wave", 0)) + 1
    mark.position = {**mark.position, "wave": wave}
    mark.save(update_fields=["position"])
    return RouteRun.objects.create(
        id=run_id or new_id(),
        project=project,
        wave=wave,
        metric=order.frame.metric,
        rule=order.as_json(),
        to_stage=order.frame.to_stage,
        job=job,
        created_by=actor,
        created_at=now,
    )


@transaction.atomic
def route_now(
    *, project: Project, found: Sequence[Candidate], terms: Terms, order: Order, actor: User, now: datetime
) -> dict[str, Any]:
    """A small frame at once. Answers what the API does."""
    plan = planned([found], terms, order)
    said, tasks = promise(plan, terms, order), shown(project.id, plan, order)
    if order.dry_run:
        return {"id": None, **said, "tasks": tasks, "refused": [], "refused_count": 0, "dry_run": True}
    run = begin_run(project=project, order=order, actor=actor, now=now)
    done = Done()
    send_part(run, order, plan, 0, len(plan), done)
    return finish(run, said, tasks, done, now)


def finish(
    run: RouteRun, said: dict[str, Any], tasks: list[dict[str, Any]], done: Done, now: datetime
) -> dict[str, Any]:
    """What was sent counts, not what was meant to be."""
    gone = {row["task"] for row in done.refused}
    result = {
        "id": str(run.id),
        **said,
        "selected": done.sent,
        "expected_errors": done.p,
        "seconds": done.seconds,
        "tasks": [task for task in tasks if task["task"] not in gone],
        "refused": done.refused,
        "refused_count": done.refused_count,
        "dry_run": False,
    }
    kept = {name: value for name, value in result.items() if name not in ("tasks", "refused")}
    RouteRun.objects.filter(id=run.id).update(result=kept, finished_at=now)
    return result


def shown(project_id: UUID, plan: Plan, order: Order) -> list[dict[str, Any]]:
    """The first tasks of the queue, with why."""
    places = {uuid_at(plan, int(place)): int(place) for place in plan.best(SHOWN)}
    known = {one.task: one for one in candidates(project_id, order.frame, list(places))}
    return [
        {
            "task": str(task),
            "value": float(plan.value[place]),
            "priority": int(plan.priority[place]),
            "reason": reason_of(order.frame.metric, known[task]) if task in known else "",
        }
        for task, place in places.items()
    ]


def reason_of(metric: str, one: Candidate) -> str:
    """The figure that decided, and the evidence in a sentence."""
    name = "Likely wrong" if metric == MISTAKENNESS else metric.replace("_", " ").capitalize()
    said = f"{name} ({one.value:.2f})"
    return (f"{said}: {one.evidence}" if one.evidence else f"{said}.")[:REASON]


def send_part(
    run: RouteRun,
    order: Order,
    plan: Plan,
    start: int,
    end: int,
    done: Done,
    people: Mapping[UUID, UUID] | None = None,
) -> dict[UUID, int]:
    """Places ``start`` to ``end`` of the plan, in the caller's transaction: the moves and the rows that say so.

    ``people``: by task who is to judge it, where that is not the frame's person or anybody. Answers the places of what
    was sent.
    """
    lock_routing(run.project_id)
    now = database_now()
    ids = [uuid_at(plan, place) for place in range(start, end)]
    known = {one.task: one for one in candidates(run.project_id, order.frame, ids)}
    there = set(Task.objects.filter(id__in=ids).values_list("id", flat=True))
    sent: dict[UUID, int] = {}
    for place, task in enumerate(ids, start):
        if plan.chosen[place] and task in there:
            person = (people or {}).get(task, order.frame.person)
            ranked = int(plan.revision[place]), int(plan.priority[place])
            error = send(run, order, task, known.get(task), *ranked, person)
            if error is None:
                sent[task] = place
            else:
                done.refuse(task, error)
    units = {task: place for place, task in enumerate(ids, start) if task in there}
    write_down(run, order, plan, units, known, sent, now)
    done.sent += len(sent)
    done.p += sum(float(plan.p[place]) for place in sent.values())
    done.seconds += sum(float(plan.seconds[place]) for place in sent.values())
    return sent


def send(
    run: RouteRun, order: Order, task: UUID, one: Candidate | None, revision: int, priority: int, judge: UUID | None
) -> DomainError | None:
    """None where the task is on its way, else why not. A refusal leaves nothing behind."""
    frame = order.frame
    try:
        with transaction.atomic():
            locked = lock_task(task)
            if locked.task.status == CLAIMED:
                raise Conflict("Somebody has taken the task meanwhile.", code="claimed", allowed=[])
            if one is None or one.revision != revision or locked.task.sequence != one.sequence:
                raise Conflict("The task has changed since it was chosen.", code="changed", allowed=[])
            evidence = {
                "route": str(run.id),
                "design": design_of(order),
                "outcome": frame.to_stage,
                "facts": {frame.metric: one.value, "p_error": one.p},
                "reason": reason_of(frame.metric, one),
            }
            # No name and no reason in the history: an audit's way there must look the same.
            send_to_stage(task_id=task, actor=None, stage=frame.to_stage, priority=priority, evidence=evidence)
            if judge is not None:
                person = User.objects.get(id=judge)
                assign_task(task_id=task, actor=person, person=person)
    except DomainError as error:
        return error
    return None


def design_of(order: Order) -> str:
    return f"route:{order.rule.name}"


def write_down(
    run: RouteRun,
    order: Order,
    plan: Plan,
    units: dict[UUID, int],
    known: dict[UUID, Candidate],
    sent: dict[UUID, int],
    now: datetime,
) -> None:
    """A selection for every unit that still exists, and the moves that are followed until they are looked at."""
    rows = [
        Chosen(
            task,
            chosen=task in sent,
            probability=1.0 if task in sent else 0.0,
            label_revision=int(plan.revision[place]),
            score=float(plan.value[place]),
            scorer_version=known[task].version if task in known else "",
        )
        for task, place in units.items()
    ]
    record_selections(
        project_id=run.project_id,
        stage=order.frame.to_stage,
        design=design_of(order),
        wave=run.wave,
        units=rows,
        now=now,
    )
    opened = Visit.objects.filter(task_id__in=list(sent), status__lt=VisitStatus.DONE)
    visits = dict(opened.values_list("task_id", "id"))
    RouteMove.objects.bulk_create(
        RouteMove(
            run=run,
            task_id=task,
            visit=visits.get(task),
            value=float(plan.value[place]),
            p=float(plan.p[place]),
            seconds=float(plan.seconds[place]),
            priority=int(plan.priority[place]),
        )
        for task, place in sent.items()
    )
    run.sent += len(sent)
    run.save(update_fields=["sent"])
