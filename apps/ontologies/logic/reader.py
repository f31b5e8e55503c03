"""Small readers of one value of a definition: each notes what is wrong at a pointer and gives a usable value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from apps.common.errors import FieldError
from apps.ontologies.logic.limits import MAX_NAME, MAX_NODES

Json = dict[str, Any]

_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]")

MAX_ERRORS = 100


class EnoughError(Exception):
    """Reading on would only repeat itself."""


class Reader:
    """Collects errors while a definition is read; ``make_id`` gives ids to what has none."""

    def __init__(self, make_id: Callable[[], str]) -> None:
        self.make_id = make_id
        self.errors: list[FieldError] = []
        self._nodes = 0

    def note(self, pointer: str, code: str, detail: str) -> None:
        """Raises EnoughError at the hundredth."""
        self.errors.append(FieldError(pointer or "/", code, detail))
        if len(self.errors) >= MAX_ERRORS:
            raise EnoughError

    def members(self, value: Any, known: frozenset[str], pointer: str) -> Json:
        """``value`` as an object, with nothing beside ``known``; an empty one when it is none."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self.note(pointer, "too_many", f"A definition has at most {MAX_NODES} classes, attributes and options.")
            raise EnoughError
        if not isinstance(value, dict):
            self.note(pointer, "not_an_object", "This is an object.")
            return {}
        for name in value:
            if name not in known:
                self.note(f"{pointer}/{escape(name)}", "unknown_field", "There is no such member here.")
        return value

    def items(self, value: Any, most: int, pointer: str) -> list[Any]:
        """``value`` as a list of at most ``most`` items (null counts as empty)."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.note(pointer, "not_a_list", "This is a list.")
            return []
        if len(value) > most:
            self.note(pointer, "too_many", f"There are at most {most} of these.")
            return []
        return value

    def name(self, value: Any, pointer: str) -> str:
        """A name of 1 to 200 characters on one line, trimmed. What looks like an id is refused, since ids and names
        are looked up alike."""
        if not isinstance(value, str):
            self.note(pointer, "required" if value is None else "not_text", "This is a text.")
            return ""
        text = value.strip()
        if not 1 <= len(text) <= MAX_NAME:
            self.note(pointer, "bad_length", f"This has 1 to {MAX_NAME} characters.")
        elif _CONTROL.search(text):
            self.note(pointer, "bad_characters", "This is one line without control characters.")
        elif _UUID.fullmatch(text):
            self.note(pointer, "looks_like_an_id", "This looks like an id, so it cannot be a name.")
        return text

    def one_of(self, value: Any, choices: tuple[str, ...], pointer: str) -> str:
        if not isinstance(value, str) or value not in choices:
            self.note(pointer, "unknown_choice", f"This is one of {', '.join(choices)}.")
            return choices[0]
        return value

    def flag(self, value: Any, pointer: str) -> bool:
        if not isinstance(value, bool):
            self.note(pointer, "not_a_boolean", "This is true or false.")
            return False
        return value

    def color(self, value: Any, pointer: str) -> str:
        """``#rrggbb`` in lower case; ``#rgb`` is widened."""
        if not isinstance(value, str) or not _COLOR.fullmatch(value):
            self.note(pointer, "bad_color", "A colour is #rrggbb.")
            return "#000000"
        text = value.lower()
        return text if len(text) == 7 else "#" + "".join(digit * 2 for digit in text[1:])

    def short_text(self, value: Any, most: int, pointer: str) -> str | None:
        """A text of 1 to ``most`` characters, or null."""
        if value is None:
            return None
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= most or _CONTROL.search(value):
            self.note(pointer, "bad_text", f"This is a text of 1 to {most} characters, or null.")
            return None
        return value.strip()


def escape(name: str) -> str:
    """One token of an RFC 6901 pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def kept(item: Mapping[str, Any], current: Mapping[str, Any] | None, member: str, default: Any) -> Any:
    """A member as sent; when it was left out, as it is now; ``default`` for what is new."""
    if member in item:
        return item[member]
    return default if current is None else current.get(member, default)
