"""Many rows at once: COPY on PostgreSQL, executemany on SQLite. For more rows than ``bulk_create`` is good for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from apps.common.sql import column_of

# Rows that go to the server in one piece: writing them one by one costs more than making them.
BLOCK = 500
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert_many(
    model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]], *, fixed: Mapping[str, Any] | None = None
) -> int:
    """Inserts ``rows`` of the columns ``names`` (attnames); ``fixed`` columns have the same value in every row.

    Must run in a transaction. Answers how many rows were written; holds none of them in memory on PostgreSQL.
    """
    fixed = fixed or {}
    fields = [column_of(model, name) for name in (*names, *fixed)]
    columns = ", ".join(str(field.column) for field in fields)
    table = model._meta.db_table
    written = 0
    if connection.vendor == "postgresql":
        tail = "".join(f"\t{_text(value)}" for value in fixed.values()) + "\n"
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            lines: list[str] = []
            for row in rows:
                lines.append("\t".join([_text(value) for value in row]) + tail)
                if len(lines) == BLOCK:
                    copy.write("".join(lines))
                    written += len(lines)
                    lines.clear()
            copy.write("".join(lines))
            written += len(lines)
        return written
    ending = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(fields[len(names) :], fixed.values(), strict=True)
    ]
    marks = ", ".join(["%s"] * len(fields))
    prepared = [
        [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=False)] + ending
        for row in rows
    ]
    with connection.cursor() as cursor:
        # Table and columns are the model's own; every value is a parameter.
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", prepared)  # noqa: S608
    return len(prepared)


def _text(value: Any) -> str:
    """One value in COPY's text format."""
    write = WRITERS.get(type(value))
    return write(value) if write else str(value)


def _json(value: Any) -> str:
    return json.dumps(value).replace("\\", "\\\\")  # the only one of ESCAPES that JSON leaves in a text


# By exact type: a chain of tests for each of millions of values is what a bulk load would spend its time on.
WRITERS: dict[type, Callable[[Any], str]] = {
    str: lambda value: value.translate(ESCAPES),
    type(None): lambda _: "\\N",
    bool: lambda value: "t" if value else "f",
    datetime: datetime.isoformat,
    dict: _json,
    list: _json,
    tuple: _json,
}
