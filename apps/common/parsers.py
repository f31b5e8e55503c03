"""JSON as the contract wants it: finite numbers, no duplicate keys, no NUL, bounded depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from apps.common.errors import Invalid

MAX_DEPTH = 64


class StrictJSONParser(BaseParser):
    """Parses ``application/json`` and refuses what no honest client sends."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return loads_strict(stream.read())


def loads_strict(raw: bytes) -> Any:
    """The JSON value of ``raw``.

    Raises Invalid (code ``malformed``) for bad UTF-8, bad JSON, NaN or infinity, a repeated key, NUL, lone surrogates
    or more than ``MAX_DEPTH`` levels.
    """
    try:
        text = raw.decode("utf-8")
        if "\\u0000" in text or "\x00" in text:
            raise ValueError("NUL is not allowed in text")
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_once)
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise Invalid("The JSON is nested too deeply.", code="malformed") from None
    except (ValueError, UnicodeError) as error:
        raise Invalid(f"The body is not valid JSON: {error}", code="malformed") from None
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise Invalid("The JSON is nested too deeply.", code="malformed")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is out of range")
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found
