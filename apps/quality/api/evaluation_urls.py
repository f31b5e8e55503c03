"""Routes of evaluation, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.quality.api.evaluation import EvaluationView, MatchesView, MatchQueueView, TaskPredictionsView

urlpatterns: list[URLPattern] = [
    path("projects/<uuid:project_id>/quality/evaluation/", EvaluationView.as_view()),
    path("projects/<uuid:project_id>/quality/matches/", MatchesView.as_view()),
    path("projects/<uuid:project_id>/quality/matches/queue/", MatchQueueView.as_view()),
    path("tasks/<uuid:task_id>/predictions/", TaskPredictionsView.as_view()),
]
