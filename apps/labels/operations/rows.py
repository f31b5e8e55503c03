"""Updating many rows with one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def update_many(model: type[Model], key: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Sets the columns ``names`` (attnames) of the rows whose ``key`` is the first of each of ``rows``."""
    if not rows:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in (key, *names)]
    table, columns = model._meta.db_table, [field.column for field in fields]
    if connection.vendor == "postgresql":
        types = ", ".join(
            f"{column} {field.rel_db_type(connection)}" for column, field in zip(columns, fields, strict=True)
        )
        sets = ", ".join(f"{column} = v.{column}" for column in columns[1:])
        body = json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str)
        sql = f"UPDATE {table} t SET {sets} FROM jsonb_to_recordset(%s::jsonb) AS v({types}) WHERE t.{columns[0]} = v.{columns[0]}"
        with connection.cursor() as cursor:
            cursor.execute(sql, [body])
        return
    sets = ", ".join(f"{column} = %s" for column in columns[1:])
    values = [
        [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {sets} WHERE {columns[0]} = %s", [[*row[1:], row[0]] for row in values])
