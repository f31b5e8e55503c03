"""A team's server: PostgreSQL and Redis, everything by environment (the table is in deploy/README.md).

It refuses to start rather than run with a weak secret, with DEBUG, or open to any host name.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from apps.server.settings.base import *  # noqa: F403 - settings are names in this module
from apps.server.settings.databases import postgresql
from apps.server.settings.logs import logging_of


def needed(name: str, why: str) -> str:
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if path and not value:
        value = Path(path).read_text().strip()
    if not value:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE): {why}")
    return value


def switch(name: str, *, default: bool) -> bool:
    return os.environ.get(name, "1" if default else "0").lower() in ("1", "true", "yes", "on")


MODE = "production"
LOOPBACK = False
if switch("DEBUG", default=False) or switch("LAPIDARY_DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG is not for production: unset it.")
SECRET_KEY = needed("LAPIDARY_SECRET_KEY", "50 random characters or more, the same for every process.")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10:
    raise ImproperlyConfigured("LAPIDARY_SECRET_KEY is too weak: use 50 random characters or more.")

# The address people type, such as https://labels.example.org. Behind TLS everything insists on it.
URL = urlsplit(needed("LAPIDARY_URL", "the address people type, such as https://labels.example.org"))
if URL.scheme not in ("http", "https") or not URL.hostname:
    raise ImproperlyConfigured("LAPIDARY_URL must look like https://labels.example.org")
ALLOWED_HOSTS = [URL.hostname, *filter(None, os.environ.get("LAPIDARY_HOSTS", "").split(","))]
CSRF_TRUSTED_ORIGINS = [f"{URL.scheme}://{URL.netloc}"]
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("LAPIDARY_HOSTS must name hosts; * is not allowed.")
TLS = URL.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = switch("LAPIDARY_HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = switch("LAPIDARY_HSTS_PRELOAD", default=False)
# What HSTS says of other hosts of the domain is for whoever runs them to decide, so no warning asks for it.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked from inside, without the proxy
BEHIND_PROXY = switch("LAPIDARY_BEHIND_PROXY", default=TLS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# How many proxies add the address of whoever called them to X-Forwarded-For; the brake on guessing counts by it.
TRUSTED_PROXIES = int(os.environ.get("LAPIDARY_TRUSTED_PROXIES") or int(BEHIND_PROXY))

try:
    _database = postgresql(
        needed("LAPIDARY_DATABASE_URL", "postgresql://user:password@host:5432/lapidary"),
        prepare=switch("LAPIDARY_DATABASE_PREPARE", default=True),
    )
except ValueError as error:
    raise ImproperlyConfigured(str(error)) from None
DATABASES = {"default": _database}
CELERY_BROKER_URL = needed("LAPIDARY_REDIS_URL", "redis://host:6379/0")

HOME = Path(os.environ.get("LAPIDARY_HOME") or "/var/lib/lapidary")
MEDIA_ROOT = HOME / "media"
STATIC_ROOT = Path(os.environ.get("LAPIDARY_STATIC") or BASE_DIR / "static")  # noqa: F405 - from base
_bucket = os.environ.get("LAPIDARY_S3_BUCKET", "")
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _bucket,
            "endpoint_url": os.environ.get("LAPIDARY_S3_ENDPOINT") or None,
            "region_name": os.environ.get("LAPIDARY_S3_REGION") or None,
            "default_acl": None,
            "file_overwrite": True,
            "querystring_expire": 600,
        },
    }
    if _bucket
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
METRICS_FOLDER = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]) if os.environ.get("PROMETHEUS_MULTIPROC_DIR") else None
LOGGING = logging_of(as_json=True)
