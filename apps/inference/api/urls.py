"""Routes of the inference app, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from apps.inference.api import assistant, catalog, predictions

PROJECT = "projects/<uuid:project_id>/"

urlpatterns = [
    path("models/", catalog.ModelsView.as_view()),
    path(PROJECT + "assistant/", assistant.AssistantView.as_view()),
    path(PROJECT + "embed/", assistant.EmbedView.as_view()),
    path("data-units/<uuid:data_unit_id>/embedding/", assistant.EmbeddingView.as_view()),
    path(PROJECT + "predictions/", predictions.PredictionsView.as_view()),
    path(PROJECT + "prediction-models/", predictions.PredictionModelsView.as_view()),
]
