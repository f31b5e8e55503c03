"""Every address of the server."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from apps.datasets.api.media import media
from apps.server import health, metrics, pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.view),
    path("media/<path:key>", media, name="media"),
    path("api/v1/", include("apps.api.urls")),
    path("admin/", admin.site.urls),
    # A page for everything else, but no page for what must be a file or an answer.
    re_path(r"^(?!api/|static/|media/|admin/).*$", pages.app),
]

handler400 = "apps.api.errors.bad_request"
handler403 = "apps.api.errors.permission_denied"
handler404 = "apps.api.errors.page_not_found"
handler500 = "apps.api.errors.server_error"
