"""Identifiers: UUIDv7 (RFC 9562 §5.7), so that keys made later sort later and indexes stay dense."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh UUIDv7 as a standard ``uuid.UUID``."""
    return UUID(int=uuid_utils.uuid7().int)
