from __future__ import annotations

from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "apps.tasks"
    label = "tasks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Hangs the tasks' part of other apps' operations onto their hooks."""
        from apps.tasks.wiring import connect

        connect()
