"""What a model was trained on, as far as it names a snapshot of its project."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from apps.inference.models import PredictionModel
from apps.labels.models import Snapshot, SnapshotEntry


def snapshot_of(model: PredictionModel) -> Snapshot | None:
    """The snapshot that ``trained_on`` names, by id or by name; None without one."""
    said = model.trained_on.strip()
    if not said:
        return None
    rows = Snapshot.objects.filter(project_id=model.project_id)
    try:
        found = rows.filter(id=UUID(said)).first()
    except ValueError:
        found = None
    return found or rows.filter(name=said).first()


def units_trained_on(model: PredictionModel) -> QuerySet[SnapshotEntry, UUID]:
    """Ids of the data units that the model has seen the labels of: nothing where it names no snapshot. May be a whole
    project's: use it within a query, or narrow it."""
    snapshot = snapshot_of(model)
    rows = SnapshotEntry.objects.none() if snapshot is None else SnapshotEntry.objects.filter(snapshot=snapshot)
    return rows.values_list("data_unit_id", flat=True)


def trained_among(model: PredictionModel, units: Iterable[UUID]) -> set[UUID]:
    """Those of the units that the model was trained on."""
    return set(units_trained_on(model).filter(data_unit__in=list(units)))


def origins_of(model: PredictionModel) -> frozenset[str]:
    """What the origin of a label that this model made may call it."""
    names = {model.name, str(model), str(model.id)}
    return frozenset(names | ({model.model_version.name} if model.model_version else set()))


def made_by(origin: object, names: frozenset[str]) -> bool:
    """Whether a label with this origin is the model's own word, which nobody has changed."""
    if not isinstance(origin, dict) or origin.get("edited"):
        return False
    return origin.get("kind") == "model" and origin.get("model") in names
