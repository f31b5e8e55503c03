"""Passwords, cookies and headers."""

from __future__ import annotations

from apps.server.settings.limits import MEDIA_SOURCE

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# No script but our own files. Styles may be inline: the component library and the canvas set them from script.
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": f"'self' data: blob: {MEDIA_SOURCE}".strip(),
    "font-src": "'self'",
    "connect-src": f"'self' {MEDIA_SOURCE}".strip(),
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# The admin's widgets evaluate expressions in their markup (Alpine.js). Only people who are the instance's staff ever
# get its pages; inline script stays forbidden there too.
CONSOLE_SECURITY_POLICY = CONTENT_SECURITY_POLICY | {"script-src": "'self' 'unsafe-eval'"}
