"""Routes below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from apps.ontologies.api import views

urlpatterns = [
    path("ontologies/", views.OntologiesView.as_view(), name="ontologies"),
    path("ontologies/<uuid:ontology_id>/", views.OntologyView.as_view(), name="ontology"),
    path("ontologies/<uuid:ontology_id>/plan/", views.PlanView.as_view(), name="ontology-plan"),
    path("ontologies/<uuid:ontology_id>/archive/", views.ArchiveView.as_view(), name="ontology-archive"),
    path("ontologies/<uuid:ontology_id>/restore/", views.RestoreView.as_view(), name="ontology-restore"),
]
