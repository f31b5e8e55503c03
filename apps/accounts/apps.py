from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.accounts.policies import may_hear_again, may_hear_of_organization
        from apps.common.idempotency import register_guard

        register_guard("", may_hear_again)
        register_guard("organization_id", may_hear_of_organization)
