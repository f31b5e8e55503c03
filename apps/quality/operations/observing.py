"""Verdicts become observations, before anything that they change is scored anew.

New verdicts are found by their ids, which rise with time; the last two minutes are looked at again, since a
transaction may commit late. Each visit with a verdict is followed until it is closed: until then a word may be taken
back, and only then it is known what an approval of the whole covered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.quality.models import AuditWave, Look, Observation, Score, ScoreRun, SubjectType, SweepMark
from apps.quality.operations.observations import observations_of
from apps.quality.queries.looks import METRIC, Sight, batch_of
from apps.tasks.models import Verdict, Visit, VisitStatus

MARK = "observe"
AT_ONCE, AGAIN, VISITS = 5_000, 20_000, 200
LATE = timedelta(minutes=2)
KEPT = timedelta(minutes=10)
WORD = ("is_error", "kind", "reviewer_id", "elapsed_ms", "at", "exhaustive")

Found = tuple[UUID, int, UUID, UUID]
"""A verdict's id, its visit, its project, its task."""


@transaction.atomic
def observe(now: datetime) -> int:
    """Answers how many observations were made or changed. Safe to repeat; two at once take turns."""
    SweepMark.objects.get_or_create(name=MARK)
    mark = SweepMark.objects.select_for_update().get(name=MARK)
    watch(mark, now)
    waiting = Q(due=True) | Q(visit__status=VisitStatus.DONE)
    open_looks = Look.objects.filter(waiting, settled_at=None).order_by("visit_id")[:VISITS]
    done = settle(list(open_looks), now)
    Look.objects.filter(settled_at__lt=now - KEPT).delete()
    return done


def watch(mark: SweepMark, now: datetime) -> None:
    """Follows the visits of verdicts that are new since the mark, or that committed late."""
    last = UUID(mark.position["verdict"]) if "verdict" in mark.position else None
    words = Verdict.objects.filter(Q(implicit=False) | Q(visit__blind=True)).order_by("id")
    columns = ("id", "visit_id", "visit__project_id", "task_id")
    new = list((words.filter(id__gt=last) if last else words).values_list(*columns)[:AT_ONCE])
    late: list[Found] = []
    if last is not None:
        late = list(words.filter(id__gt=floor_of(now - LATE), id__lte=last).values_list(*columns)[:AGAIN])
    follow([*late, *new])
    if new:
        mark.position = {"verdict": str(new[-1][0])}
        mark.save(update_fields=["position"])


def floor_of(time: datetime) -> UUID:
    """The least UUIDv7 of that millisecond."""
    return UUID(int=int(time.timestamp() * 1000) << 80)


def follow(found: Sequence[Found]) -> None:
    """A look for each visit of a project that has scores or audits; due again where it has a newer word."""
    watched = watched_of({project for _, _, project, _ in found})
    newest = {visit: (verdict, project, task) for verdict, visit, project, task in found if project in watched}
    known = {look.visit_id: look for look in Look.objects.filter(visit_id__in=newest)}
    stale = [look for visit, look in known.items() if newest[visit][0] > look.last_verdict]
    for look in stale:
        look.last_verdict, look.due, look.settled_at = newest[look.visit_id][0], True, None
    Look.objects.bulk_update(stale, ["last_verdict", "due", "settled_at"], batch_size=500)
    fresh = {visit: values for visit, values in newest.items() if visit not in known}
    scores = task_scores({task for _, _, task in fresh.values()})
    rows = [
        Look(visit_id=visit, project_id=project, last_verdict=verdict, task_score=scores.get(task))
        for visit, (verdict, project, task) in fresh.items()
    ]
    Look.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def watched_of(projects: set[UUID]) -> set[UUID]:
    """Those whose verdicts teach something: they have been scored or audited."""
    scored = ScoreRun.objects.filter(project_id__in=projects).values_list("project_id", flat=True).distinct()
    audited = AuditWave.objects.filter(project_id__in=projects).values_list("project_id", flat=True).distinct()
    return {*scored, *audited}


def task_scores(tasks: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """What a task's score says now: value, p_error, features, version."""
    rows = Score.objects.filter(task_id__in=list(tasks), metric=METRIC, subject_type=SubjectType.TASK)
    return {
        row.task_id: {
            "value": row.value,
            "p_error": row.p_error,
            "vector": row.detail.get("vector") or row.detail.get("features") or [],
            "scorer_version": row.scorer_version,
        }
        for row in rows
    }


def settle(looks: Sequence[Look], now: datetime) -> int:
    """Brings the observations of these visits up to what they say, for good where they are closed."""
    if not looks:
        return 0
    by_visit = {look.visit_id: look for look in looks}
    visits = Visit.objects.filter(id__in=by_visit).select_related("task", "task__data_unit")
    batch = batch_of(list(visits))
    done = 0
    for sight in batch.sights:
        look = by_visit[sight.visit.id]
        rows = observations_of(batch, sight, look.task_score)
        done += write(sight, rows, batch.kept.get(sight.visit.id, ()))
        look.due = False
        look.settled_at = now if sight.visit.status == VisitStatus.DONE else None
    Look.objects.bulk_update(looks, ["due", "settled_at"], batch_size=500)
    return done


def write(sight: Sight, rows: Sequence[Observation], kept: Sequence[Observation]) -> int:
    """New words are added, changed ones follow, those taken back go. What was known before the look stays as it was."""
    old = {row.source: row for row in kept}
    new = {row.source: row for row in rows}
    changed = []
    for source in old.keys() & new.keys():
        before, after = old[source], new[source]
        if any(getattr(before, name) != getattr(after, name) for name in WORD):
            for name in WORD:
                setattr(before, name, getattr(after, name))
            changed.append(before)
    gone = [row.id for source, row in old.items() if source not in new]
    added = [row for source, row in new.items() if source not in old]
    Observation.objects.filter(id__in=gone).delete()
    Observation.objects.bulk_update(changed, [name.removesuffix("_id") for name in WORD], batch_size=500)
    Observation.objects.bulk_create(added, batch_size=500, ignore_conflicts=True)
    return len(gone) + len(changed) + len(added)
