"""Queries of the hot paths, made into SQL once per process.

Building a queryset and its SQL costs several times what the database needs to answer it. A ``Kept`` query is built
with marks in the place of its arguments; afterwards only the arguments change. The rows become the same model
instances, related ones and annotations included, that the queryset would give.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models import query as django_query

M = TypeVar("M", bound=Model)
# Values that no query holds of itself.
UUID_MARKS = [UUID(int=(0xFACADE << 100) + n) for n in range(8)]
TEXT_MARKS = [f"\x02mark {n}\x03" for n in range(8)]


class Kept(Generic[M]):
    """``build`` gets a mark for each of ``kinds`` (``UUID`` or ``str``) and answers the queryset.

    Every mark must come out as a parameter of its own; the queryset must not depend on the arguments' values.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], *kinds: type) -> None:
        self._build, self._kinds = build, kinds

    @cached_property
    def _compiled(self) -> Compiled:
        marks = [UUID_MARKS[n] if kind is UUID else TEXT_MARKS[n] for n, kind in enumerate(self._kinds)]
        return Compiled(self._build(*marks), marks)

    def sql(self) -> str:
        return str(self._compiled.sql)

    def parameters(self, *arguments: Any) -> list[Any]:
        """The parameters of ``sql``, in their order."""
        return self._compiled.parameters(arguments)

    def load(self, rows: Sequence[Sequence[Any]]) -> list[M]:
        """Instances of what ``sql`` answered."""
        return self._compiled.load(rows)

    def all(self, *arguments: Any) -> list[M]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql(), self.parameters(*arguments))
            rows = cursor.fetchall()
        return self.load(rows) if rows else []

    def first(self, *arguments: Any) -> M | None:
        """The first instance; the query itself says how many rows there can be."""
        found = self.all(*arguments)
        return found[0] if found else None


class Compiled:
    """The SQL of a queryset, where its arguments go, and how its rows become instances."""

    def __init__(self, rows: QuerySet[Any], marks: Sequence[UUID | str]) -> None:
        self._compiler: Any = rows.query.get_compiler(connection.alias)
        self.sql, params = self._compiler.as_sql()
        named: dict[object, int] = {}
        for index, mark in enumerate(marks):
            named[mark] = index
            if isinstance(mark, UUID):
                named[mark.hex] = named[str(mark)] = index
        self._params = [(named.get(value) if isinstance(value, (str, UUID)) else None, value) for value in params]
        self._native_uuid = connection.features.has_native_uuid_field
        missing = set(range(len(marks))) - {index for index, _ in self._params}
        if missing:
            raise ValueError(f"arguments {sorted(missing)} are not in the query")
        start = self._compiler.klass_info["select_fields"][0]
        end = self._compiler.klass_info["select_fields"][-1] + 1
        self._own = slice(start, end)
        self._model = self._compiler.klass_info["model"]
        self._names = [item[0].target.attname for item in self._compiler.select[start:end]]
        populators: Any = django_query.get_related_populators  # type: ignore[attr-defined,unused-ignore]
        self._related = populators(self._compiler.klass_info, self._compiler.select, connection.alias)
        self._annotations = dict(self._compiler.annotation_col_map or {})
        fields = [item[0] for item in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(fields)

    def parameters(self, arguments: Sequence[Any]) -> list[Any]:
        values = [value.hex if isinstance(value, UUID) and not self._native_uuid else value for value in arguments]
        return [value if index is None else values[index] for index, value in self._params]

    def load(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        found = self._compiler.apply_converters(rows, self._converters) if self._converters else rows
        return [self._instance(row) for row in found]

    def _instance(self, row: Sequence[Any]) -> Any:
        made = self._model.from_db(connection.alias, self._names, row[self._own])
        for populator in self._related:
            populator.populate(row, made)
        for name, column in self._annotations.items():
            setattr(made, name, row[column])
        return made
