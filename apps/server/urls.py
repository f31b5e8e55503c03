"""Every address of the server."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from apps.server import errors, health, metrics, pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.view),
    path("api/v1/", include("apps.api.urls")),
    path("admin/", admin.site.urls),
    re_path(r"^(api|static|media|admin)/", errors.not_found),
    re_path(r"^.*$", pages.app),
]

handler400 = "apps.server.errors.bad_request"
handler403 = "apps.server.errors.forbidden"
handler404 = "apps.server.errors.not_found"
handler500 = "apps.server.errors.server_error"
