"""The only way to a model for a person, and who sees what models said."""

from __future__ import annotations

from uuid import UUID

from apps.accounts.principal import Principal
from apps.accounts.visibility import visible_ids
from apps.common.errors import Conflict, Forbidden, Invalid
from apps.datasets.models import DataUnit
from apps.datasets.policies import get_data_unit_for, require_instance_admin
from apps.inference.models import ModelKind, ModelVersion
from apps.inference.queries import default_segmenter, models_visible
from apps.projects.models import ProjectRole
from apps.projects.policies import ProjectAccess

__all__ = [
    "get_embedding_for",
    "get_segmenter_for",
    "require_instance_admin",
    "require_predictions",
    "require_predictor",
]


def get_segmenter_for(principal: Principal, model_id: UUID | None) -> ModelVersion:
    """The segmenter that the caller names, or the instance's default. Raises Invalid at /model, Conflict."""
    if model_id is None:
        found = default_segmenter()
        if found is None:
            raise Conflict("This server has no model; its assistant is classical.", code="no_model")
        return found
    found = models_visible(principal).filter(pk=model_id, kind=ModelKind.SEGMENTER).first()
    if found is None:
        raise Invalid.at("/model", "There is no such model that you may use.", code="unknown_model")
    return found


def get_embedding_for(principal: Principal, data_unit_id: UUID, model_id: UUID | None) -> tuple[DataUnit, ModelVersion]:
    """A data unit that the caller may read, or works on at the moment, and a model: they name an embedding.

    Raises NotFound, Invalid, Conflict.
    """
    in_hand = visible_ids("data_unit", principal.user.pk, principal.project_id)
    unit = DataUnit.objects.filter(pk=data_unit_id).filter(pk__in=in_hand).first()
    return unit or get_data_unit_for(principal, data_unit_id), get_segmenter_for(principal, model_id)


def require_predictions(access: ProjectAccess) -> None:
    """Raises Forbidden unless the person may read all predictions of the project. Annotators never do; reviewers see
    those of the task before them, not a project's."""
    if not access.sees_all and ProjectRole.AGENT not in access.roles:
        raise Forbidden("Only managers, viewers and agents of the project see predictions.", code="viewer_only")


def require_predictor(access: ProjectAccess) -> None:
    """Raises Forbidden unless the caller may bring predictions: a manager, or an agent."""
    if not access.is_manager and ProjectRole.AGENT not in access.roles:
        raise Forbidden("Only managers and agents of the project bring predictions.", code="manager_only")
