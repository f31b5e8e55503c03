"""Routes of curation, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.quality.api import curation

QUALITY = "projects/<uuid:project_id>/quality/"

urlpatterns: list[URLPattern] = [
    path(QUALITY + "curate/", curation.CurateView.as_view()),
    path(QUALITY + "duplicates/", curation.DuplicatesView.as_view()),
    path(QUALITY + "similar/", curation.SimilarView.as_view()),
]
