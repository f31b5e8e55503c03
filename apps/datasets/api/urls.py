"""Routes below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from apps.datasets.api import storages, views

urlpatterns = [
    path("datasets/", views.DatasetsView.as_view(), name="datasets"),
    path("datasets/<uuid:dataset_id>/", views.DatasetView.as_view(), name="dataset"),
    path("datasets/<uuid:dataset_id>/data-units/", views.DataUnitsView.as_view(), name="data-units"),
    path("data-units/<uuid:data_unit_id>/", views.DataUnitView.as_view(), name="data-unit"),
    path("storages/", storages.StoragesView.as_view(), name="storages"),
]
