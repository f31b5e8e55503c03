"""What became of what was sent: looks, and the errors that they found, against what had been promised."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.quality.models import Observation, RouteMove, RouteRun, SubjectType, SweepMark
from apps.quality.queries.series import series_of
from apps.tasks.models import Visit, VisitStatus
from workflows.events import GOES_ON

AT_ONCE = 1_000
OBSERVED = timedelta(seconds=15)  # until then the verdicts of a visit have become observations
SENT, DONE, MOOT = "sent", "done", "moot"


@transaction.atomic
def settle_moves(now: datetime) -> int:
    """The chore: goes round the moves that are still open. Answers how many were settled."""
    SweepMark.objects.get_or_create(name="route moves")
    mark = SweepMark.objects.select_for_update().get(name="route moves")
    rows = RouteMove.objects.filter(state=SENT, id__gt=mark.position.get("id", 0))
    moves = list(rows.order_by("id")[:AT_ONCE])
    mark.position = {"id": moves[-1].id} if len(moves) == AT_ONCE else {}
    mark.save(update_fields=["position"])
    return settle(moves, now)


def settle(moves: Sequence[RouteMove], now: datetime) -> int:
    """A look that ended by a word was one; one that ended otherwise (moved away, archived) was none. What several
    experts looked at one after the other counts once, when the last of them is done."""
    visits = Visit.objects.in_bulk([move.visit for move in moves if move.visit is not None])
    shared = series_of({visit.task_id for visit in visits.values() if visit.outcome in GOES_ON})
    of = {
        move.id: shared[move.visit].visits if move.visit in shared else (visits[move.visit],)
        for move in moves
        if move.visit in visits
    }
    ended = [move for move in moves if move.visit is None or (move.id in of and has_ended(of[move.id], now))]
    looked = [move for move in ended if move.id in of and of[move.id][0].outcome]
    errors = errors_in(looked)
    found_by = {move.id: sum(errors[visit.id] for visit in of[move.id]) for move in looked}
    by_run: dict[UUID, list[RouteMove]] = defaultdict(list)
    for move in looked:
        by_run[move.run_id].append(move)
    for run_id, own in by_run.items():
        found = [found_by[move.id] for move in own]
        RouteRun.objects.filter(id=run_id).update(
            reviewed=F("reviewed") + len(own),
            wrong=F("wrong") + sum(n > 0 for n in found),
            errors=F("errors") + sum(found),
            promised=F("promised") + sum(move.p for move in own),
        )
    done = {move.id for move in looked}
    RouteMove.objects.filter(id__in=done).update(state=DONE)
    RouteMove.objects.filter(id__in=[move.id for move in ended if move.id not in done]).update(state=MOOT)
    return len(ended)


def has_ended(visits: Sequence[Visit], now: datetime) -> bool:
    """Long enough ago for its verdicts to have become observations."""
    last = visits[-1]
    return last.status == VisitStatus.DONE and last.closed_at is not None and last.closed_at <= now - OBSERVED


def errors_in(moves: Sequence[RouteMove]) -> Counter[int]:
    """By visit of the moves' tasks how many labels and missing objects were found wrong."""
    rows = Observation.objects.filter(
        task_id__in={move.task_id for move in moves},
        is_error=True,
        subject_type__in=(SubjectType.LABEL, SubjectType.PREDICTION),
    )
    return Counter(visit for visit in rows.values_list("visit", flat=True) if visit is not None)
