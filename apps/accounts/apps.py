from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.accounts.policies import require_organization_role
        from apps.common.idempotency import register_guard

        register_guard("organization_id", require_organization_role)
