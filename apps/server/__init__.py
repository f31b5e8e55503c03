"""The composition root. Loading it gives Django's processes the Celery application, so that bells reach the broker."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.server.settings.local")

from apps.server.celery import app as celery_app

__all__ = ["celery_app"]
