"""Routes of the projects app, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from apps.projects.api import people, views, workflow

PROJECT = "projects/<uuid:project_id>/"

urlpatterns = [
    path("projects/", views.ProjectsView.as_view()),
    path(PROJECT, views.ProjectView.as_view()),
    path(PROJECT + "archive/", views.ArchiveView.as_view()),
    path(PROJECT + "unarchive/", views.UnarchiveView.as_view()),
    path(PROJECT + "datasets/", views.DatasetsView.as_view()),
    path(PROJECT + "collaborators/", people.CollaboratorsView.as_view()),
    path(PROJECT + "collaborators/<str:person>/", people.CollaboratorView.as_view()),
    path(PROJECT + "workflow/", workflow.ProjectWorkflowView.as_view()),
]
