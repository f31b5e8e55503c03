"""Keys and tokens: made here, shown once, kept only as a digest."""

from __future__ import annotations

import hashlib
import secrets

KEY_MARK = "lap_"


def digest_of(secret: str) -> str:
    """The SHA-256 of a secret. It has 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_key() -> str:
    return KEY_MARK + secrets.token_urlsafe(32)


def new_token() -> str:
    return secrets.token_urlsafe(32)
