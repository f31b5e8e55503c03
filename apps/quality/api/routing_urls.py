"""Routes of routing, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.quality.api.routing import RouteView

QUALITY = "projects/<uuid:project_id>/quality/"

urlpatterns: list[URLPattern] = [
    path(QUALITY + "route/", RouteView.as_view()),
]
