from __future__ import annotations

from django.apps import AppConfig


class OntologiesConfig(AppConfig):
    name = "apps.ontologies"
    label = "ontologies"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.idempotency import register_guard
        from apps.ontologies.policies import get_ontology_for

        register_guard("ontology_id", lambda who, key, manages: get_ontology_for(who, key, manage=manages))
