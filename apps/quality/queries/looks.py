"""Everything that is known about a batch of review visits: the words spoken, and what scores said before them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Q

from apps.flows.queries import compiled_graph
from apps.inference.models import Prediction
from apps.labels.logic import Row
from apps.quality.logic.numbers import log_odds
from apps.quality.models import Observation, Score, SubjectType
from apps.quality.queries.calibrations import EDGE
from apps.quality.queries.chances import AUDIT, Chance, chances_of
from apps.quality.queries.past_labels import At, rows_at
from apps.quality.queries.series import LOOKED, series_of
from apps.tasks.models import Verdict, Visit, VisitStatus
from workflows.events import GOES_ON

METRIC = "mistakenness"
EXPLICIT, EDIT, IMPLICIT = "explicit", "edit", "task"


@dataclass(frozen=True)
class Seen:
    """What the score of one subject said, as it stood."""

    value: float
    p_error: float | None
    odds: float | None
    vector: list[float]
    scorer_version: str
    label_revision: int
    class_id: str

    @staticmethod
    def of(score: Score) -> Seen:
        detail: Mapping[str, Any] = score.detail or {}
        odds = detail.get("odds")
        if score.subject_type == SubjectType.PREDICTION and odds is not None:
            odds = log_odds(np.array(odds), edge=EDGE)  # of a missing object the detail keeps the value itself
        return Seen(
            score.value,
            score.p_error,
            None if odds is None else float(odds),
            [float(one) for one in detail.get("vector") or detail.get("features") or ()],
            score.scorer_version,
            score.label_revision,
            score.class_id,
        )


@dataclass
class Sight:
    """One visit. ``words``: verdicts by label, oldest first, superseded ones too; ``missing``: standing reports of
    objects that nobody labelled; ``silent``: labels approved only with the task, with the revision they had.
    ``found_before``: the visits that this one goes on with found an error."""

    visit: Visit
    chance: Chance
    words: dict[UUID, list[Verdict]] = field(default_factory=lambda: defaultdict(list))
    missing: list[Verdict] = field(default_factory=list)
    silent: dict[UUID, Verdict] = field(default_factory=dict)
    exhaustive: bool = False
    strict: bool = False
    found_before: bool = False

    @property
    def closed(self) -> bool:
        return self.visit.status == VisitStatus.DONE and self.visit.outcome in (*LOOKED, *GOES_ON)

    @property
    def ends(self) -> bool:
        """Whether no other visit goes on with the same look."""
        return self.closed and self.visit.outcome not in GOES_ON

    @property
    def whole(self) -> bool:
        """Whether the look covered the whole task."""
        return self.exhaustive or self.strict or self.visit.blind or self.chance.is_(AUDIT)

    def anchor(self, label: UUID) -> int:
        """The revision at which the label was first judged in this visit: before its first edit."""
        first = self.words[label][0]
        return max(0, first.label_revision - (1 if first.source == EDIT else 0))

    def last_edit(self, label: UUID) -> int | None:
        edits = [word.label_revision for word in self.words[label] if word.source == EDIT]
        return edits[-1] if edits else None


@dataclass(frozen=True)
class Batch:
    """``rows``: labels as they were. ``labels``, ``predictions``, ``tasks``: scores by task, then by subject."""

    sights: list[Sight]
    rows: Mapping[At, Row | None]
    scores: Mapping[UUID, Mapping[tuple[str, UUID], Seen]]
    predictions: Mapping[UUID, Prediction]
    kept: Mapping[int, Sequence[Observation]]

    def row(self, sight: Sight, label: UUID, revision: int) -> Row | None:
        return (
            self.rows.get((sight.visit.task.label_set_id, label, revision)) if sight.visit.task.label_set_id else None
        )

    def seen(self, sight: Sight, kind: str, subject: UUID, revision: int) -> Seen | None:
        """What was computed from that revision or an earlier one."""
        found = self.scores.get(sight.visit.task_id, {}).get((kind, subject))
        return found if found is not None and found.label_revision <= revision else None


def batch_of(visits: Sequence[Visit]) -> Batch:
    """``visits`` come with their task. A handful of statements, however many there are."""
    chances = chances_of(visits)
    sights = {visit.id: Sight(visit, chances[visit.id], strict=is_strict(visit)) for visit in visits}
    for verdict in Verdict.objects.filter(visit_id__in=sights).order_by("id"):
        hear(sights[verdict.visit_id], verdict)
    for visit_id in after_errors(visits):
        sights[visit_id].found_before = True
    scores = scores_of({visit.task_id for visit in visits})
    ids = {subject for found in scores.values() for kind, subject in found if kind == SubjectType.PREDICTION}
    kept = defaultdict(list)
    for row in Observation.objects.filter(task_id__in={visit.task_id for visit in visits}, visit__in=list(sights)):
        kept[row.visit or 0].append(row)
    ids |= {row.subject for rows in kept.values() for row in rows if row.subject_type == SubjectType.PREDICTION}
    predictions = {row.id: row for row in Prediction.objects.filter(id__in=ids)}
    return Batch(list(sights.values()), rows_at(wanted(list(sights.values()))), scores, predictions, kept)


def after_errors(visits: Sequence[Visit]) -> set[int]:
    """Those of the visits that go on with a look in which an error was named or put right."""
    shared = series_of({visit.task_id for visit in visits})
    before = {
        visit.id: {one.id for one in shared[visit.id].visits if one.number < visit.number}
        for visit in visits
        if visit.id in shared
    }
    earlier = Verdict.objects.filter(visit_id__in=set().union(*before.values()), implicit=False, verdict="rejected")
    wrong = set(earlier.filter(Q(superseded=False) | Q(source=EDIT)).values_list("visit_id", flat=True))
    return {visit for visit, ids in before.items() if ids & wrong}


def hear(sight: Sight, verdict: Verdict) -> None:
    if verdict.implicit:
        if verdict.label is not None and not verdict.superseded:
            sight.silent[verdict.label] = verdict
    elif verdict.label is not None:
        sight.words[verdict.label].append(verdict)
    elif not verdict.superseded and verdict.verdict == "rejected":
        sight.missing.append(verdict)
    elif not verdict.superseded and verdict.mode == "exhaustive":
        sight.exhaustive = True


def is_strict(visit: Visit) -> bool:
    stage = compiled_graph(visit.task.workflow_version_id).stages.get(visit.stage)
    return bool(stage and stage.strict)


def wanted(sights: Sequence[Sight]) -> set[At]:
    found: set[At] = set()
    for sight in sights:
        label_set = sight.visit.task.label_set_id
        if label_set is None:
            continue
        for label in sight.words:
            found.add((label_set, label, sight.anchor(label)))
            edited = sight.last_edit(label)
            if edited is not None:
                found.add((label_set, label, edited))
        found |= {(label_set, label, word.label_revision) for label, word in sight.silent.items()}
    return found


def scores_of(tasks: set[UUID]) -> dict[UUID, dict[tuple[str, UUID], Seen]]:
    found: dict[UUID, dict[tuple[str, UUID], Seen]] = defaultdict(dict)
    for score in Score.objects.filter(task_id__in=tasks, metric=METRIC):
        found[score.task_id][score.subject_type, score.subject] = Seen.of(score)
    return found
