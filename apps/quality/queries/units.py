"""What scorers read: the labels and predictions of some tasks, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.inference.models import PredictedUnit, Prediction, PredictionModel
from apps.labels.models import Label
from apps.quality.logic.digests import digest_of
from apps.quality.queries.lineage import made_by, origins_of, trained_among
from apps.tasks.models import Task
from workflows.state import ARCHIVED

LABEL_COLUMNS = ("label_set_id", "label_id", "class_id", "shape", "geometry", "attributes", "origin", "changed_in")
PREDICTION_COLUMNS = (
    *("data_unit_id", "id", "class_id", "shape", "geometry", "attributes", "confidence", "probabilities"),
)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label. ``own``: the model itself made it and nobody changed it since, so its agreement says nothing."""

    id: UUID
    class_id: str
    shape: str
    geometry: Any
    attributes: dict[str, Any]
    own: bool


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """A model's label."""

    id: UUID
    class_id: str
    shape: str
    geometry: Any
    attributes: dict[str, Any]
    confidence: float
    probabilities: dict[str, float]


@dataclass(slots=True)
class UnitRows:
    """One task's labels at ``revision`` and what the model says of its image. ``predicted``: the model has looked, and
    was not trained on this very image. ``second``: the same task as another model sees it."""

    task_id: UUID
    unit_id: UUID
    label_set_id: UUID | None
    revision: int
    size: tuple[int, int]
    predicted: bool
    labels: list[LabelRow] = field(default_factory=list)
    predictions: list[PredictionRow] = field(default_factory=list)
    second: UnitRows | None = None

    @property
    def wants_second(self) -> bool:
        """Whether there are labels of which the model may say nothing."""
        return not self.predicted or any(row.own for row in self.labels)

    def digest(self, *versions: str) -> str:
        """Of everything that goes into its scores: the same digest, the same scores."""
        said = [
            *versions,
            self.predicted,
            *([str(row.id), row.class_id, row.geometry, row.attributes, row.own] for row in self.labels),
            "predictions",
            *(
                [str(row.id), row.class_id, row.geometry, row.attributes, row.confidence, row.probabilities]
                for row in self.predictions
            ),
            self.second.digest() if self.second is not None else "",
        ]
        return digest_of(said)


def tasks_to_score(project_id: UUID) -> QuerySet[Task]:
    """Tasks of which labels have been saved, in keyset order."""
    rows = Task.objects.filter(project_id=project_id, label_set__isnull=False, label_set__revision__gt=0)
    return rows.exclude(status=ARCHIVED).select_related("data_unit", "label_set").order_by("id")


def chunks(rows: QuerySet[Task], *, after: UUID | None = None, size: int = 200) -> Iterator[list[Task]]:
    """The tasks, some at a time, by keyset; a task that comes in between is seen if its id is still ahead."""
    while found := list((rows.filter(id__gt=after) if after else rows)[:size]):
        yield found
        after = found[-1].id


def unit_rows(tasks: Sequence[Task], model: PredictionModel | None) -> list[UnitRows]:
    """Four statements however many tasks. Without a model nothing is predicted."""
    units = {task.data_unit_id: task for task in tasks}
    looked: set[UUID] = set()
    if model is not None:
        rows = PredictedUnit.objects.filter(model=model, data_unit_id__in=units)
        looked = set(rows.values_list("data_unit_id", flat=True)) - trained_among(model, units)
    found = {
        task.id: UnitRows(
            task.id,
            task.data_unit_id,
            task.label_set_id,
            task.label_set.revision if task.label_set else 0,
            (task.data_unit.width, task.data_unit.height),
            task.data_unit_id in looked,
        )
        for task in tasks
    }
    add_labels(found, model)
    if model is not None and looked:
        add_predictions({row.unit_id: row for row in found.values()}, model, looked)
    return list(found.values())


def add_labels(found: dict[UUID, UnitRows], model: PredictionModel | None) -> None:
    names = origins_of(model) if model is not None else frozenset()
    sets = {row.label_set_id: row for row in found.values() if row.label_set_id}
    columns = Label.objects.filter(label_set_id__in=sets).order_by("id").values_list(*LABEL_COLUMNS)
    for label_set, label, class_id, shape, geometry, attributes, origin, _ in columns:
        own = made_by(origin, names)
        sets[label_set].labels.append(LabelRow(label, class_id, shape, geometry, attributes, own))


def add_predictions(by_unit: dict[UUID, UnitRows], model: PredictionModel, looked: set[UUID]) -> None:
    rows = Prediction.objects.filter(model=model, data_unit_id__in=looked).order_by("id")
    for unit, *values in rows.values_list(*PREDICTION_COLUMNS):
        by_unit[unit].predictions.append(PredictionRow(*values))
