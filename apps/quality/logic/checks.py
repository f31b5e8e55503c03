"""Reading arrays that strangers wrote: everything wrong is said in one sentence that names the array and the row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SUM_TOLERANCE = 1e-3


class BadInput(ValueError):
    """Input that cannot be scored; its text names the array and, where there is one, the row."""


def take(tables: Mapping[str, Array], name: str) -> Array:
    if name not in tables:
        raise BadInput(f"{name}: the array is missing.")
    return np.asarray(tables[name])


def numbers(tables: Mapping[str, Array], name: str, *columns: int | None) -> Array:
    """A finite float array (n, *columns); None leaves a column count free. float32 stays, all else becomes float64."""
    found = take(tables, name)
    if found.dtype.kind not in "fiub":
        raise BadInput(f"{name}: numbers are needed, not {found.dtype}.")
    check_shape(name, found, *columns)
    found = found if found.dtype == np.float32 else found.astype(np.float64, copy=False)
    if not np.isfinite(found).all():
        refuse(name, ~np.isfinite(found), "is not a finite number")
    return found


def integers(tables: Mapping[str, Array], name: str, *, below: int | None = None, what: str = "value") -> Array:
    """(n,) int64 with 0 <= value < ``below``; floats that are whole numbers are accepted."""
    found = take(tables, name)
    check_shape(name, found)
    if found.dtype.kind not in "fiu":
        raise BadInput(f"{name}: whole numbers are needed, not {found.dtype}.")
    if found.dtype.kind == "f":
        refuse(name, ~np.isfinite(found) | (found != np.floor(np.where(np.isfinite(found), found, 0))), "is not whole")
    wrong = (found < 0) | ((found >= below) if below is not None else False)
    refuse(name, wrong, f"is an unknown {what}" + (f" (0 to {below - 1} exist)" if below else ""), found)
    return found.astype(np.int64)


def flags(tables: Mapping[str, Array], name: str, asked: Array | None = None) -> Array:
    """(n,) bool, given as booleans or as 0 and 1. Rows that were not ``asked`` may hold anything and are false."""
    found = take(tables, name)
    check_shape(name, found)
    if found.dtype.kind not in "fiub":
        raise BadInput(f"{name}: true or false is needed, not {found.dtype}.")
    counts = np.ones(len(found), bool) if asked is None or len(asked) != len(found) else asked
    refuse(name, counts & ~np.isin(found, (0, 1)), "is neither true nor false", found)
    return np.asarray(counts & (found == 1))


def words(tables: Mapping[str, Array], name: str) -> Array:
    """(n,) text; whole numbers are taken by their digits, so that codes may stand for names."""
    found = take(tables, name)
    check_shape(name, found)
    if found.dtype.kind == "f":
        found = integers(tables, name)
    if found.dtype.kind not in "USiub":
        raise BadInput(f"{name}: names are needed, not {found.dtype}.")
    return np.char.decode(found, "utf-8") if found.dtype.kind == "S" else found.astype(np.str_)


def check_shape(name: str, found: Array, *columns: int | None) -> None:
    wanted = "(n" + "".join(f", {'k' if count is None else count}" for count in columns) + ("," if not columns else "")
    if found.ndim != 1 + len(columns) or any(
        count not in (None, size) for count, size in zip(columns, found.shape[1:], strict=True)
    ):
        raise BadInput(f"{name}: shape {wanted}) is needed, not {found.shape}.")


def same_length(first: str, one: Array, second: str, other: Array) -> None:
    if len(one) != len(other):
        raise BadInput(f"{second}: {len(other)} rows, but {first} has {len(one)}.")


def refuse(name: str, wrong: Any, why: str, values: Array | None = None) -> None:
    """Raises for the first wrong row and says how many there are."""
    rows = np.flatnonzero(wrong if wrong.ndim == 1 else wrong.reshape(len(wrong), -1).any(axis=1))
    if len(rows):
        value = f" ({values[rows[0]]})" if values is not None else ""
        others = f"; so are {len(rows) - 1} more rows" if len(rows) > 1 else ""
        raise BadInput(f"{name}: row {rows[0]}{value} {why}{others}.")


def probabilities(tables: Mapping[str, Array], name: str) -> Array:
    """(n, k) with k >= 2, none negative, every row summing to 1 within 1e-3. As given: nothing is scaled here."""
    found = numbers(tables, name, None)
    if found.shape[1] < 2:
        raise BadInput(f"{name}: at least two classes are needed, not {found.shape[1]}.")
    if len(found) and found.min() < 0:
        refuse(name, found < 0, "holds a negative probability")
    sums = found @ np.ones(found.shape[1], found.dtype)
    refuse(name, np.abs(sums - 1) > SUM_TOLERANCE, "does not sum to 1", sums)
    return found
