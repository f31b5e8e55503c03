"""Reads of models: which a project uses, which a person may choose, how far a project's embeddings are."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.accounts.principal import Principal
from apps.common.errors import Invalid
from apps.datasets.models import DataUnit
from apps.inference import wire
from apps.inference.models import Assistant, ModelKind, ModelVersion, Prediction, PredictionModel, StoredEmbedding
from apps.projects.models import ProjectDataset
from apps.projects.policies import visible_projects

CLASSICAL = "classical"
COUNTED = 10_000
"""Data units that a coverage looks at: nothing in a request grows with a project."""


def image_ref(unit: DataUnit) -> wire.ImageRef:
    """What the process reads of a data unit: the rendition where there is one, since it is what people see."""
    key = unit.rendition_key or unit.media_key
    return wire.ImageRef(key=key, sha256=unit.sha256, width=unit.width, height=unit.height)


def live_models(kind: ModelKind) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.filter(kind=kind, archived_at=None)


def models_visible(principal: Principal) -> QuerySet[ModelVersion]:
    """What the caller's projects may use: the instance's models and their own. The instance's admin sees all."""
    if principal.user.is_superuser and principal.project_id is None:
        return ModelVersion.objects.filter(archived_at=None)
    projects = visible_projects(principal).values("pk")
    ours = Q(project__in=projects)
    if projects.exists():
        ours |= Q(project=None)
    return ModelVersion.objects.filter(ours, archived_at=None)


def models_for_project(project_id: UUID, kind: ModelKind) -> QuerySet[ModelVersion]:
    """The models of a kind that work in the project may use."""
    return live_models(kind).filter(Q(project=None) | Q(project_id=project_id))


def default_segmenter() -> ModelVersion | None:
    """The instance's; None without one."""
    return live_models(ModelKind.SEGMENTER).filter(is_default=True).first()


def assistant_of(project_id: UUID) -> Assistant:
    """What the project chose, or what it has without having chosen (a row that is not saved)."""
    found = Assistant.objects.select_related("model").filter(project_id=project_id).first()
    return found or Assistant(project_id=project_id)


def assistant_enabled(project_id: UUID) -> bool:
    """Whether the project offers an assistant at all."""
    return assistant_of(project_id).enabled


def segmenter_for(project_id: UUID, asked: str | None = None) -> ModelVersion | None:
    """The model that answers clicks in the project, or the one ``asked`` for by id; None is the classical assistant.

    Raises Invalid at /model for one that is not there or not the project's to use.
    """
    if asked == CLASSICAL:
        return None
    if asked is not None:
        return _named(models_for_project(project_id, ModelKind.SEGMENTER), asked)
    chosen = assistant_of(project_id)
    if chosen.classical:
        return None
    if chosen.model is not None and chosen.model.archived_at is None:
        return chosen.model
    return default_segmenter()


def predictor_for(project_id: UUID, asked: str) -> ModelVersion:
    """The predictor with this id. Raises Invalid at /model."""
    return _named(models_for_project(project_id, ModelKind.PREDICTOR), asked)


def describer_for(project_id: UUID, kind: ModelKind, asked: str) -> ModelVersion | None:
    """The segmenter or embedder with this id that work in the project may use; None where there is none."""
    try:
        return models_for_project(project_id, kind).filter(pk=UUID(asked)).first()
    except ValueError:
        return None


def _named(rows: QuerySet[ModelVersion], asked: str) -> ModelVersion:
    try:
        found = rows.filter(pk=UUID(asked)).first()
    except ValueError:
        found = None
    if found is None:
        raise Invalid.at("/model", "There is no such model that this project may use.", code="unknown_model")
    return found


def units_of_project(project_id: UUID) -> QuerySet[DataUnit]:
    """The data units of the project's datasets."""
    datasets = ProjectDataset.objects.filter(project_id=project_id).values("dataset_id")
    return DataUnit.objects.filter(dataset__in=datasets)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the project's data units have an embedding; not ``exact`` when only the first ones were looked at."""

    embedded: int
    units: int
    exact: bool


def coverage(project_id: UUID, model: ModelVersion) -> Coverage:
    """Looks at ``COUNTED`` data units at most."""
    first = units_of_project(project_id).order_by("pk").values("pk")[: COUNTED + 1]
    units = first.count()
    stored = StoredEmbedding.objects.filter(model_sha256=model.sha256, image_sha256=OuterRef("sha256"))
    embedded = DataUnit.objects.filter(Exists(stored), pk__in=first[:COUNTED]).count()
    return Coverage(embedded, min(units, COUNTED), units <= COUNTED)


def embeddings_stored(model_sha256: str, image_sha256s: list[str]) -> set[str]:
    """Those of the images that have one."""
    rows = StoredEmbedding.objects.filter(model_sha256=model_sha256, image_sha256__in=image_sha256s)
    return set(rows.values_list("image_sha256", flat=True))


def prediction_models_of(project_id: UUID) -> QuerySet[PredictionModel]:
    return PredictionModel.objects.filter(project_id=project_id)


def predictions_of(
    project_id: UUID, *, data_unit: UUID | None = None, model: UUID | None = None
) -> QuerySet[Prediction]:
    """The project's predictions, of one data unit or one model if told."""
    rows = Prediction.objects.filter(project_id=project_id)
    if data_unit is not None:
        rows = rows.filter(data_unit_id=data_unit)
    return rows if model is None else rows.filter(model_id=model)
