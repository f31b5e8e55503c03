"""Objects that a model sees and nobody labelled, as the grid offers them: a kind of batch of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.models import User
from apps.inference.models import Prediction
from apps.labels.logic import Extent
from apps.labels.models import Label
from apps.quality.models import Observation, Score, SubjectType
from apps.quality.queries.looks import METRIC
from apps.quality.queries.past_labels import extent_of, overlap
from apps.tasks.models import Task
from workflows.graph import ANNOTATE
from workflows.state import ARCHIVED

COVERED = 0.5
"""The overlap with any label from which on a predicted object is there."""

Subject = tuple[UUID, UUID]
"""Task and prediction."""


def unlabelled(project_id: UUID, user: User, *, class_id: str, annotator: str) -> QuerySet[Any]:
    """Scores of predicted objects of a class ("" for any) in the work of an annotator ("" for anybody's) that the
    person has not judged; never what they overlooked themselves, nor in a task that is being annotated."""
    rows = Score.objects.filter(project_id=project_id, metric=METRIC, subject_type=SubjectType.PREDICTION)
    if class_id:
        rows = rows.filter(class_id=class_id)
    if annotator:
        rows = rows.filter(task__state__annotator=annotator)
    theirs = ~Q(task__state__annotator=str(user.id)) | Q(task__state__annotator__isnull=True)
    judged = Observation.objects.filter(task=OuterRef("task_id"), subject=OuterRef("subject"), reviewer=user)
    rows = rows.filter(theirs).filter(~Exists(judged))
    return rows.exclude(task__stage_type=ANNOTATE).exclude(task__status=ARCHIVED)


def predictions_of(rows: Collection[Score]) -> Mapping[UUID, Prediction]:
    wanted = [row.subject for row in rows]
    return {row.id: row for row in Prediction.objects.filter(id__in=wanted).select_related("model")}


@dataclass
class Around:
    """What surrounds predicted objects now: which of them are suspected still, and where labels lie, by task."""

    suspected: set[Subject]
    labels: dict[UUID, list[Extent]]

    @staticmethod
    def of(tasks: Mapping[UUID, Task], predictions: Collection[UUID]) -> Around:
        scores = Score.objects.filter(
            task_id__in=tasks, metric=METRIC, subject_type=SubjectType.PREDICTION, subject__in=predictions
        )
        sets = {task.label_set_id: task.id for task in tasks.values() if task.label_set_id}
        labels: dict[UUID, list[Extent]] = defaultdict(list)
        boxes = Label.objects.filter(label_set_id__in=sets, width__isnull=False)
        for label_set, *box in boxes.values_list("label_set_id", "x", "y", "width", "height"):
            x, y, width, height = (float(side or 0) for side in box)
            labels[sets[label_set]].append(Extent(x, y, width, height, width * height))
        return Around(set(scores.values_list("task_id", "subject")), labels)

    def is_missing(self, task: Task, prediction: UUID, geometry: object) -> bool:
        """Whether the object is suspected still, and no label has come to cover it."""
        place = extent_of(geometry, (task.data_unit.width, task.data_unit.height))
        if (task.id, prediction) not in self.suspected or place is None:
            return False
        return all(overlap(place, there) < COVERED for there in self.labels[task.id])

    def add(self, task: Task, geometry: object) -> None:
        """An object that has just been labelled."""
        place = extent_of(geometry, (task.data_unit.width, task.data_unit.height))
        if place is not None:
            self.labels[task.id].append(place)
