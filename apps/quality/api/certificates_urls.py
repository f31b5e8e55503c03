"""Routes of certificates, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from apps.quality.api.audits import AuditView
from apps.quality.api.certificates import CertificatesView, CertificateView, IssuedView, PrintedView
from apps.quality.api.settings import SettingsView

QUALITY = "projects/<uuid:project_id>/quality/"
ISSUED = QUALITY + "certificates/<uuid:certificate_id>/"

urlpatterns = [
    path(QUALITY + "settings/", SettingsView.as_view()),
    path(QUALITY + "audit/", AuditView.as_view()),
    path(QUALITY + "certificate/", CertificateView.as_view()),
    path(QUALITY + "certificates/", CertificatesView.as_view()),
    path(ISSUED, IssuedView.as_view()),
    path(ISSUED + "pdf/", PrintedView.as_view()),
]
