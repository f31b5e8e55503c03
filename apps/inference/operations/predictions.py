"""Keeping what models predict: one data unit after another, each wholly or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.common.bulk import insert_many
from apps.common.errors import Conflict, DomainError, FieldError, Invalid
from apps.common.ids import new_id
from apps.inference import hooks
from apps.inference.logic.predictions import MAX_LABELS, PredictedLabel, read_prediction
from apps.inference.models import ModelVersion, PredictedUnit, Prediction, PredictionModel
from apps.inference.queries import units_of_project
from apps.ontologies.logic import OntologyIndex
from apps.ontologies.queries import index_for
from apps.projects.models import Project

MAX_ERRORS = 100
FORGOTTEN_AT_ONCE = 500
COLUMNS = (
    *("id", "data_unit_id", "label_id", "class_id", "shape", "geometry", "attributes", "confidence", "probabilities"),
)


@dataclass(frozen=True, slots=True)
class SavedItem:
    """What became of one data unit's predictions: ``labels`` kept, or the ``error``."""

    data_unit: str
    labels: int = 0
    error: DomainError | None = None


@transaction.atomic
def prediction_model(
    *,
    project: Project,
    name: str,
    version: str = "",
    out_of_sample: bool | None = None,
    trained_on: str = "",
    model_version: ModelVersion | None = None,
) -> PredictionModel:
    """The model of this name and version in the project, new or known. Raises Conflict when it is said to be another
    than before: a model that was trained anew is a new version."""
    said = {"out_of_sample": out_of_sample, "trained_on": trained_on, "model_version": model_version}
    found, made = PredictionModel.objects.get_or_create(project=project, name=name, version=version, defaults=said)
    if made:
        return found
    news = {key: value for key, value in said.items() if value not in (None, "")}
    for key, value in news.items():
        if getattr(found, key) not in (None, "", value):
            detail = f"{name} {version} was said to be another model before ({key}); give it a version of its own."
            raise Conflict(detail, code="model_differs")
        setattr(found, key, value)
    if news:
        found.save(update_fields=list(news))
    return found


@transaction.atomic
def save_predictions(
    *, model: PredictionModel, project: Project, items: Sequence[Mapping[str, Any]], now: datetime
) -> list[SavedItem]:
    """Replaces, for each item's ``data_unit``, what the model said of it by the item's ``labels``: API labels with a
    ``confidence`` and perhaps ``probabilities``. A bad item changes nothing and stops no other; an answer per item, in
    order."""
    lock_model(model)
    index, sizes = index_for(project.ontology_id), sizes_of(project, items)
    results: list[SavedItem] = []
    good: dict[UUID, list[list[Any]]] = {}
    for item in items:
        try:
            unit, labels = read_item(item, sizes, good)
            good[unit] = [row_of(unit, found) for found in read_labels(index, labels, sizes[unit])]
            results.append(SavedItem(str(unit), len(good[unit])))
        except DomainError as error:
            results.append(SavedItem(str(item.get("data_unit", ""))[:100], error=error))
    replace(model, good, now)
    return results


def lock_model(model: PredictionModel) -> None:
    """Two that bring the same unit's predictions at once follow one another. Inside the caller's transaction."""
    PredictionModel.objects.select_for_update(no_key=True).get(pk=model.pk)


def forget_predictions(*, model: PredictionModel, before: datetime) -> int:
    """Deletes what the model said of data units before a moment, some hundred units at a time; how many units."""
    forgotten = 0
    while True:
        with transaction.atomic():
            lock_model(model)
            old = PredictedUnit.objects.filter(model=model, predicted_at__lt=before).order_by("data_unit_id")
            units = list(old.values_list("data_unit_id", flat=True)[:FORGOTTEN_AT_ONCE])
            Prediction.objects.filter(model=model, data_unit__in=units).delete()
            PredictedUnit.objects.filter(model=model, data_unit__in=units).delete()
        forgotten += len(units)
        if len(units) < FORGOTTEN_AT_ONCE:
            return forgotten


def sizes_of(project: Project, items: Sequence[Mapping[str, Any]]) -> dict[UUID, tuple[int, int]]:
    """Width and height of those named data units that are the project's."""
    named = {found for item in items if (found := as_id(item.get("data_unit"))) is not None}
    rows = units_of_project(project.pk).filter(pk__in=named).values_list("pk", "width", "height")
    return {pk: (width, height) for pk, width, height in rows}


def as_id(value: Any) -> UUID | None:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        return None


def read_item(
    item: Mapping[str, Any], sizes: Mapping[UUID, tuple[int, int]], good: Mapping[UUID, Any]
) -> tuple[UUID, list[Any]]:
    """The data unit and its labels as they were sent. Raises Invalid."""
    unit, labels = as_id(item.get("data_unit")), item.get("labels")
    if unit is None or unit not in sizes:
        raise Invalid.at("/data_unit", "The project has no such data unit.", code="unknown_data_unit")
    if unit in good:
        raise Invalid.at("/data_unit", "This data unit is there twice.", code="repeated")
    if not isinstance(labels, list) or len(labels) > MAX_LABELS:
        raise Invalid.at("/labels", f"labels is a list of at most {MAX_LABELS} labels.", code="not_a_list")
    for name in item:
        if name not in ("data_unit", "labels"):
            raise Invalid.at(f"/{name}", "There is no such member.", code="unknown_field")
    return unit, labels


def read_labels(index: OntologyIndex, labels: Sequence[Any], size: tuple[int, int]) -> list[PredictedLabel]:
    """All of a data unit's labels, sound. Raises Invalid with whatever is wrong with any."""
    found: list[PredictedLabel] = []
    errors: list[FieldError] = []
    for number, raw in enumerate(labels):
        pointer = f"/labels/{number}"
        label = read_prediction(index, raw, pointer)
        if isinstance(label, PredictedLabel):
            found.append(label)
            errors += geometry_errors(label, size, f"{pointer}/geometry")
        else:
            errors += label
    ids = [label.label_id for label in found if label.label_id is not None]
    if len(set(ids)) != len(ids):
        errors.append(FieldError("/labels", "repeated_label", "A label's id is there twice."))
    if errors:
        raise Invalid("The predictions are not valid.", errors=errors[:MAX_ERRORS])
    return found


def geometry_errors(label: PredictedLabel, size: tuple[int, int], pointer: str) -> Sequence[FieldError]:
    for check in hooks.check_geometry:
        try:
            check(label.shape, label.geometry, size=size, pointer=pointer, points=label.answer.points)
        except Invalid as error:
            return error.errors
    return ()


def row_of(unit: UUID, label: PredictedLabel) -> list[Any]:
    """The values of COLUMNS."""
    answer, own = label.answer, label.label_id or new_id()
    said = [label.shape, label.geometry, answer.attributes, label.confidence, label.probabilities]
    return [new_id(), unit, own, answer.class_id, *said]


def replace(model: PredictionModel, good: Mapping[UUID, Sequence[list[Any]]], now: datetime) -> None:
    """Inside the caller's transaction."""
    units = list(good)
    Prediction.objects.filter(model=model, data_unit__in=units).delete()
    PredictedUnit.objects.filter(model=model, data_unit__in=units).delete()
    PredictedUnit.objects.bulk_create(
        PredictedUnit(model=model, data_unit_id=unit, labels=len(rows), predicted_at=now) for unit, rows in good.items()
    )
    fixed = {"project_id": model.project_id, "model_id": model.pk, "created_at": now}
    insert_many(Prediction, COLUMNS, [row for rows in good.values() for row in rows], fixed=fixed)
