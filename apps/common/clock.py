"""The database's clock: every decision about time uses it, so web servers with wrong clocks do no harm."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The time of the current transaction (PostgreSQL), or of this call (SQLite, which shares our clock), in UTC."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            value: datetime = cursor.fetchone()[0]
            return value.astimezone(UTC)
    return datetime.now(UTC)
