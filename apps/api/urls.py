"""``/api/v1/``: the routes of every app, the OpenAPI document and its page."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, path, re_path

from apps.api import errors, views

APPS = ("accounts", "jobs", "ontologies", "datasets", "flows", "projects", "inference", "tasks", "quality")


def routes_of(app: str) -> list[URLPattern | URLResolver]:
    """The app's routes; none for an app without ``api/urls.py``."""
    name = f"apps.{app}.api.urls"
    if find_spec(f"apps.{app}.api") is None or find_spec(name) is None:
        return []
    found: list[URLPattern | URLResolver] = import_module(name).urlpatterns
    return found


urlpatterns: list[URLPattern | URLResolver] = [
    *(route for app in APPS for route in routes_of(app)),
    path("schema/", views.schema, name="schema"),
    path("docs/", views.DocsView.as_view(), name="docs"),
    re_path(r"^(?P<rest>.*)$", errors.no_such_route, name="no-such-route"),
]
