"""One machine: SQLite in LAPIDARY_HOME."""

from __future__ import annotations

import os

from apps.server.settings.base import *  # noqa: F403
from apps.server.settings.base import BASE_DIR

HOME = os.environ.get("LAPIDARY_HOME", str(BASE_DIR / ".lapidary"))
SECRET_KEY = "development"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
