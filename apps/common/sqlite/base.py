"""The backend: every write waits its turn in this process before it asks SQLite for the file's one write lock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3.base import DatabaseWrapper as SqliteWrapper
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from apps.common.sqlite.turns import turns_of

WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|WITH)\b", re.IGNORECASE)


class Cursor(SQLiteCursorWrapper):
    """Outside a transaction a single writing statement takes its turn too."""

    owner: DatabaseWrapper

    def execute(self, query: Any, params: Any = None) -> Any:
        with self.owner.turn_for(query):
            return super().execute(query, params)

    def executemany(self, query: Any, param_list: Any) -> Any:
        with self.owner.turn_for(query):
            return super().executemany(query, param_list)


class DatabaseWrapper(SqliteWrapper):
    """Takes the turn at the beginning of the outermost transaction and gives it back at its end, however it ends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.owner = self
        return cursor

    @contextmanager
    def turn_for(self, query: Any) -> Iterator[None]:
        if self._has_turn or self.connection is None or self.connection.in_transaction or not WRITE.match(str(query)):
            yield
            return
        self._take_turn()
        try:
            yield
        finally:
            self._give_turn()

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn()
            raise

    def _commit(self) -> Any:
        answer = super()._commit()  # type: ignore[misc]
        self._give_turn()
        return answer

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._give_turn()

    def _take_turn(self) -> None:
        if self._has_turn:
            return
        wait = float(self.settings_dict["OPTIONS"].get("timeout", 30))
        if not turns_of(str(self.settings_dict["NAME"])).take(wait):
            raise OperationalError("database is locked: the turn to write did not come in time")
        self._has_turn = True

    def _give_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            turns_of(str(self.settings_dict["NAME"])).give()
