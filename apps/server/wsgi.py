"""The web application for gunicorn: ``gunicorn apps.server.wsgi``."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.server.settings.local")
os.environ.setdefault("LAPIDARY_PROCESS", "web")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
