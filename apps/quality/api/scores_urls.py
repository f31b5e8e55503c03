"""Routes of scores, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.quality.api import evidence, scores

QUALITY = "projects/<uuid:project_id>/quality/"

urlpatterns: list[URLPattern] = [
    path(QUALITY, scores.QualityView.as_view()),
    path(QUALITY + "score/", scores.ScoreView.as_view()),
    path(QUALITY + "labels/", scores.LabelScoresView.as_view()),
    path(QUALITY + "tasks/", scores.TaskScoresView.as_view()),
    path("tasks/<uuid:task_id>/evidence/", evidence.EvidenceView.as_view()),
]
