"""What looks are worth and cost in a project: the manager's prices, and what was measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from django.db.models import Sum

from apps.projects.models import Collaborator, Project
from apps.quality.logic.checks import Array
from apps.quality.logic.routing_work import (
    FIX,
    KINDS,
    LOOK,
    SENSITIVITY,
    Prices,
    Suspects,
    pace_of,
    shares_of,
    shrunk,
    weigh,
)
from apps.quality.models import AuditDraw, Observation, Repeat, Score, SubjectType
from apps.quality.queries.audits import settings_of
from apps.quality.queries.routing import MISTAKENNESS, Candidate
from apps.quality.queries.sensitivity import expert_sensitivity
from apps.tasks.models import ActiveTime, Task

LATEST, TIMED, DUE = 2_000, 200, 10_000
WITH_LABELS = (MISTAKENNESS, "expected_errors", "mistakenness_rank")
"""Metrics that speak of errors: there the labels' own probabilities say what a look is worth."""


def prices_of(project: Project, stage: str, *, person: UUID | None = None, skill: str = "") -> Prices:
    """``settings.seconds`` are what measured times are drawn to; without them the documented ones."""
    settings = settings_of(project.id)
    priors = {**FIX, **{kind: float(value) for kind, value in settings.seconds.items() if kind in FIX}}
    by_kind: dict[str, list[float]] = defaultdict(list)
    rows = Observation.objects.filter(project=project, subject_type__in=(SubjectType.LABEL, SubjectType.PREDICTION))
    latest = rows.filter(subject_type=SubjectType.LABEL).order_by("-id")[:LATEST]
    missing = rows.filter(subject_type=SubjectType.PREDICTION).order_by("-id")[:LATEST]
    for part in (latest, missing):
        for wrong, kind, elapsed in part.values_list("is_error", "kind", "elapsed_ms"):
            if elapsed:
                by_kind[kind if wrong else ""].append(elapsed / 1000)
    look = shrunk(by_kind[""], LOOK)
    fix = {kind: max(shrunk(by_kind[kind], priors[kind] + look) - look, 0.0) for kind in KINDS}
    costs = {kind: float(value) for kind, value in settings.costs.items()}
    classes = {name: float(value) for name, value in settings.class_costs.items()}
    found = sensitivity_of(project, person, skill)
    plain = Prices(costs, classes, fix, look, sensitivity=found)
    return Prices(costs, classes, fix, look, pace=measured_pace(project, stage, plain), sensitivity=found)


def sensitivity_of(project: Project, person: UUID | None, skill: str) -> float:
    """The person's, else the mean of the experts' (with the skill) that were measured."""
    measured = expert_sensitivity(project.id)
    if person is not None:
        return measured[person][0] if person in measured else SENSITIVITY
    held = Collaborator.objects.filter(project=project, user_id__in=list(measured)).values_list("user_id", "skills")
    able = [measured[user] for user, skills in held if not skill or skill in skills]
    if not able:
        return SENSITIVITY
    return float(np.average([mean for mean, _ in able], weights=[1 + n for _, n in able]))


def measured_pace(project: Project, stage: str, prices: Prices) -> float:
    """Active seconds at the stage over the seconds expected, in the tasks looked at last."""
    looks = Observation.objects.filter(project=project, subject_type=SubjectType.TASK).order_by("-id")
    tasks = list(dict.fromkeys(looks.values_list("task_id", flat=True)[:TIMED]))
    active = (
        ActiveTime.objects.filter(task_id__in=tasks, stage=stage).values_list("task_id").annotate(ms=Sum("active_ms"))
    )
    real = {task: ms / 1000 for task, ms in active.order_by() if ms}
    labels = dict(Task.objects.filter(id__in=real).values_list("id", "label_set__label_count"))
    wrong = Observation.objects.filter(
        task_id__in=real, is_error=True, subject_type__in=(SubjectType.LABEL, SubjectType.PREDICTION)
    )
    kinds = Counter(wrong.values_list("kind", flat=True))
    expected = sum(prices.fixed + prices.look * (labels.get(task) or 0) for task in real)
    expected += sum(float(prices.fix.get(kind, 0.0)) * n for kind, n in kinds.items())
    return pace_of(sum(real.values()), expected, len(real))


def weighed(metric: str, found: Sequence[Candidate], prices: Prices) -> tuple[Array, Array]:
    """(n,) benefit and (n,) seconds of looking at each."""
    labels = np.array([one.labels for one in found], dtype=np.float64)
    by_labels, seconds = weigh(suspects_in(found, prices), labels, prices)
    if metric not in WITH_LABELS:
        by_labels = np.array([max(one.value, 0.0) for one in found], dtype=np.float64) * prices.sensitivity
    return by_labels, seconds


def suspects_in(found: Sequence[Candidate], prices: Prices) -> Suspects:
    """From the labels' and missing objects' scores; a task that has none stands for itself."""
    place = {one.task: at for at, one in enumerate(found)}
    rows = Score.objects.filter(
        task_id__in=place, metric=MISTAKENNESS, subject_type__in=(SubjectType.LABEL, SubjectType.PREDICTION)
    )
    columns = ("task_id", "label_revision", "class_id", "kind", "p_error", "value", "detail__kinds")
    task, p, shares, costs = [], [], [], []
    for task_id, revision, class_id, kind, p_error, value, kinds in rows.values_list(*columns):
        at = place[task_id]
        if revision == found[at].revision:
            task.append(at)
            p.append(value if p_error is None else p_error)
            shares.append(shares_of(kinds if isinstance(kinds, dict) else {}, kind))
            costs.append(prices.cost_of_class(class_id))
    for at in sorted(set(place.values()) - set(task)):
        one = found[at]
        task.append(at)
        p.append(one.p)
        shares.append(shares_of({}, one.kind))
        costs.append(prices.cost_of_class(one.class_id))
    return Suspects(
        np.array(task, dtype=np.int64),
        np.clip(np.array(p, dtype=np.float64), 0.0, 1.0),
        np.array(shares, dtype=np.float64).reshape(-1, len(KINDS)),
        np.array(costs, dtype=np.float64),
    )


def seconds_of_audits(project: Project, prices: Prices, after: int = 0) -> float:
    """What audits and blind repeats that are still to be looked at will take; audits drawn after the ``after``-th."""
    due = AuditDraw.objects.filter(project=project, state__in=("chosen", "sent"), id__gt=after).order_by("id")
    labels = list(due.values_list("task__label_set__label_count", flat=True)[:DUE])
    if not after:
        again = Repeat.objects.filter(project=project, state__in=("waiting", "sent")).order_by("id")
        labels += list(again.values_list("task__label_set__label_count", flat=True)[:DUE])
    return float(sum(prices.fixed + prices.look * (n or 0) for n in labels)) * prices.pace
