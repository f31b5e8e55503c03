"""Routes of grid, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.quality.api.grid import AtlasView, BatchesView, BatchView, CommitView, FiguresView, UndoView

QUALITY = "projects/<uuid:project_id>/quality/"
BATCH = QUALITY + "batches/<uuid:batch_id>/"

urlpatterns: list[URLPattern] = [
    path(QUALITY + "atlas/", AtlasView.as_view()),
    path(QUALITY + "batches/", BatchesView.as_view()),
    path(BATCH, BatchView.as_view()),
    path(BATCH + "commit/", CommitView.as_view()),
    path(BATCH + "undo/", UndoView.as_view()),
    path(QUALITY + "grid/figures/", FiguresView.as_view()),
]
