"""Which model answers for a project, read with as few statements as can be."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from apps.common.errors import Conflict, Invalid
from apps.inference import wire
from apps.inference.models import ModelKind, ModelVersion
from apps.inference.queries import assistant_of, default_segmenter, models_for_project, segmenter_for


@dataclass(frozen=True, slots=True)
class Chosen:
    """What answers clicks; ``model`` None is the classical assistant."""

    enabled: bool
    model: ModelVersion | None

    @property
    def spec(self) -> wire.ModelSpec:
        return wire.CLASSICAL if self.model is None else self.model.spec()


def chosen_for(project_id: UUID) -> Chosen:
    """The project's own choice, or the instance's default."""
    assistant = assistant_of(project_id)
    if not assistant.enabled or assistant.classical:
        return Chosen(assistant.enabled, None)
    if assistant.model is not None and assistant.model.archived_at is None:
        return Chosen(True, assistant.model)
    return Chosen(True, default_segmenter())


def engine_for(project_id: UUID, asked: str | None) -> Chosen:
    """As ``chosen_for``, or the model ``asked`` for. Raises Conflict where the assistant is off, Invalid at /model."""
    chosen = chosen_for(project_id)
    if not chosen.enabled:
        raise Conflict("The assistant is switched off in this project.", code="assistant_off")
    return chosen if asked is None else Chosen(True, segmenter_for(project_id, asked))


def predictor_named(project_id: UUID, asked: str) -> ModelVersion:
    """The project's predictor of this id or name; of two with one name the newer. Raises Invalid at /model."""
    return _named(project_id, ModelKind.PREDICTOR, asked)


def segmenter_named(project_id: UUID, asked: str) -> ModelVersion:
    """As ``predictor_named``, for a promptable model."""
    return _named(project_id, ModelKind.SEGMENTER, asked)


def _named(project_id: UUID, kind: ModelKind, asked: str) -> ModelVersion:
    rows = models_for_project(project_id, kind)
    try:
        found = rows.filter(pk=UUID(asked)).first()
    except ValueError:
        found = rows.filter(name=asked).order_by("-id").first()
    if found is None:
        raise Invalid.at("/model", f"This project has no {kind.value} {asked[:100]!r}.", code="unknown_model")
    return found
