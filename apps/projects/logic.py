"""Pure rules of projects."""

from __future__ import annotations

from collections.abc import Collection

ADMIN = "admin"


def may_grant(by_admin: bool, wanted: Collection[str], present: Collection[str]) -> bool:
    """Only an admin makes or unmakes an admin; managers give every other role."""
    return by_admin or (ADMIN in wanted) == (ADMIN in present)


def pointer(*parts: str) -> str:
    """An RFC 6901 pointer."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
