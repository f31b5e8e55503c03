"""Signed links to media: an HMAC over method, key and expiry.

A link is good for five to ten minutes and is the same within each window of five, so that browsers can cache what it
names and a list answered twice is the same.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote

WINDOW = 300
"""Seconds."""


def expiry(now: float) -> int:
    """The end of the next window, in seconds since 1970."""
    return (int(now) // WINDOW + 2) * WINDOW


def signature(secret: bytes, key: str, expires: int) -> str:
    return hmac.new(secret, f"GET\n{key}\n{expires}".encode(), hashlib.sha256).hexdigest()[:43]


def link(prefix: str, key: str, *, secret: bytes, now: float) -> str:
    """The signed path of ``key`` below ``prefix`` (such as ``/media/``)."""
    expires = expiry(now)
    return f"{prefix}{quote(key)}?expires={expires}&signature={signature(secret, key, expires)}"


def is_signed(key: str, expires: str, sent: str, *, secret: bytes) -> bool:
    """Whether ``sent`` signs the key and this expiry."""
    if not expires.isascii() or not expires.isdigit() or len(expires) > 12 or not sent.isascii():
        return False
    return hmac.compare_digest(signature(secret, key, int(expires)), sent)
