"""What the grid's looks and draws tell a certificate: of the whole project once, then of each chunk of tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef, Q, Sum

from apps.quality.logic.certificate.judged import Said, content_at
from apps.quality.logic.checks import Array
from apps.quality.logic.frame_record import contents_in, keys_of, unpacked
from apps.quality.models import GridBatch, GridFrame, Observation, SubjectType
from apps.quality.queries.batches import HELD
from apps.quality.queries.sensitivity import from_grid

COMMITTED, DROPPED = "committed", "dropped"
PATIENCE = timedelta(days=7)
"""A random batch that was left is what its person gets next, as an audit waits for its expert. It counts as passed over
in silence once they have judged a later one (with other filters), or after a week."""

Subject = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class GridLook:
    """One person's word on a label in the grid; ``said`` has no visit. ``chance``: as stored with the word. ``made``:
    the label came to be by it, as a missing object."""

    said: Said
    at: datetime
    class_id: str
    at_random: bool
    chance: float
    made: bool = False


@dataclass(frozen=True)
class Record:
    """``frames`` of the committed random batches, each with its chance. ``shown`` known errors were hidden among the
    tiles, ``found`` of them marked; of ``drawn`` labels ``silent`` ones were shown and got no word."""

    frames: Sequence[tuple[tuple[Array, Array], float]]
    shown: int
    found: int
    drawn: int
    silent: int


def record_of(project_id: UUID, now: datetime) -> Record | None:
    """None where nothing was ever committed in the grid."""
    if not GridBatch.objects.filter(project_id=project_id, state=COMMITTED).exists():
        return None
    rows = GridFrame.objects.filter(batch__project_id=project_id)
    done = rows.filter(batch__state=COMMITTED)
    left = rows.filter(Q(batch__state=DROPPED) | Q(batch__state="open", batch__opened_at__lte=now - HELD))
    later = GridBatch.objects.filter(
        project_id=project_id, reviewer=OuterRef("batch__reviewer"), at_random=True, state=COMMITTED
    ).filter(id__gt=OuterRef("batch_id"))
    left = left.filter(Q(Exists(later)) | Q(batch__opened_at__lte=now - PATIENCE))
    told, silent = (one.aggregate(n=Sum("drawn"))["n"] or 0 for one in (done, left))
    frames = [(unpacked(bytes(kept)), p) for kept, p in done.order_by("batch_id").values_list("record", "probability")]
    tally = from_grid(project_id).values()
    shown, found = sum(there for _, there in tally), sum(hit for hit, _ in tally)
    return Record(frames, shown, found, told + silent, silent)


def taken_out(project_id: UUID) -> list[UUID]:
    """Tasks that marks have sent away from where they rested, in a fixed order."""
    rows = GridBatch.objects.filter(project_id=project_id).exclude(taken_out=[])
    return sorted({UUID(task) for tasks in rows.values_list("taken_out", flat=True) for task in tasks})


def looks_in_grid(tasks: Collection[UUID]) -> dict[UUID, dict[UUID, list[GridLook]]]:
    """By task and label, the earliest first."""
    words = Q(subject_type=SubjectType.LABEL)
    # A missing object that was added has the id of its prediction.
    added = Q(subject_type=SubjectType.PREDICTION, is_error=True, left_revision__isnull=False)
    rows = Observation.objects.filter(words | added, task_id__in=tasks, instrument="grid")
    columns = (
        "task_id",
        "subject",
        "label_revision",
        "left_revision",
        "is_error",
        "kind",
        "at",
        "class_id",
        "at_random",
        "probability",
        "subject_type",
    )
    found: dict[UUID, dict[UUID, list[GridLook]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.order_by("at", "id").values_list(*columns):
        task, label, seen, left, wrong, kind, at, class_id, by_chance, chance, what = row
        made = what == SubjectType.PREDICTION
        said = Said(0, left if made else seen, left or seen, is_error=wrong, stands=wrong and left is None, kind=kind)
        found[task][label].append(GridLook(said, at, class_id, by_chance, chance, made))
    return {task: dict(labels) for task, labels in found.items()}


@dataclass(frozen=True)
class Reach:
    """With what chance the random draws over some labels would have chosen them. ``contents`` (labels, frames): the one
    in which each frame had each label."""

    at: dict[Subject, int]
    contents: Array
    p: Array

    @staticmethod
    def of(record: Record, subjects: Iterable[Subject]) -> Reach:
        wanted = sorted(set(subjects))
        keys = keys_of(wanted)
        found = [contents_in(frame, keys) for frame, _ in record.frames]
        return Reach(
            {subject: at for at, subject in enumerate(wanted)},
            np.stack(found, axis=1) if found else np.empty((len(wanted), 0), np.int64),
            np.array([p for _, p in record.frames], np.float64),
        )

    def chance(self, subject: Subject, since: int, changes: Sequence[int]) -> float:
        """1 - Π (1 - p) over the draws that had the label in the content named by ``since``."""
        at = self.at.get(subject)
        if at is None:
            return 0.0
        then = self.contents[at]
        same = then == since
        for content in {int(one) for one in then[~same] if one >= 0} if changes else ():
            if content_at(changes, content) == since:
                same |= then == content
        return 1 - float(np.prod(1 - self.p[same]))


@dataclass(frozen=True)
class Grid:
    """Of one chunk of tasks: the looks at their labels, and the reach of the draws."""

    looks: dict[UUID, dict[UUID, list[GridLook]]]
    reach: Reach

    def of(self, task: UUID, label: UUID | None) -> Sequence[GridLook]:
        return self.looks.get(task, {}).get(label, ()) if label else ()
