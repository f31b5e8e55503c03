"""Routes of imports, exports and snapshots, below ``/api/v1/``; ``apps.tasks.api.urls`` includes them."""

from __future__ import annotations

from django.urls import path

from apps.tasks.transfer.snapshots import SnapshotsView, SnapshotView
from apps.tasks.transfer.views import ExportsView, ImportsView, TransferFileView

urlpatterns = [
    path("projects/<uuid:project_id>/imports/", ImportsView.as_view()),
    path("projects/<uuid:project_id>/exports/", ExportsView.as_view()),
    path("projects/<uuid:project_id>/snapshots/", SnapshotsView.as_view()),
    path("projects/<uuid:project_id>/snapshots/<uuid:snapshot_id>/", SnapshotView.as_view()),
    path("transfers/<uuid:transfer_id>/<str:part>/", TransferFileView.as_view()),
]
