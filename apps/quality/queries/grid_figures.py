"""How fast labels are judged in the grid and on whole images, and how many of the errors that are there each finds."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Sum, Value
from django.db.models.functions import Least

from apps.ontologies.logic import OntologyIndex
from apps.quality.logic.gridding import sensitivity
from apps.quality.models import GridBatch
from apps.quality.queries.people import LONGEST, labels_since
from apps.quality.queries.sensitivity import BATCHES, from_repeats

GRID, WHOLE = "grid", ("review", "expert", "repeat")
MINUTE = 60_000

ByPersonAndClass = dict[tuple[UUID, str], tuple[int, int]]


def hidden_found(project_id: UUID) -> ByPersonAndClass:
    """By person and the class that the tile was shown under: hidden errors found, and all that were shown."""
    batches = GridBatch.objects.filter(project_id=project_id, committed_at__isnull=False, reviewer__isnull=False)
    found: dict[tuple[UUID, str], list[int]] = defaultdict(lambda: [0, 0])
    for reviewer, items, marks in batches.order_by("-id").values_list("reviewer_id", "items", "marks")[:BATCHES]:
        marked = {mark["item"] for mark in marks}
        for item in items:
            if item["hidden"]:
                own = found[reviewer, item["class"]]
                own[0], own[1] = own[0] + (item["id"] in marked), own[1] + 1
    return {key: (own[0], own[1]) for key, own in found.items()}


def figures(project_id: UUID, index: OntologyIndex, now: datetime) -> dict[str, Any]:
    """Of the last twelve weeks. "Ten times faster" is a quotient of measured times here, or null."""
    hidden = hidden_found(project_id)
    repeats = from_repeats(project_id).values()
    grid = instrument(project_id, Q(instrument=GRID), now, total(hidden))
    review = instrument(
        project_id, Q(instrument__in=WHOLE), now, (sum(one[0] for one in repeats), sum(one[1] for one in repeats))
    )
    fast, slow = grid["verdicts_per_minute"], review["verdicts_per_minute"]
    classes = sorted({class_id for _, class_id in hidden})
    return {
        "grid": grid,
        "review": review,
        "times_faster": fast / slow if fast and slow else None,
        "classes": [
            {"class": index.class_name(class_id)}
            | posterior(total({key: own for key, own in hidden.items() if key[1] == class_id}))
            for class_id in classes
        ],
    }


def total(hidden: ByPersonAndClass) -> tuple[int, int]:
    return sum(own[0] for own in hidden.values()), sum(own[1] for own in hidden.values())


def posterior(found: tuple[int, int]) -> dict[str, Any]:
    mean, low, high = sensitivity(*found)
    return {"mean": mean, "low": low, "high": high, "n": found[1]}


def instrument(project_id: UUID, which: Q, now: datetime, found: tuple[int, int]) -> dict[str, Any]:
    """Times are capped as where people's are shown: whoever went for coffee was not judging."""
    rows = labels_since(project_id, now).filter(which, elapsed_ms__isnull=False).order_by()
    row = rows.aggregate(
        n=Count("id"), wrong=Count("id", filter=Q(is_error=True)), time=Sum(Least(F("elapsed_ms"), Value(LONGEST)))
    )
    minutes = (row["time"] or 0) / MINUTE
    return {
        "verdicts": row["n"],
        "errors": row["wrong"],
        "minutes": minutes,
        "verdicts_per_minute": row["n"] / minutes if minutes else None,
        "errors_per_minute": row["wrong"] / minutes if minutes else None,
        "sensitivity": posterior(found),
    }
