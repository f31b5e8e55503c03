"""Tests: what runs, but with quick passwords and everything in a temporary folder.

LAPIDARY_TEST_DB chooses sqlite (the default) or postgres; LAPIDARY_TEST_DB_SUFFIX keeps two runs on one machine apart.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from apps.server.settings.base import *  # noqa: F403 - settings are names in this module
from apps.server.settings.databases import postgresql, sqlite
from apps.server.settings.home import folder
from apps.server.settings.logs import logging_of

MODE = "test"
SUFFIX = os.environ.get("LAPIDARY_TEST_DB_SUFFIX", "")
HOME = folder(Path(tempfile.gettempdir()), f"lapidary-test-{os.getuid()}-{SUFFIX or 'main'}")
LOOPBACK = True
SECRET_KEY = "only-for-tests-" * 5
ALLOWED_HOSTS = ["*"]

if os.environ.get("LAPIDARY_TEST_DB", "sqlite") == "postgres":
    DATABASES = {"default": postgresql(os.environ.get("LAPIDARY_TEST_DATABASE_URL", "postgresql:///postgres"))}
    DATABASES["default"] |= {"TEST": {"NAME": f"lapidary_test_{SUFFIX or 'main'}"}}
else:
    DATABASES = {"default": sqlite(HOME / "lapidary.sqlite3")}
    DATABASES["default"] |= {"TEST": {"NAME": str(HOME / "test.sqlite3")}}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = folder(HOME, "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_BROKER_URL = os.environ.get("LAPIDARY_TEST_REDIS_URL") or "memory://"
INFERENCE_URL = ""  # the tests that want one start it, or put a stand-in in its place
METRICS_FOLDER = None
LOGGING = logging_of(as_json=False)
