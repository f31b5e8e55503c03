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
    table, columns = model._meta.db_table, [str(field.column) for field in fields]
    # Names come from our own models; every value is a parameter.
    if connection.vendor == "postgresql":
        types = ", ".join(f"{c} {field.rel_db_type(connection)}" for c, field in zip(columns, fields, strict=True))
        sets = ", ".join(f"{column} = v.{column}" for column in columns[1:])
        values = f"jsonb_to_recordset(%s::jsonb) AS v({types})"
        body = json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} t SET {sets} FROM {values} WHERE t.{columns[0]} = v.{columns[0]}",  # noqa: S608
                [body],
            )
        return
    sets = ", ".join(f"{column} = %s" for column in columns[1:])
    adapted = [
        [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)] for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {sets} WHERE {columns[0]} = %s",  # noqa: S608
            [[*row[1:], row[0]] for row in adapted],
        )
