"""Routes of the flows app, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from apps.flows.api import views

WORKFLOW = "workflows/<uuid:workflow_id>/"

urlpatterns = [
    path("workflows/", views.WorkflowsView.as_view()),
    path("workflows/validate/", views.ValidateView.as_view()),
    path("workflows/templates/", views.TemplatesView.as_view()),
    path(WORKFLOW, views.WorkflowView.as_view()),
    path(WORKFLOW + "versions/", views.VersionsView.as_view()),
    path(WORKFLOW + "archive/", views.ArchiveView.as_view()),
    path(WORKFLOW + "restore/", views.RestoreView.as_view()),
]
