"""A project's models by the words that a request names them with."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Concat

from apps.common.errors import Invalid
from apps.inference.models import PredictionModel


def prediction_model_of(project_id: UUID, asked: str, pointer: str = "/model") -> PredictionModel:
    """By id, by name and version, or the newest version of a name. Raises Invalid at ``pointer``."""
    rows = PredictionModel.objects.filter(project_id=project_id).select_related("model_version")
    try:
        found = rows.filter(id=UUID(asked)).first()
    except ValueError:
        named = rows.annotate(called=Concat("name", Value(" "), "version"))
        found = named.filter(Q(called=asked) | Q(name=asked)).order_by("-id").first()
    if found is None:
        raise Invalid.at(pointer, "The project has no predictions of such a model.", code="unknown_model")
    return found
