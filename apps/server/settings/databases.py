"""The two databases, configured in one place so that tests use what runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# By kind of process (LAPIDARY_PROCESS): a page must answer soon, a job may take longer, a command as long as it needs.
STATEMENT_SECONDS = {"web": 5, "worker": 60}


def sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "apps.common.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-16000;"
                "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864;"
            ),
        },
    }


def postgresql(url: str, *, prepare: bool = True) -> dict[str, Any]:
    """From ``postgresql://user:password@host:port/name?sslmode=…``. Raises ValueError."""
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgres", "postgresql") or not name:
        raise ValueError("LAPIDARY_DATABASE_URL must look like postgresql://user:password@host:5432/lapidary")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    options |= {
        "options": f"{server_options()} {options.get('options', '')}".strip(),
        "server_side_binding": True,
        # A statement is planned once per connection. A pooler between us and the database may forbid it.
        "prepare_threshold": 1 if prepare else None,
    }
    return {
        "ENGINE": "apps.common.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def server_options() -> str:
    """No forgotten transaction may hold back vacuum, and no request may wait for ever."""
    seconds = STATEMENT_SECONDS.get(os.environ.get("LAPIDARY_PROCESS", ""), 0)
    return f"-c idle_in_transaction_session_timeout=60s -c statement_timeout={seconds}s"
