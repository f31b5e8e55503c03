"""The embedded database under several threads; these tests make a file of their own, whatever the suite runs on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from apps.common.sqlite.turns import turns_of
from apps.server.settings.databases import sqlite


@pytest.fixture
def database(tmp_path: Path, django_db_blocker: Any) -> Iterator[str]:
    """The path of a database with a table of one counter."""
    path = tmp_path / "own.sqlite3"
    with django_db_blocker.unblock():
        connection = open_database(str(path))
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE counter (n integer)")
            cursor.execute("INSERT INTO counter VALUES (0)")
        connection.close()
        yield str(path)


def open_database(path: str, *, timeout: float = 30) -> Any:
    settings = sqlite(Path(path))
    settings["OPTIONS"] = settings["OPTIONS"] | {"timeout": timeout}
    return ConnectionHandler({"default": settings})["default"]


def count(path: str) -> int:
    connection = open_database(path)
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM counter")
        n: int = cursor.fetchone()[0]
    connection.close()
    return n


def in_transaction(connection: Any, *, fails: bool = False) -> None:
    """Reads and writes back, as ``transaction.atomic`` would on this connection."""
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT n FROM counter")
            n = cursor.fetchone()[0]
            cursor.execute("UPDATE counter SET n = %s", [n + 1])
        if fails:
            connection.rollback()
        else:
            connection.commit()
    finally:
        connection.set_autocommit(True)


def test_threads_that_read_and_write_back_lose_nothing(database: str) -> None:
    def work() -> None:
        connection = open_database(database)
        for _ in range(25):
            in_transaction(connection)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 100


def test_the_turn_comes_back_after_commit_rollback_and_close(database: str) -> None:
    connection = open_database(database)
    in_transaction(connection)
    in_transaction(connection, fails=True)
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    assert not turns_of(database).take(0)
    connection.close()
    assert turns_of(database).take(0)
    turns_of(database).give()
    assert count(database) == 1


def test_a_single_statement_takes_its_turn_and_gives_it_back(database: str) -> None:
    connection = open_database(database, timeout=0.01)
    assert turns_of(database).take(0)
    with connection.cursor() as cursor, pytest.raises(OperationalError, match="database is locked"):
        cursor.execute("UPDATE counter SET n = 5")
    turns_of(database).give()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE counter SET n = 5")
    connection.close()
    assert count(database) == 5
    assert turns_of(database).take(0)
    turns_of(database).give()


def test_readers_do_not_wait_for_the_writer(database: str) -> None:
    assert turns_of(database).take(0)
    assert count(database) == 0
    turns_of(database).give()
