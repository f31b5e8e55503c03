"""Random waves: drawn over what has come to rest, recorded unit by unit, sent blind into the experts' queue.

A project's waves begin by themselves once its quality is looked after: settings were saved, or it was scored. One wave
is drawn at a time; who draws holds the project's settings row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.common.errors import Conflict
from apps.projects.models import Project
from apps.quality.logic.certificate.planning import Ahead, Plan, asked_for, planned
from apps.quality.models import AuditDraw, AuditWave, QualitySettings, ScoreRun, SweepMark
from apps.quality.operations.sending import send_chosen, settle_sent
from apps.quality.operations.settings import locked_settings
from apps.quality.queries.audits import audit_stage
from apps.quality.queries.waves import (
    Candidate,
    Place,
    ahead_of,
    candidates,
    found_so_far,
    page_of_rest,
    rested,
    scores_of,
)
from apps.tasks.logic import uniform
from apps.tasks.models import Selection
from apps.tasks.operations.selections import Chosen, record_selections

DESIGN = "audit"
ENOUGH, OLD = 50, timedelta(days=1)
SETTLED = timedelta(seconds=30)  # transactions that began before are committed by then
PATIENCE = timedelta(minutes=5)
PROJECTS, STEPS = 20, 4
DRAWING, DRAWN = "drawing", "drawn"


def audit(now: datetime) -> int:
    """The chore: goes on with waves being drawn, begins due ones, sends what was chosen. Safe to repeat."""
    done = 0
    for wave_id in AuditWave.objects.filter(state=DRAWING).order_by("id").values_list("id", flat=True)[:STEPS]:
        done += draw_some(wave_id=wave_id, now=now)
    for project in turn_of_projects():
        done += begin_if_due(project=project, now=now) is not None
    return done + send_chosen(now) + settle_sent()


@transaction.atomic
def turn_of_projects() -> list[Project]:
    """The next few projects whose quality is looked after, round and round."""
    SweepMark.objects.get_or_create(name="audit")
    mark = SweepMark.objects.select_for_update().get(name="audit")
    last = UUID(mark.position["project"]) if mark.position.get("project") else UUID(int=0)
    watched = QualitySettings.objects.filter(audit_enabled=True).values("project_id")
    scored = ScoreRun.objects.filter(finished_at__isnull=False).values("project_id")
    switched_off = QualitySettings.objects.filter(audit_enabled=False).values("project_id")
    ids = watched.union(scored)
    rows = Project.objects.filter(archived_at=None, id__gt=last, id__in=ids).exclude(id__in=switched_off)
    found = list(rows.order_by("id")[:PROJECTS])
    mark.position = {"project": str(found[-1].id)} if len(found) == PROJECTS else {}
    mark.save(update_fields=["position"])
    return found


@transaction.atomic
def begin_if_due(*, project: Project, now: datetime) -> AuditWave | None:
    """A wave over what has come to rest since the last one, if that is enough or has waited for a day."""
    SweepMark.objects.get_or_create(name=f"audit:{project.id}")
    mark = SweepMark.objects.select_for_update().get(name=f"audit:{project.id}")
    after, until = place_from(mark.position.get("after")), now - SETTLED
    looked = mark.position.get("looked_at")
    if looked is not None and now - datetime.fromisoformat(looked) < PATIENCE:
        return None
    waiting = list(rested(project, after, until).values_list("updated_at", flat=True)[:ENOUGH])
    if not waiting or (len(waiting) < ENOUGH and now - waiting[0] < OLD):
        return None
    ahead = ahead_of(project, after, until, again=False)
    mark.position = {"after": mark.position.get("after"), "looked_at": now.isoformat()}
    wave = None
    if ahead.frame >= ENOUGH or (ahead.frame and now - waiting[0] >= OLD):
        wave = begin(project=project, now=now, ahead=ahead, after=after, until=until, again=False)
    if wave is not None or not ahead.frame:
        mark.position = {"after": place_to((until, UUID(int=2**128 - 1)))}
    mark.save(update_fields=["position"])
    return wave


def begin(
    *,
    project: Project,
    now: datetime,
    ahead: Ahead,
    after: Place,
    until: datetime,
    again: bool,
    looks: int | None = None,
) -> AuditWave | None:
    """Plans a wave; None where one is being drawn or nobody could look. In the caller's transaction."""
    settings = locked_settings(project.id)
    stage = audit_stage(project, settings)
    if not stage or AuditWave.objects.filter(project=project, state=DRAWING).exists():
        return None
    plan = asked_for(looks, ahead) if looks is not None else plan_of(project, settings, ahead)
    last = AuditWave.objects.filter(project=project).order_by("-number").values_list("number", flat=True).first()
    return AuditWave.objects.create(
        project=project,
        number=(last or 0) + 1,
        plan={
            "stage": stage,
            "probability": plan.probability,
            "by_class": dict(plan.by_class),
            "most": plan.most,
            "wanted": plan.wanted,
            "why": plan.why,
            "again": again,
            "after": place_to(after),
            "until": until.isoformat(),
        },
        at=now,
    )


def plan_of(project: Project, settings: QualitySettings, ahead: Ahead) -> Plan:
    found, done = found_so_far(project)
    return planned(
        found,
        ahead,
        done=done,
        base=settings.base_rate,
        target=settings.target_share,
        confidence=settings.confidence,
    )


@transaction.atomic
def draw_now(*, project: Project, now: datetime, looks: int | None) -> AuditWave:
    """A wave over everything that rests and was not reviewed with certainty, whatever earlier waves drew over.

    Raises Conflict while a wave is being drawn, without a stage to look at audits, or with nothing to draw over.
    """
    settings = locked_settings(project.id)
    if not audit_stage(project, settings):
        raise Conflict("The workflow has no review or expert stage.", code="no_stage", allowed=[])
    if AuditWave.objects.filter(project=project, state=DRAWING).exists():
        raise Conflict("A wave is being drawn.", code="drawing", allowed=[])
    # Statements of this transaction may be later than its time; nothing is drawn over twice in one wave.
    until = now + SETTLED
    ahead = ahead_of(project, None, until, again=True)
    wave = begin(project=project, now=now, ahead=ahead, after=None, until=until, again=True, looks=looks)
    if wave is None or not ahead.frame:
        raise Conflict("No task that rests is still to be looked at.", code="nothing_to_draw", allowed=[])
    return wave


def place_to(place: Place) -> list[str] | None:
    return None if place is None else [place[0].isoformat(), str(place[1])]


def place_from(kept: Any) -> Place:
    return (datetime.fromisoformat(kept[0]), UUID(kept[1])) if kept else None


@transaction.atomic
def draw_some(*, wave_id: int, now: datetime) -> int:
    """The next chunk of a wave's frame: a selection for every unit. Answers how many."""
    wave = AuditWave.objects.select_related("project").get(id=wave_id)
    locked_settings(wave.project_id)
    wave.refresh_from_db(fields=["state", "plan", "frame", "drawn"])
    if wave.state != DRAWING:
        return 0
    project, until = wave.project, datetime.fromisoformat(wave.plan["until"])
    units, last = page_of_rest(project, place_from(wave.plan["after"]), until)
    if last is None:
        wave.state = DRAWN
        wave.save(update_fields=["state"])
        return 0
    drawn_over = framed_by(wave, [one.task for one in units])
    fresh = [one for one in units if one.task not in drawn_over]
    found = candidates(project, fresh, again=wave.plan["again"])
    chosen = rows_of(wave, found)
    record_selections(
        project_id=project.id, stage=wave.plan["stage"], design=DESIGN, wave=wave.number, units=chosen, now=now
    )
    drawn = [AuditDraw(project=project, wave=wave, task_id=row.task_id) for row in chosen if row.chosen]
    AuditDraw.objects.bulk_create(drawn)
    wave.frame += sum(one.is_due for one in found)
    wave.drawn += len(drawn)
    wave.plan = {**wave.plan, "after": place_to(last)}
    wave.save(update_fields=["frame", "drawn", "plan"])
    return len(units)


def framed_by(wave: AuditWave, tasks: list[UUID]) -> set[UUID]:
    """Those of the tasks that the wave has drawn over: an audited one may be back at rest before the draw ends."""
    rows = Selection.objects.filter(task_id__in=tasks, design=DESIGN, wave=wave.number)
    return set(rows.values_list("task_id", flat=True))


def rows_of(wave: AuditWave, found: list[Candidate]) -> list[Chosen]:
    """The draw of each is an HMAC of wave and task under the project's secret: nobody can foresee or repeat it."""
    plan = Plan(wave.plan["probability"], wave.plan["by_class"], wave.plan["most"], 0, "")
    scores = scores_of([one.unit.task for one in found])
    rows = []
    for one in found:
        chance = plan.of(one.classes, one.by_model)
        draw = uniform(wave.project.selection_secret, DESIGN, wave.number, one.unit.task) if one.is_due else None
        score, version = scores.get(one.unit.task, (None, ""))
        rows.append(
            Chosen(
                task_id=one.unit.task,
                chosen=draw is not None and draw < chance,
                probability=chance,
                label_revision=one.unit.revision,
                draw=draw,
                score=score,
                scorer_version=version,
            )
        )
    return rows
