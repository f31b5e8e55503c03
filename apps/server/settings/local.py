"""One machine: SQLite, media, secrets and the broker's letter box in LAPIDARY_HOME. No other server is needed."""

from __future__ import annotations

import os

from apps.server.settings.base import *  # noqa: F403 - settings are names in this module
from apps.server.settings.base import BASE_DIR, CELERY_BROKER_TRANSPORT_OPTIONS
from apps.server.settings.databases import sqlite
from apps.server.settings.home import folder, home, secret, socket
from apps.server.settings.logs import logging_of

MODE = "local"
HOME = home(BASE_DIR / ".lapidary")
HOST = os.environ.get("HOST") or "127.0.0.1"
LOOPBACK = HOST in ("127.0.0.1", "localhost", "::1")

SECRET_KEY = secret(HOME / "secret_key")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] if LOOPBACK else ["*"]
DATABASES = {"default": sqlite(HOME / "lapidary.sqlite3")}

MEDIA_ROOT = folder(HOME, "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
FILE_UPLOAD_TEMP_DIR = folder(HOME, "tmp")

_letters = str(folder(HOME, "broker"))
CELERY_BROKER_URL = "filesystem://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS | {
    "data_folder_in": _letters,
    "data_folder_out": _letters,
    "control_folder": str(folder(HOME, "broker/control")),
    "polling_interval": 0.1,
}
INFERENCE_URL = os.environ.get("LAPIDARY_INFERENCE") or f"unix:{socket(HOME, 'inference')}"
METRICS_FOLDER = folder(HOME, "metrics")
LOGGING = logging_of(as_json=False)
