from __future__ import annotations

from django.apps import AppConfig


class LabelsConfig(AppConfig):
    name = "apps.labels"
    label = "labels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tells ontologies what labels use of them, and how labels follow their changes."""
        from apps.labels.operations.relabel import relabel
        from apps.labels.queries.usage import count_uses
        from apps.ontologies.hooks import register_relabeler, register_usage

        register_usage(count_uses)
        register_relabeler(relabel)
