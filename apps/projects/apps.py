from __future__ import annotations

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "apps.projects"
    label = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hangs the projects' part of other apps' operations onto their hooks."""
        from apps.projects.wiring import connect

        connect()
