from __future__ import annotations

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "apps.datasets"
    label = "datasets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.idempotency import register_guard
        from apps.datasets.policies import get_data_unit_for, get_dataset_for

        register_guard("dataset_id", lambda who, key, manages: get_dataset_for(who, key, manage=manages))
        register_guard("data_unit_id", lambda who, key, manages: get_data_unit_for(who, key, manage=manages))
