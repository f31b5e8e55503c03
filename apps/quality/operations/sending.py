"""Bringing what a wave chose before an expert, so that nobody can tell it from its neighbours in the queue."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.common.errors import Conflict, DomainError
from apps.projects.models import Project
from apps.quality.models import AuditDraw
from apps.quality.queries.audits import audit_stage, settings_of
from apps.quality.queries.series import LOOKED, series_of
from apps.tasks.logic import uniform
from apps.tasks.models import Visit, VisitStatus
from apps.tasks.operations.manage import send_to_stage
from workflows.events import GOES_ON
from workflows.state import ARCHIVED, COMPLETE

log = logging.getLogger(__name__)
SENT_AT_ONCE, SETTLED_AT_ONCE, NEIGHBOURS = 100, 500, 200


def send_chosen(now: datetime, project: Project | None = None) -> int:
    """Sends chosen tasks that rest, the first of all projects or of one. Answers how many."""
    rows = AuditDraw.objects.filter(state="chosen", task__status__in=[COMPLETE, ARCHIVED])
    if project is not None:
        rows = rows.filter(project=project)
    done = 0
    for draw in rows.select_related("task", "project").order_by("id")[:SENT_AT_ONCE]:
        try:
            done += send(draw)
        except DomainError as error:
            log.info("an audit waits", extra={"draw": draw.id, "code": error.code})
    return done


@transaction.atomic
def send(draw: AuditDraw) -> int:
    """Raises Conflict or Invalid where the task cannot be had just now."""
    if draw.task.status == ARCHIVED:
        return AuditDraw.objects.filter(id=draw.id, state="chosen").update(state="moot")
    stage = audit_stage(draw.project, settings_of(draw.project_id))
    priority = ordinary_priority(draw, stage)
    send_to_stage(task_id=draw.task_id, actor=None, stage=stage, priority=priority, blind=True)
    visit = Visit.objects.filter(task_id=draw.task_id, status__lt=VisitStatus.DONE).values_list("id", flat=True).first()
    sent = AuditDraw.objects.filter(id=draw.id, state="chosen").update(state="sent", visit=visit)
    if not sent:
        raise Conflict("Another worker sent it.", code="sent_already", allowed=[])
    return sent


def ordinary_priority(draw: AuditDraw, stage: str) -> int | None:
    """That of a neighbour in the queue; None leaves the task's own where nobody waits."""
    waiting = Visit.objects.filter(
        project_id=draw.project_id, stage=stage, status=VisitStatus.WAITING, reserved_for=None
    ).order_by("-priority", "id")
    found = list(waiting.values_list("priority", flat=True)[:NEIGHBOURS])
    if not found:
        return None
    return found[int(uniform(draw.project.selection_secret, "audit priority", draw.id) * len(found))]


def settle_sent() -> int:
    """Draws whose look has ended: by a word, or moved away and to be sent again. One that several experts share ends
    with the last of them."""
    going_on = Visit.objects.filter(task=OuterRef("task"), number=OuterRef("number") + 1, status__lt=VisitStatus.DONE)
    ended = Visit.objects.filter(status=VisitStatus.DONE).exclude(Q(outcome__in=GOES_ON) & Exists(going_on))
    rows = AuditDraw.objects.filter(state="sent", visit__in=ended.values("id")).order_by("id")
    draws = list(rows[:SETTLED_AT_ONCE])
    outcomes = dict(Visit.objects.filter(id__in=[draw.visit for draw in draws]).values_list("id", "outcome"))
    shared = series_of({draw.task_id for draw in draws if outcomes.get(draw.visit or 0) in GOES_ON})
    done = 0
    for draw in draws:
        series = shared.get(draw.visit or 0)
        if series is not None and series.open:
            continue
        looked = series.looked if series is not None else outcomes.get(draw.visit or 0) in LOOKED
        values = {"state": "done"} if looked else {"state": "chosen", "visit": None}
        done += AuditDraw.objects.filter(id=draw.id, state="sent").update(**values)
    return done
