"""How good people's labels and verdicts are, counted by the database over the last weeks. For managers only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, FloatField, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Greatest, Least, TruncWeek

from apps.accounts.models import User
from apps.common.clock import database_now
from apps.projects.models import Collaborator
from apps.quality.logic.certificate.intervals import clopper_pearson
from apps.quality.logic.logistic import CAP
from apps.quality.models import Observation, SubjectType
from apps.quality.queries.lessons import REPEAT
from apps.quality.queries.sensitivity import expert_sensitivity

WEEKS = 12
PRIOR = 20.0
BUCKET, LONGEST = 500, 120_000
WORST = 5


def people_of(project_id: UUID) -> QuerySet[User]:
    """Whoever works in the project, labelled what was judged in it, or judged."""
    seen = Observation.objects.filter(project_id=project_id)
    held = Collaborator.objects.filter(project_id=project_id, user=OuterRef("pk"))
    labelled, judged = seen.filter(annotator=OuterRef("pk")), seen.filter(reviewer=OuterRef("pk"))
    return User.objects.filter(Exists(held) | Exists(labelled) | Exists(judged))


def labels_since(project_id: UUID, now: datetime) -> QuerySet[Observation]:
    """Verdicts on labels in the last twelve weeks."""
    since = now - timedelta(weeks=WEEKS)
    return Observation.objects.filter(project_id=project_id, subject_type=SubjectType.LABEL, at__gte=since)


def weighed(**where: Any) -> dict[str, Any]:
    """Counts and sums of weight 1 / probability, capped: what was routed for looking wrong counts for less."""
    weight = Least(
        Value(1.0) / Cast(Greatest("probability", Value(1e-6)), FloatField()),
        Value(CAP),
        output_field=FloatField(),
    )
    return {
        "n": Count("id"),
        "wrong": Count("id", filter=Q(is_error=True)),
        "weight": Sum(weight),
        "bad": Sum(weight, filter=Q(is_error=True)),
        **where,
    }


def error_rate(project_id: UUID, user_id: UUID, now: datetime | None = None) -> tuple[float, int]:
    """(rate, n): the share of a person's judged labels that were wrong, shrunk to the project's by 20 verdicts."""
    rows = labels_since(project_id, now or database_now()).exclude(instrument=REPEAT)
    own = rows.filter(annotator_id=user_id).aggregate(**weighed())
    return shrunk_rate(own, rows.aggregate(**weighed())), int(own["n"])


def error_rates(project_id: UUID, people: Sequence[UUID], now: datetime | None = None) -> dict[UUID, float]:
    """The same rates of several people, in two statements."""
    rows = labels_since(project_id, now or database_now()).exclude(instrument=REPEAT).order_by()
    everybody = rows.aggregate(**weighed())
    counted: Any = rows.filter(annotator_id__in=people).values("annotator_id").annotate(**weighed())
    own = {row["annotator_id"]: row for row in counted}
    return {person: shrunk_rate(own.get(person, {}), everybody) for person in people}


def shrunk_rate(own: Mapping[str, Any], everybody: Mapping[str, Any]) -> float:
    project = share(everybody["bad"] or 0.0, everybody["weight"] or 0.0)
    n = own.get("n") or 0
    mine = share(own.get("bad") or 0.0, own.get("weight") or 0.0)
    return float((n * mine + PRIOR * project) / (n + PRIOR))


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def interval(k: int, n: int) -> dict[str, Any]:
    """A share with its 95 % interval, nulls where nothing was seen."""
    low, high = clopper_pearson(k, n, 0.95) if n else (None, None)
    return {"n": n, "share": k / n if n else None, "low": low, "high": high}


def annotators(project_id: UUID, people: Sequence[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    """By person: labels judged, shares wrong by kind, agreement with experts, by week, the classes with most errors."""
    rows = labels_since(project_id, now).filter(annotator_id__in=people).exclude(instrument=REPEAT).order_by()
    found: dict[UUID, dict[str, Any]] = {}
    expert = Count("id", filter=Q(instrument="expert"))
    agreed = Count("id", filter=Q(instrument="expert", is_error=False))
    counted: Any = rows.values("annotator_id").annotate(**weighed(expert=expert, agreed=agreed))
    for row in counted:
        found[row["annotator_id"]] = {
            "labels": row["n"],
            "rejected": interval(row["wrong"], row["n"]),
            "error_rate": share(row["bad"] or 0.0, row["weight"] or 0.0),
            "agreement_with_experts": interval(row["agreed"], row["expert"]),
            "missed": 0,
            "kinds": {},
            "weeks": [],
            "classes": [],
        }
    for person, n in missed_by(project_id, people, now).items():
        if person in found:
            found[person]["missed"] = n
    kinds = rows.filter(is_error=True).values("annotator_id", "kind").annotate(n=Count("id"))
    for row in kinds:
        own = found[row["annotator_id"]]
        own["kinds"][row["kind"] or "unspecified"] = interval(row["n"], own["labels"])
    weeks = rows.annotate(week=TruncWeek("at")).values("annotator_id", "week")
    for row in weeks.annotate(n=Count("id"), wrong=Count("id", filter=Q(is_error=True))).order_by("week"):
        week = {"week": row["week"].date().isoformat(), "labels": row["n"], "rejected": row["wrong"]}
        found[row["annotator_id"]]["weeks"].append(week)
    classes = rows.values("annotator_id", "class_id").annotate(
        n=Count("id"), wrong=Count("id", filter=Q(is_error=True))
    )
    for person, worst in worst_classes(classes).items():
        found[person]["classes"] = worst
    return found


def missed_by(project_id: UUID, people: Sequence[UUID], now: datetime) -> dict[UUID, int]:
    """Objects that somebody found missing in what a person had labelled."""
    since = now - timedelta(weeks=WEEKS)
    rows = Observation.objects.filter(
        project_id=project_id,
        subject_type=SubjectType.PREDICTION,
        annotator_id__in=people,
        at__gte=since,
        is_error=True,
    ).exclude(instrument=REPEAT)
    counted = rows.order_by().values_list("annotator_id").annotate(n=Count("id"))
    return {person: n for person, n in counted if person is not None}


def worst_classes(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, list[dict[str, Any]]]:
    """Those with the highest lower bounds: one error in one label is no pattern."""
    by_person: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["wrong"]:
            by_person[row["annotator_id"]].append({"class": row["class_id"], **interval(row["wrong"], row["n"])})
    return {
        person: sorted(found, key=lambda one: (-float(one["low"]), str(one["class"])))[:WORST]
        for person, found in by_person.items()
    }


def reviewers(project_id: UUID, people: Sequence[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    """By person: verdicts, how many a later expert or repeat turned, agreement in repeats, seconds, errors found."""
    rows = labels_since(project_id, now).filter(reviewer_id__in=people).order_by()
    same = Observation.objects.filter(task=OuterRef("task"), subject=OuterRef("subject"), digest=OuterRef("digest"))
    other = same.exclude(reviewer=OuterRef("reviewer"))
    later = other.filter(id__gt=OuterRef("id"), instrument__in=("expert", REPEAT))
    repeat, first = other.filter(instrument=REPEAT), other.exclude(instrument=REPEAT)
    differs = ~Q(is_error=OuterRef("is_error"))
    marked = rows.annotate(
        again=Exists(later),
        turned=Exists(later.filter(differs)),
        repeat=Exists(repeat),
        repeat_differs=Exists(repeat.filter(differs)),
        first=Exists(first),
        first_differs=Exists(first.filter(differs)),
    )
    was_repeat = Q(instrument=REPEAT)
    found: dict[UUID, dict[str, Any]] = {}
    counted = marked.values("reviewer_id").annotate(
        n=Count("id"),
        wrong=Count("id", filter=Q(is_error=True)),
        looked_again=Count("id", filter=Q(again=True)),
        overturned=Count("id", filter=Q(turned=True)),
        repeats=Count("id", filter=Q(repeat=True) | was_repeat & Q(first=True)),
        differed=Count("id", filter=Q(repeat_differs=True) | was_repeat & Q(first_differs=True)),
    )
    for row in counted:
        found[row["reviewer_id"]] = {
            "verdicts": row["n"],
            "rejected": row["wrong"],
            "overturned": interval(row["overturned"], row["looked_again"]),
            "repeat_agreement": interval(row["repeats"] - row["differed"], row["repeats"]),
            "seconds_per_verdict": None,
            "sensitivity": None,
        }
    for person, seconds in medians(rows).items():
        found[person]["seconds_per_verdict"] = seconds
    for person, (mean, n) in expert_sensitivity(project_id).items():
        if person in found:
            found[person]["sensitivity"] = {"mean": mean, "n": n}
    return found


def medians(rows: QuerySet[Observation]) -> dict[UUID, float]:
    """Median seconds by reviewer, from counts in half seconds: no database here has the same function for it."""
    timed = rows.filter(elapsed_ms__isnull=False).annotate(
        half=Least(F("elapsed_ms"), Value(LONGEST)) / Value(BUCKET),
    )
    by_person: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for row in timed.values("reviewer_id", "half").annotate(n=Count("id")).order_by("half"):
        by_person[row["reviewer_id"]].append((int(row["half"]), row["n"]))
    return {person: middle(counts) * BUCKET / 1000 for person, counts in by_person.items()}


def middle(counts: Sequence[tuple[int, int]]) -> float:
    """The median bucket's centre."""
    half, before = sum(n for _, n in counts) / 2, 0
    for bucket, n in counts:
        before += n
        if before >= half:
            return bucket + 0.5
    return 0.0
