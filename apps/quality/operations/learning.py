"""Fitting the calibrations anew when there is enough to learn, and asking for new prices where they changed."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.jobs.operations import enqueue
from apps.jobs.registry import handler_of
from apps.projects.models import Project
from apps.quality.logic.calibration import Lesson, learn
from apps.quality.models import Calibration, FitState, Observation, SweepMark
from apps.quality.queries.calibrations import TARGETS
from apps.quality.queries.lessons import Material, material_of
from apps.quality.queries.sensitivity import sensitivity_of_grid

MARK, REPRICE = "learn", "quality.reprice"
AT_ONCE, SECONDS = 10_000, 5  # a fit to 20,000 observations takes as long: other chores wait meanwhile
FRESH, SHARE, LEAST_SHARE = 10, 10, 100
PAUSE = timedelta(minutes=1)


def learn_due(now: datetime) -> int:
    """Fits the projects in which enough was observed, for some seconds. Answers how many."""
    count_fresh()
    waiting = FitState.objects.filter(fresh__gt=0).order_by("-fresh", "project_id")[:100]
    due = [state.project_id for state in waiting if is_due(state, now)]
    began, done = time.monotonic(), 0
    for project_id in due:
        refit(project_id, now)
        done += 1
        if time.monotonic() - began > SECONDS:
            break
    return done


@transaction.atomic
def count_fresh() -> None:
    """Adds the observations made since the last look to what their projects wait for. Their ids rise with time; one
    that commits late is learned from with the next ones."""
    SweepMark.objects.get_or_create(name=MARK)
    mark = SweepMark.objects.select_for_update().get(name=MARK)
    rows = Observation.objects.order_by("id")
    if "observation" in mark.position:
        rows = rows.filter(id__gt=UUID(mark.position["observation"]))
    found = list(rows.values_list("id", "project_id")[:AT_ONCE])
    if not found:
        return
    for project_id, number in Counter(project for _, project in found).items():
        FitState.objects.get_or_create(project_id=project_id)
        FitState.objects.filter(project_id=project_id).update(fresh=F("fresh") + number)
    mark.position = {"observation": str(found[-1][0])}
    mark.save(update_fields=["position"])


def is_due(state: FitState, now: datetime) -> bool:
    """Ten new observations or a tenth more than last time, a minute after the last fit; a project with thousands waits
    for one in a hundred, since a fit prices every label anew."""
    if state.fitted_at is not None and now - state.fitted_at < PAUSE:
        return False
    return state.fresh >= max(min(FRESH, state.fitted // SHARE or FRESH), state.fitted // LEAST_SHARE)


@transaction.atomic
def refit(project_id: UUID, now: datetime) -> list[Calibration]:
    """A calibration for each target that has something new to learn from; the labels get new prices if one differs."""
    FitState.objects.get_or_create(project_id=project_id)
    state = FitState.objects.select_for_update().get(project_id=project_id)
    made, changed, seen = [], False, 0
    sensitivity = sensitivity_of_grid(project_id)
    for target in TARGETS:
        material = material_of(project_id, target, grid_sensitivity=sensitivity)
        seen += len(material.hit)
        before = Calibration.objects.filter(project_id=project_id, target=target).order_by("-at", "-id").first()
        if not len(material.hit) and before is None:
            continue
        row = fitted(project_id, target, material, before, now)
        row.save(force_insert=True)
        made.append(row)
        changed = changed or row.parameters != (before.parameters if before else {**row.parameters, "kind": "fixed"})
    state.fresh, state.fitted, state.fitted_at = 0, seen, now
    state.save()
    if changed and handler_of(REPRICE) is not None:
        reprice(project_id)
    return made


def fitted(project_id: UUID, target: str, material: Material, before: Calibration | None, now: datetime) -> Calibration:
    lesson: Lesson = learn(
        material.odds,
        material.columns,
        material.groups,
        material.units,
        material.weights,
        material.hit,
        ahead=before.ahead if before else 0,
    )
    return Calibration(
        project_id=project_id,
        target=target,
        model=lesson.model.kind,
        parameters=replace(lesson.model, scorer=material.scorer).as_json(),
        figures=lesson.figures,
        verdicts=len(material.hit),
        errors=int(material.hit.sum()),
        ahead=lesson.ahead,
        at=now,
    )


def reprice(project_id: UUID) -> None:
    organization = Project.objects.values_list("organization_id", flat=True).get(id=project_id)
    enqueue(kind=REPRICE, organization_id=organization, project_id=project_id, params={}, created_by=None)
