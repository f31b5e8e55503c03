from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "apps.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.common.idempotency import register_guard
        from apps.jobs.policies import get_job_for

        register_guard("job_id", lambda who, key, _: get_job_for(who, key))
