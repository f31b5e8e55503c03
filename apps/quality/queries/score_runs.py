"""The latest scoring of a project, and the model that it is to use."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np

from apps.inference.models import PredictionModel
from apps.quality.models import QualitySettings, ScoreRun

FACT_DIGITS = 6
"""To how many digits routers get a score."""


def latest_run(project_id: UUID) -> ScoreRun | None:
    """The last one that came to its end."""
    rows = ScoreRun.objects.filter(project_id=project_id, finished_at__isnull=False)
    return rows.select_related("model", "model__model_version").order_by("-finished_at", "-id").first()


def model_to_use(project_id: UUID) -> PredictionModel | None:
    """What the settings name, else the newest model that has predicted anything; None without predictions."""
    settings = QualitySettings.objects.filter(project_id=project_id).select_related("model__model_version").first()
    if settings is not None and settings.model is not None:
        return settings.model
    rows = PredictionModel.objects.filter(project_id=project_id, units__isnull=False)
    return rows.select_related("model_version").order_by("-id").first()


def second_to_use(project_id: UUID, model: PredictionModel | None) -> PredictionModel | None:
    """The newest other model with predictions: no version of the same one, which would agree with itself."""
    if model is None:
        return None
    rows = PredictionModel.objects.filter(project_id=project_id, units__isnull=False).exclude(name=model.name)
    return rows.select_related("model_version").order_by("-id").first()


def rank_of(run: ScoreRun | None, value: float) -> float | None:
    """The share of the project's tasks at or below the value, from the quantiles of the latest run."""
    quantiles: list[Any] = (run.counts.get("quantiles") or []) if run else []
    if not quantiles:
        return None
    return float(np.searchsorted(np.array(quantiles), value, side="right") / len(quantiles))
