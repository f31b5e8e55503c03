from __future__ import annotations

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "apps.flows"
    label = "flows"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.idempotency import register_guard
        from apps.flows.policies import get_workflow_for

        register_guard("workflow_id", lambda who, key, manages: get_workflow_for(who, key, manage=manages))
