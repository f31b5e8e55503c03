"""A PostgreSQL database of our own, and Django over it with the settings of a team's server."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def scratch() -> Iterator[Path]:
    """Django set up over a fresh database; the home of its processes. Both are gone afterwards."""
    sys.path.insert(0, str(ROOT / "deploy" / "dev"))
    from services import Services  # type: ignore[import-not-found,unused-ignore]

    with Services() as services, tempfile.TemporaryDirectory(prefix="lapidary-bench-") as folder:
        server = services.postgresql()
        with database(server) as url:
            start(url, Path(folder))
            yield Path(folder)
            from django.db import connections

            connections.close_all()


@contextmanager
def database(server: str) -> Iterator[str]:
    """A database of our own on the server; its address."""
    import psycopg
    from psycopg import sql

    name = f"lap_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}")).replace("postgresql:/l", "postgresql:///l")
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def start(url: str, home: Path) -> None:
    from tests.factories.servers import SECRET

    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.fakes.production",
        "LAPIDARY_SECRET_KEY": SECRET,
        "LAPIDARY_URL": "http://127.0.0.1",
        "LAPIDARY_DATABASE_URL": url,
        "LAPIDARY_REDIS_URL": "redis://127.0.0.1:1/0",
        "LAPIDARY_HOME": str(home),
        "LAPIDARY_LOG_LEVEL": "WARNING",
    }
    import logging

    import django

    django.setup()
    logging.getLogger("kombu").setLevel(logging.ERROR)  # nobody hears the bell here
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def analyze() -> None:
    """What autovacuum does in time, done now: plans must not depend on when it last came by."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
