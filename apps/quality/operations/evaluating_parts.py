"""An evaluation's parts: some hundred data units read, compared, and kept as one file each until all are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.inference.models import PredictedUnit, Prediction
from apps.labels.models import Label
from apps.quality.logic.checks import Array
from apps.quality.logic.evaluated import Owners, Table, table_of
from apps.quality.logic.matching import match
from apps.quality.models import Evaluation
from apps.quality.queries.lineage import made_by, origins_of, trained_among
from apps.quality.queries.truth import Truth, truths
from apps.quality.shapes.coco_figures import Evaluated, Scene, evaluate
from apps.quality.shapes.comparing import Compared, Item, Reader, Row, compare, paired
from apps.tasks.models import Task

CHUNK = 200
NAMED = 20
MOST_SUBSETS = 50
REST = "other"
FAMILIES = ("bbox", "segm")
ROW = ("class_id", "shape", "geometry", "attributes")


@dataclass(slots=True)
class Tally:
    """How far an evaluation is; kept with its job."""

    after: int = 0
    parts: int = 0
    units: int = 0
    labels: int = 0
    predictions: int = 0
    keys: list[str] = field(default_factory=list)
    subsets: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    trained_on: list[dict[str, str]] = field(default_factory=list)
    answered: dict[str, dict[str, int]] = field(default_factory=dict)

    def leave(self, counted: Mapping[str, int]) -> None:
        self.left = dict(Counter(self.left) + Counter(counted))


@dataclass(frozen=True)
class Unit:
    """A task's data unit beside its label set's labels and the model's predictions."""

    task: Task
    name: str
    size: tuple[int, int]
    subset: int
    labels: list[Row]
    predictions: list[Row]
    truth: Truth
    own: frozenset[UUID]


def next_part(evaluation: Evaluation, reader: Reader, tally: Tally) -> bool:
    """Reads the next data units, and writes what they came to as a part. False when there were none."""
    rows = PredictedUnit.objects.filter(model=evaluation.model_id, id__gt=tally.after).order_by("id")
    chunk = list(rows.select_related("data_unit")[:CHUNK])
    if not chunk:
        return False
    units = read_units(evaluation, chunk, tally)
    compared = [compare_unit(reader, unit, tally) for unit in units]
    arrays = {f"table_{name}": value for name, value in tabled(reader, units, compared).arrays().items()}
    for family in FAMILIES:
        found = evaluate(scenes(units, compared, family, tally.units), family)
        arrays |= {f"{family}_{name}": value for name, value in found.arrays().items()}
    arrays["image_subset"] = np.array([unit.subset for unit in units], np.int32)
    store(part_key(evaluation, tally.parts), arrays)
    tally.keys = list(reader.numbers)
    tally.after, tally.parts, tally.units = chunk[-1].id, tally.parts + 1, tally.units + len(units)
    return True


def read_units(evaluation: Evaluation, chunk: Sequence[PredictedUnit], tally: Tally) -> list[Unit]:
    """The units that the model may be held against. What it was trained on is named and left out."""
    seen = trained_among(evaluation.model, [row.data_unit_id for row in chunk])
    for row in chunk:
        if row.data_unit_id in seen and len(tally.trained_on) < NAMED:
            tally.trained_on.append({"id": str(row.data_unit_id), "name": row.data_unit.name})
    data = {row.data_unit_id: row.data_unit for row in chunk if row.data_unit_id not in seen}
    found = Task.objects.filter(project=evaluation.project_id, data_unit__in=list(data)).select_related("label_set")
    tasks = sorted(found, key=lambda task: task.id)
    labels, changed, own = labels_of(tasks, origins_of(evaluation.model))
    said = predictions_of(evaluation, list(data))
    truth = truths(tasks, changed, evaluation.truth)
    held = [task for task in tasks if task.id in truth and (truth[task.id].whole or truth[task.id].labels)]
    tally.leave({"units_trained_on": len(seen), "units_without_truth": len(data) - len(held)})
    return [
        Unit(
            task,
            data[task.data_unit_id].name,
            (data[task.data_unit_id].width, data[task.data_unit_id].height),
            subset_of(data[task.data_unit_id].metadata, evaluation.subset, tally),
            labels.get(task.id, []),
            said.get(task.data_unit_id, []),
            truth[task.id],
            frozenset(own.get(task.id, ())),
        )
        for task in held
    ]


def labels_of(
    tasks: Sequence[Task], names: frozenset[str]
) -> tuple[dict[UUID, list[Row]], dict[UUID, dict[UUID, int]], dict[UUID, set[UUID]]]:
    """By task its labels, the revisions that last changed them, and those that the model made unedited."""
    by_set = {task.label_set_id: task.id for task in tasks if task.label_set_id}
    labels: dict[UUID, list[Row]] = {}
    changed: dict[UUID, dict[UUID, int]] = {}
    own: dict[UUID, set[UUID]] = {}
    rows = Label.objects.filter(label_set__in=list(by_set)).order_by("label_set_id", "id")
    for label_set, label, revision, origin, *rest in rows.values_list(
        "label_set_id", "label_id", "changed_in", "origin", *ROW
    ):
        task = by_set[label_set]
        labels.setdefault(task, []).append(Row(label, *rest))
        changed.setdefault(task, {})[label] = revision
        if made_by(origin, names):
            own.setdefault(task, set()).add(label)
    return labels, changed, own


def predictions_of(evaluation: Evaluation, units: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """By data unit; a prediction is named by the row's own id."""
    found: dict[UUID, list[Row]] = {}
    rows = Prediction.objects.filter(model=evaluation.model_id, data_unit__in=units).order_by("data_unit_id", "id")
    for unit, *rest in rows.values_list("data_unit_id", "id", *ROW, "confidence", "probabilities"):
        found.setdefault(unit, []).append(Row(*rest))
    return found


def subset_of(metadata: Mapping[str, Any], key: str, tally: Tally) -> int:
    """The number of the subset that the unit says it is of; more than MOST_SUBSETS are one."""
    said = str(metadata.get(key, ""))[:100] if key else ""
    if said not in tally.subsets and len(tally.subsets) >= MOST_SUBSETS:
        said = REST
    if said not in tally.subsets:
        tally.subsets.append(said)
    return tally.subsets.index(said)


def compare_unit(reader: Reader, unit: Unit, tally: Tally) -> Compared:
    own = unit.own & unit.truth.labels
    kept = unit.truth.labels - own
    found = compare(reader, unit.labels, unit.predictions, kept, unit.size, whole=unit.truth.whole)
    unreviewed = sum(row.id not in unit.truth.labels for row in unit.labels)
    tally.leave({"own_labels": len(own), "unreviewed_labels": unreviewed, **found.left})
    tally.labels += len(found.labels)
    tally.predictions += len(found.predictions)
    count_answers(found, tally)
    return found


def count_answers(found: Compared, tally: Tally) -> None:
    """Of each question: labels, right answers, and right ones among the five most probable."""
    said: dict[str, Item] = {}
    for item in found.predictions:
        if item.thing is None and (item.question not in said or item.confidence > said[item.question].confidence):
            said[item.question] = item
    for label in found.labels:
        if label.thing is not None:
            continue
        counts = tally.answered.setdefault(label.question, {"labels": 0, "right": 0, "ranked": 0, "in_five": 0})
        counts["labels"] += 1
        best = said.get(label.question)
        counts["right"] += best is not None and best.key == label.key
        if best is not None and best.row.probabilities:
            ranked = sorted(best.row.probabilities, key=lambda option: -best.row.probabilities[option])
            counts["ranked"] += 1
            counts["in_five"] += label.key.partition(":")[2] in ranked[:5]


def tabled(reader: Reader, units: Sequence[Unit], compared: Sequence[Compared]) -> Table:
    predictions = [(item, row) for row, one in enumerate(compared) for item in one.predictions]
    labels = [(item, row) for row, one in enumerate(compared) for item in one.labels]
    subsets = np.array([unit.subset for unit in units], np.int64)
    things = paired(
        reader, [item for item, _ in predictions], [item for item, _ in labels], *(one.near for one in compared)
    )
    said, meant = (np.array([row for _, row in group], np.int64) for group in (predictions, labels))
    owners = Owners(
        ids([item.row.id for item, _ in predictions]), said, subsets[said],
        ids([item.row.id for item, _ in labels]), meant, subsets[meant],
        ids([unit.task.id for unit in units]),
    )  # fmt: skip
    return table_of(things, match(things), owners)


def ids(values: Sequence[UUID]) -> Array:
    """(n, 16) bytes."""
    return np.frombuffer(b"".join(value.bytes for value in values), np.uint8).reshape(-1, 16)


def scenes(units: Sequence[Unit], compared: Sequence[Compared], family: str, first: int) -> list[Scene]:
    """The images as COCO evaluates them: ``bbox`` has the boxes, ``segm`` what has a surface of its own."""

    def of(items: Sequence[Item]) -> list[Any]:
        return [item.thing for item in items if item.thing and (item.thing.mask is not None) == (family == "segm")]

    return [
        Scene(first + row, unit.size, of(one.labels), of(one.predictions))
        for row, (unit, one) in enumerate(zip(units, compared, strict=True))
    ]


def part_key(evaluation: Evaluation, number: int) -> str:
    return f"quality/evaluations/{evaluation.id}/part-{number}.npz"


def store(key: str, arrays: Mapping[str, Array]) -> None:
    """Writes ``key`` anew: what an earlier attempt left there goes."""
    file = BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    default_storage.delete(key)
    default_storage.save(key, ContentFile(file.getvalue()))


def load(key: str) -> dict[str, Array]:
    with default_storage.open(key, "rb") as file, np.load(BytesIO(file.read()), allow_pickle=False) as arrays:
        return dict(arrays)


def under(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


__all__ = ["Evaluated", "Tally", "load", "next_part", "part_key", "store", "under"]
