"""Routes of calibration, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.quality.api.calibration import CalibrationView, PeopleView

urlpatterns: list[URLPattern] = [
    path("projects/<uuid:project_id>/quality/calibration/", CalibrationView.as_view()),
    path("projects/<uuid:project_id>/quality/people/", PeopleView.as_view()),
]
