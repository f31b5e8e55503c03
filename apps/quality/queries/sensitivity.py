"""How many of the errors that are there people find: from blind repeats, and from known errors hidden in the grid."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from apps.quality.models import GridBatch, Observation, SubjectType
from apps.quality.queries.lessons import REPEAT

FOUND, MISSED = 8.0, 2.0  # the prior: a person nobody has measured finds four in five
MOST, BATCHES, CHUNK = 5_000, 2_000, 500

Tally = dict[UUID, list[int]]
"""By person: errors found, errors there were."""


def expert_sensitivity(project_id: UUID) -> dict[UUID, tuple[float, int]]:
    """{person: (mean, n)}: the share of errors a person finds, shrunk to four in five, and how many it rests on.

    An error is there where the other of two who judged the same content says so, or where it was hidden on purpose.
    """
    tally = from_repeats(project_id)
    for person, (found, there) in from_grid(project_id).items():
        own = tally.setdefault(person, [0, 0])
        own[0], own[1] = own[0] + found, own[1] + there
    return {person: (shrunk(found, there), there) for person, (found, there) in tally.items()}


def shrunk(found: int, there: int) -> float:
    return (found + FOUND) / (there + FOUND + MISSED)


def from_repeats(project_id: UUID) -> Tally:
    """Each of a pair is measured by the errors of the other."""
    repeats = Observation.objects.filter(
        project_id=project_id, subject_type=SubjectType.LABEL, instrument=REPEAT, reviewer__isnull=False
    )
    columns = ("task_id", "subject", "digest", "reviewer_id", "is_error")
    second = list(repeats.order_by("-id").values_list(*columns)[:MOST])
    tally: Tally = {}
    for start in range(0, len(second), CHUNK):
        part = second[start : start + CHUNK]
        rows = Observation.objects.filter(
            task_id__in={row[0] for row in part}, subject_type=SubjectType.LABEL, reviewer__isnull=False
        ).exclude(instrument=REPEAT)
        first = {row[:3]: (row[3], row[4]) for row in rows.order_by("id").values_list(*columns)}
        for task, subject, digest, person, wrong in part:
            other, said = first.get((task, subject, digest), (None, False))
            if other is None or other == person:
                continue
            if said:
                count(tally, person, found=wrong)
            if wrong:
                count(tally, other, found=said)
    return tally


def count(tally: Tally, person: UUID, *, found: bool) -> None:
    own = tally.setdefault(person, [0, 0])
    own[0], own[1] = own[0] + int(found), own[1] + 1


def from_grid(project_id: UUID) -> Tally:
    """Hidden tiles that were shown in committed batches, and those that were marked."""
    batches = GridBatch.objects.filter(project_id=project_id, committed_at__isnull=False, reviewer__isnull=False)
    tally: Tally = {}
    for reviewer, items, marks in batches.order_by("-id").values_list("reviewer_id", "items", "marks")[:BATCHES]:
        marked = Counter(str(mark.get("label")) if isinstance(mark, dict) else str(mark) for mark in marks)
        for item in items:
            if item.get("hidden"):
                count(tally, reviewer, found=str(item.get("label")) in marked)
    return tally


def sensitivity_of_grid(project_id: UUID) -> float:
    """The whole project's, at the grid: what a "fine" given there is worth."""
    found = there = 0
    for own in from_grid(project_id).values():
        found, there = found + own[0], there + own[1]
    return shrunk(found, there)
