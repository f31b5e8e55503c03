"""The Celery application. ``celery -A apps.server worker``."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_ready

from apps.server import broker
from apps.server.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.server.settings.local")

broker.install()
app = Celery("lapidary")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@setup_logging.connect
def keep_our_logging(**_options: object) -> None:
    """Django has configured logging already; Celery must not do it again."""


@worker_process_init.connect
def settle_down(**_options: object) -> None:
    """In each child, before its first job."""
    settle()


@worker_ready.connect
def answer_at_once(**_options: object) -> None:
    """The first sign of life, without waiting for the beat."""
    app.send_task("apps.common.jobs.beat")
