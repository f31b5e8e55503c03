from __future__ import annotations

from django.apps import AppConfig


class OntologiesConfig(AppConfig):
    name = "apps.ontologies"
    label = "ontologies"
    default_auto_field = "django.db.models.BigAutoField"
