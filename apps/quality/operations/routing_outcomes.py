"""What became of what was sent: looks, and the errors that they found, against what had been promised."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.quality.models import Observation, RouteMove, RouteRun, SubjectType, SweepMark
from apps.tasks.models import Visit, VisitStatus

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
    """A visit that ended by a word was a look; one that ended otherwise (moved away, archived) was none."""
    closed = Visit.objects.filter(
        id__in=[move.visit for move in moves], status=VisitStatus.DONE, closed_at__lte=now - OBSERVED
    )
    outcomes = dict(closed.values_list("id", "outcome"))
    ended = [move for move in moves if move.visit is None or move.visit in outcomes]
    looked = [move for move in ended if outcomes.get(move.visit or 0)]
    errors = errors_in(looked)
    by_run: dict[UUID, list[RouteMove]] = defaultdict(list)
    for move in looked:
        by_run[move.run_id].append(move)
    for run_id, own in by_run.items():
        found = [errors[move.visit or 0] for move in own]
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


def errors_in(moves: Sequence[RouteMove]) -> Counter[int]:
    """By visit how many labels and missing objects were found wrong."""
    visits = {move.visit for move in moves}
    rows = Observation.objects.filter(
        task_id__in={move.task_id for move in moves},
        is_error=True,
        subject_type__in=(SubjectType.LABEL, SubjectType.PREDICTION),
    )
    return Counter(visit for visit in rows.values_list("visit", flat=True) if visit in visits and visit is not None)
