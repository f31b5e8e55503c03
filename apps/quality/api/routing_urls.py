"""Routes of routing, below ``/api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.quality.api.preview import PreviewView
from apps.quality.api.routing import RouteView
from apps.quality.api.routing_policy import PolicyView, RoutesView

QUALITY = "projects/<uuid:project_id>/quality/"

urlpatterns: list[URLPattern] = [
    path(QUALITY + "preview/", PreviewView.as_view()),
    path(QUALITY + "route/", RouteView.as_view()),
    path(QUALITY + "routes/", RoutesView.as_view()),
    path(QUALITY + "policy/", PolicyView.as_view()),
]
