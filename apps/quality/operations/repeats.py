"""Some expert visits are judged again, blind, by another expert: how often experts err is measured, not assumed."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.common.errors import Conflict, DomainError
from apps.quality.models import Repeat, SweepMark
from apps.quality.queries.audits import settings_of
from apps.quality.queries.repeats import agreed_on, closed_visits, events_after, others, rested_at
from apps.quality.queries.series import LOOKED
from apps.tasks.logic import uniform
from apps.tasks.models import Visit, VisitStatus
from apps.tasks.operations.engine import carry_out, lock_task
from apps.tasks.operations.manage import send_to_stage
from apps.tasks.operations.selections import Chosen, record_selections
from workflows import commands
from workflows.events import GOES_ON
from workflows.state import COMPLETE

log = logging.getLogger(__name__)
DESIGN = "repeat"
EVENTS, LATE = 5_000, 1_000  # ids of events that commit late are looked at again
SENT_AT_ONCE, SETTLED_AT_ONCE = 50, 200
PATIENCE = timedelta(days=3)
"""How long a repeat may wait for the expert whom it was given to."""


class NobodyElse(DomainError):
    """No other expert may judge this task."""

    status = 409
    code = "nobody_eligible"


def repeat(now: datetime) -> int:
    """The chore: choose among closed visits, send what rests, give to another what is left alone, compare what is
    done. Safe to repeat."""
    return choose(now) + send_waiting(now) + pass_on(now) + settle()


@transaction.atomic
def choose(now: datetime) -> int:
    """A row for every expert visit that was closed since the last time, chosen or not."""
    SweepMark.objects.get_or_create(name="repeats")
    mark = SweepMark.objects.select_for_update().get(name="repeats")
    last = int(mark.position.get("event", 0))
    events = events_after(max(0, last - LATE), EVENTS)
    by_project: dict[UUID, list[Visit]] = defaultdict(list)
    for visit in closed_visits(events):
        by_project[visit.project_id].append(visit)
    for project_id, visits in by_project.items():
        choose_among(project_id, visits, now)
    if events and events[-1][0] > last:
        mark.position = {"event": events[-1][0]}
        mark.save(update_fields=["position"])
    return sum(len(visits) for visits in by_project.values())


def choose_among(project_id: UUID, visits: Sequence[Visit], now: datetime) -> None:
    rate = settings_of(project_id).repeat_rate
    rows, units = [], defaultdict[str, list[Chosen]](list)
    for visit in visits:
        draw = uniform(visit.project.selection_secret, DESIGN, visit.id)
        chosen = draw < rate
        state = "waiting" if chosen else "passed"
        rows.append(
            Repeat(
                project_id=project_id,
                task_id=visit.task_id,
                first_visit=visit.id,
                first_id=visit.holder_id,
                chosen=chosen,
                state=state,
                at=now,
            )
        )
        revision = visit.task.label_set.revision if visit.task.label_set else 0
        units[visit.stage].append(
            Chosen(task_id=visit.task_id, chosen=chosen, probability=rate, label_revision=revision, draw=draw)
        )
    Repeat.objects.bulk_create(rows)
    for stage, found in units.items():
        record_selections(project_id=project_id, stage=stage, design=DESIGN, wave=0, units=found, now=now)


def send_waiting(now: datetime) -> int:
    """Sends chosen tasks that rest. Answers how many."""
    rows = Repeat.objects.filter(state="waiting", task__status=COMPLETE).select_related("task__project")
    done = 0
    for one in rows.order_by("id")[:SENT_AT_ONCE]:
        try:
            done += send(one, now)
        except NobodyElse:
            Repeat.objects.filter(id=one.id, state="waiting").update(state="moot")
        except DomainError as error:
            log.info("a repeat waits", extra={"repeat": one.id, "code": error.code})
    return done


@transaction.atomic
def send(one: Repeat, now: datetime) -> int:
    """Brings the task back to the expert stage, kept for another expert. Raises NobodyElse, Conflict, Invalid."""
    stage = Visit.objects.values_list("stage", flat=True).get(id=one.first_visit)
    send_to_stage(task_id=one.task_id, actor=None, stage=stage, blind=True)
    locked = lock_task(one.task_id)
    visit = locked.visit
    if visit is None or visit.stage != stage:
        raise Conflict("The task went on at once.", code="not_movable", allowed=[])
    found = others(locked.task, locked.graph, locked.state, stage, one.first_id)
    if not found:
        raise NobodyElse("No other expert may judge this task.")
    second = one_of(found, locked.task.project.selection_secret, one.first_visit)
    carry_out(locked, commands.Assign(actor="", person=str(second.id)))
    waiting = Repeat.objects.filter(id=one.id, state="waiting")
    sent = waiting.update(state="sent", second=second, second_visit=visit.id, at=now, figures=asked(one, second))
    if not sent:
        raise Conflict("Another worker sent it.", code="sent_already", allowed=[])
    return sent


def asked(one: Repeat, person: User) -> dict[str, Any]:
    """``figures`` once this person was asked too."""
    return {**one.figures, "asked": sorted({*one.figures.get("asked", ()), str(person.id)})}


def pass_on(now: datetime) -> int:
    """Repeats that nobody has begun for ``PATIENCE`` go to another expert, or are given up. Answers how many."""
    alone = Visit.objects.filter(status=VisitStatus.WAITING).values("id")
    rows = Repeat.objects.filter(state="sent", at__lte=now - PATIENCE, second_visit__in=alone).order_by("id")
    done = 0
    for one in rows[:SENT_AT_ONCE]:
        try:
            done += give_to_another(one, now)
        except DomainError as error:
            log.info("a repeat stays where it is", extra={"repeat": one.id, "code": error.code})
    return done


@transaction.atomic
def give_to_another(one: Repeat, now: datetime) -> int:
    """To an expert who was not asked yet; without one the repeat is moot, and the task rests again. What a manager has
    assigned to somebody stays theirs. Raises Conflict where the task was taken at this moment."""
    locked = lock_task(one.task_id)
    visit, mine = locked.visit, Repeat.objects.filter(id=one.id, state="sent", second_visit=one.second_visit)
    if visit is None or visit.id != one.second_visit or visit.status != VisitStatus.WAITING:
        return 0
    if locked.state.assigned_to not in ("", str(one.second_id)):
        return mine.update(at=now)
    before = {str(one.second_id), *one.figures.get("asked", ())}
    found = others(locked.task, locked.graph, locked.state, visit.stage, one.first_id)
    found = [person for person in found if str(person.id) not in before]
    if not found:
        carry_out(locked, commands.Move(actor="", stage=rested_at(locked.task, locked.graph)))
        return mine.update(state="moot", at=now)
    second = one_of(found, locked.task.project.selection_secret, one.first_visit)
    carry_out(locked, commands.Assign(actor="", person=str(second.id)))
    return mine.update(second=second, at=now, figures=asked(one, second))


def one_of(people: Sequence[User], secret: str, visit: int) -> User:
    return people[int(uniform(secret, "repeat by", visit) * len(people))]


def settle() -> int:
    """What both said of the same labels, for visits that have ended since."""
    ended = Visit.objects.filter(status=VisitStatus.DONE).values("id")
    rows = Repeat.objects.filter(state="sent", second_visit__in=ended).select_related("task").order_by("id")
    found = list(rows[:SETTLED_AT_ONCE])
    visits = {
        visit: (outcome, holder)
        for visit, outcome, holder in Visit.objects.filter(id__in=[one.second_visit for one in found]).values_list(
            "id", "outcome", "holder_id"
        )
    }
    for one in found:
        outcome, holder = visits[one.second_visit or 0]
        mine = Repeat.objects.filter(id=one.id, state="sent")
        if outcome not in (*LOOKED, *GOES_ON):
            mine.update(state="waiting", second=None, second_visit=None)
        elif holder == one.first_id:
            mine.update(state="moot")
        else:
            labels, agreed = agreed_on(one)
            mine.update(state="done", labels=labels, agreed=agreed, second_id=holder)
    return len(found)
