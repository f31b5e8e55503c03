"""Settings shared by every way of running: local, production, test."""

from __future__ import annotations

from pathlib import Path

from apps.api.spectacular import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from apps.console.site import UNFOLD as UNFOLD
from apps.server.settings.celery import *  # noqa: F403 - settings are names in this module
from apps.server.settings.inference import *  # noqa: F403 - the same
from apps.server.settings.limits import *  # noqa: F403 - the same
from apps.server.settings.security import *  # noqa: F403 - the same

BASE_DIR = Path(__file__).resolve().parents[3]
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.common",
    "apps.accounts",
    "apps.jobs",
    "apps.ontologies",
    "apps.datasets",
    "apps.flows",
    "apps.projects",
    "apps.labels",
    "apps.inference",
    "apps.tasks",
    "apps.quality",
    "apps.api",
    "apps.console",
    "apps.server",
]

AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "apps.server.urls"
WSGI_APPLICATION = "apps.server.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
APPEND_SLASH = False
DEBUG = False

MIDDLEWARE = [
    "apps.server.middleware.RequestLog",
    "apps.server.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.authentication.KeyOrSession"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.authentication.SignedIn"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "apps.common.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
}

# The built front end keeps the names that Vite gave its files: they carry their own digest.
LOGIN_REDIRECT_URL = "/admin/"  # of the console; the pages have their own

STATIC_URL = "/static/"
STATICFILES_DIRS = [("app", FRONTEND_DIST)] if FRONTEND_DIST.is_dir() else []
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/app/assets/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
MEDIA_URL = "/media/"
# Bodies are limited by their views (ApiView.max_body); a hundred files a request is the API's own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20
DATA_UPLOAD_MAX_NUMBER_FILES = 200
FILE_UPLOAD_PERMISSIONS = 0o640
