"""Columns of a table of any make: a DataFrame, an Arrow table, a mapping of lists, a list of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class BadInput(ValueError):
    """The table cannot be shown; the message names the column and the row."""


class Table:
    """A table's columns as lists, and how its rows are called. Raises ``BadInput`` where it is none."""

    def __init__(self, data: Any) -> None:
        self.data = records(data) if isinstance(data, Sequence) and not isinstance(data, str | bytes) else data
        names = getattr(self.data, "column_names", None) or getattr(self.data, "columns", None)
        if isinstance(self.data, Mapping):
            names = self.data.keys()
        if names is None or not hasattr(self.data, "__getitem__"):
            raise BadInput(
                f"a table with columns is needed (a DataFrame, a mapping of lists), not {type(data).__name__}"
            )
        self.names = list(names)
        lengths = {name: len(self.data[name]) for name in self.names} if isinstance(self.data, Mapping) else {}
        if len(set(lengths.values())) > 1:
            raise BadInput(f"the columns differ in length: {lengths}")
        self.length = next(iter(lengths.values()), 0) if isinstance(self.data, Mapping) else len(self.data)
        index = getattr(self.data, "index", None)
        self.index: list[Any] = (
            list(range(self.length)) if index is None or callable(index) else [plain(one) for one in index]
        )

    def __len__(self) -> int:
        return self.length

    def column(self, name: str, role: str) -> list[Any]:
        """The values, one per row; ``role`` is the argument that asked for them."""
        found = self.names.count(name)
        if found != 1:
            what = "there is no such column" if found == 0 else "several columns have this name"
            raise BadInput(f"column {name!r} ({role}): {what}; the columns are {', '.join(map(repr, self.names))}")
        values = self.data[name]
        return [plain(one) for one in (values.to_pylist() if hasattr(values, "to_pylist") else values)]

    def refuse(self, column: str, row: int, why: str) -> BadInput:
        """The error to raise for one cell."""
        known = f" (index {self.index[row]!r})" if self.index[row] != row else ""
        return BadInput(f"column {column!r}, row {row}{known}: {why}")


def records(data: Sequence[Any]) -> dict[str, list[Any]]:
    """A list of records as columns; a record without a key has None there."""
    for row, one in enumerate(data):
        if not isinstance(one, Mapping):
            raise BadInput(f"row {row}: a record (a mapping) is needed, not {type(one).__name__}")
    names = {name: None for one in data for name in one}
    return {name: [one.get(name) for one in data] for name in names}


def plain(value: Any) -> Any:
    """numpy's numbers as Python's own, so that they print and compare as people expect."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value


def empty(value: Any) -> bool:
    """None, NaN, NaT and pandas' NA."""
    if value is None or type(value).__name__ == "NAType":
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # arrays answer with arrays
        return False
