"""The closed language of routers: `{"fact", "op", "value"}`, `{"all": […]}`, `{"any": […]}`, `{"not": …}`.

A condition is true, false or undetermined: a computed fact that is not there yet leaves it open, unless the rest
decides (Kleene's three values); the answer then is the name of the fact to wait for. A plain fact that is absent is
null: it equals only null and is in no order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, Protocol, TypeAlias

from workflows.facts import COMPUTED_FACTS, PLAIN_FACTS

OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "not_in")
_ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
ORDERED = frozenset(_ORDERS)
_NUMBERS = frozenset({int, float})
MAX_DEPTH = 12
MAX_NODES = 200
MAX_VALUES = 200
MAX_TEXT = 500

Scalar: TypeAlias = str | int | float | bool | None
Answer: TypeAlias = bool | str
"""True, false, or the name of the first computed fact that would have to come."""


class ConditionError(ValueError):
    """A `when` that the language does not know; `code` is `bad_condition` or `unknown_fact`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Reader(Protocol):
    """Gives the facts of one task."""

    def read(self, fact: str) -> tuple[bool, Any]:
        """(there, value). `annotator` gives a tuple of the names the person goes by."""


@dataclass(frozen=True, slots=True)
class Compare:
    fact: str
    op: str
    value: Any
    """A scalar, or a tuple of scalars for `in` and `not_in`."""

    def test(self, reader: Reader) -> Answer:
        there, actual = reader.read(self.fact)
        if not there:
            return self.fact
        names = actual if isinstance(actual, tuple) else (actual,)
        op = self.op
        if op in ORDERED:
            return _ordered(names[0], op, self.value)
        wanted = self.value if isinstance(self.value, tuple) else (self.value,)
        found = any(_same(name, value) for name in names for value in wanted)
        return found if op in ("==", "in") else not found

    def facts(self) -> Iterator[str]:
        yield self.fact

    def to_json(self) -> dict[str, Any]:
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"fact": self.fact, "op": self.op, "value": value}


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Condition, ...]

    def test(self, reader: Reader) -> Answer:
        result: Answer = True
        for part in self.parts:
            answer = part.test(reader)
            if answer is False:
                return False
            if result is True:
                result = answer
        return result

    def facts(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.facts()

    def to_json(self) -> dict[str, Any]:
        return {"all": [part.to_json() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Condition, ...]

    def test(self, reader: Reader) -> Answer:
        result: Answer = False
        for part in self.parts:
            answer = part.test(reader)
            if answer is True:
                return True
            if result is False:
                result = answer
        return result

    def facts(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.facts()

    def to_json(self) -> dict[str, Any]:
        return {"any": [part.to_json() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition

    def test(self, reader: Reader) -> Answer:
        answer = self.part.test(reader)
        return answer if isinstance(answer, str) else not answer

    def facts(self) -> Iterator[str]:
        yield from self.part.facts()

    def to_json(self) -> dict[str, Any]:
        return {"not": self.part.to_json()}


Condition: TypeAlias = Compare | Every | Some | Not


def _same(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, bool) is not isinstance(wanted, bool):
        return False
    return bool(actual == wanted)


def _ordered(actual: Any, op: str, wanted: Any) -> bool:
    numbers = type(actual) in _NUMBERS and type(wanted) in _NUMBERS
    if numbers or (isinstance(actual, str) and isinstance(wanted, str)):
        return bool(_ORDERS[op](actual, wanted))
    return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    """Whether `value` is a number that is neither boolean, NaN nor infinite, and fits a double."""
    if not _is_number(value):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def parse(data: object) -> Condition:
    """The condition that the JSON value `data` spells. Raises ConditionError."""
    return _Parser().parse(data, 1)


class _Parser:
    def __init__(self) -> None:
        self.nodes = 0

    def parse(self, data: object, depth: int) -> Condition:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise ConditionError("bad_condition", f"A condition has at most {MAX_DEPTH} levels and {MAX_NODES} parts.")
        if not isinstance(data, dict):
            raise ConditionError("bad_condition", "A condition is an object.")
        keys = set(data)
        if keys == {"all"}:
            return Every(self.parts(data["all"], depth))
        if keys == {"any"}:
            return Some(self.parts(data["any"], depth))
        if keys == {"not"}:
            return Not(self.parse(data["not"], depth + 1))
        if keys == {"fact", "op", "value"}:
            return _compare(data["fact"], data["op"], data["value"])
        raise ConditionError("bad_condition", "A condition has fact, op and value, or one of all, any, not.")

    def parts(self, data: object, depth: int) -> tuple[Condition, ...]:
        if not isinstance(data, list) or not data:
            raise ConditionError("bad_condition", "all and any take a list with at least one condition.")
        return tuple(self.parse(part, depth + 1) for part in data)


def _compare(fact: object, op: object, value: object) -> Compare:
    if not isinstance(fact, str) or len(fact) > MAX_TEXT or not is_known(fact):
        raise ConditionError("unknown_fact", f"Unknown fact {shorten(fact)}.")
    if not isinstance(op, str) or op not in OPERATORS:
        raise ConditionError("bad_condition", f"Unknown operator {shorten(op)}; there are {' '.join(OPERATORS)}.")
    if op in ("in", "not_in"):
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_VALUES:
            raise ConditionError("bad_condition", f"{op} takes a list of 1 to {MAX_VALUES} values.")
        return Compare(fact, op, tuple(_value(fact, op, item) for item in value))
    return Compare(fact, op, _value(fact, op, value))


def _value(fact: str, op: str, value: object) -> Scalar:
    if fact in COMPUTED_FACTS or fact in ("label_count", "rework_count"):
        if is_finite(value):
            return value  # type: ignore[return-value]
        raise ConditionError("bad_condition", f"{fact} is compared with a finite number.")
    if fact.startswith("has_class:"):
        if isinstance(value, bool) and op not in ORDERED:
            return value
        raise ConditionError("bad_condition", "has_class is compared with true or false, by == or !=.")
    if isinstance(value, str) and len(value) <= MAX_TEXT and "\0" not in value:
        return value.casefold() if fact == "annotator" and op not in ORDERED else _text(fact, value)
    if fact != "annotator" and (value is None or isinstance(value, bool) or is_finite(value)) and op not in ORDERED:
        return value  # type: ignore[return-value]
    if fact != "annotator" and is_finite(value):
        return value  # type: ignore[return-value]
    raise ConditionError("bad_condition", f"{shorten(value)} cannot be compared with {shorten(fact)} by {op}.")


def _text(fact: str, value: str) -> str:
    if fact == "annotator":
        raise ConditionError("bad_condition", "annotator has no order; compare it by ==, !=, in or not_in.")
    return value


def is_known(fact: str) -> bool:
    """Whether the language has this fact, provided here or not."""
    if fact in PLAIN_FACTS or fact in COMPUTED_FACTS:
        return True
    if "\0" in fact:
        return False
    prefix, dot, key = fact.partition(":") if fact.startswith("has_class:") else fact.partition(".")
    return bool(dot) and bool(key) and prefix in ("has_class", "metadata")


def shorten(value: object) -> str:
    """`value` for a message: quoted, and cut when long."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "…")
    if value is None or isinstance(value, bool | float):
        return repr(value)
    return f"of type {type(value).__name__}"
