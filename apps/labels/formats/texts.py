"""Answers as plain texts, for formats that know nothing else."""

from __future__ import annotations

import math
from typing import Any

from apps.ontologies.logic import AttributeEntry

TRUE = frozenset({"1", "true", "yes"})
FALSE = frozenset({"0", "false", "no"})


def answer_from(attribute: AttributeEntry, texts: list[str]) -> Any:
    """The answer that a text (several for a checklist) means to ``attribute``. Raises ValueError where it is none."""
    if attribute.type == "checklist":
        return [_option(attribute, text) for text in texts]
    if len(texts) != 1:
        raise ValueError("more than one answer")
    text = texts[0]
    match attribute.type:
        case "boolean" if text.strip().lower() in TRUE | FALSE:
            return text.strip().lower() in TRUE
        case "number":
            return _number(text)
        case "text":
            return text
        case "radio":
            return _option(attribute, text)
    raise ValueError("not an answer")


def texts_of(answer: Any) -> list[str] | None:
    """The texts of an answer, or None when it nests and so has none."""
    if isinstance(answer, list):
        found = [texts_of(item) for item in answer]
        return None if any(item is None for item in found) else [text for item in found for text in item or []]
    if isinstance(answer, dict):
        return None
    if isinstance(answer, bool):
        return ["1" if answer else "0"]
    return [answer if isinstance(answer, str) else repr(answer)]


def _option(attribute: AttributeEntry, text: str) -> str:
    for option in attribute.options.values():
        if option.value == text:
            return text
    lowered = text.strip().lower()
    if lowered in TRUE | FALSE:
        # A radio of yes and no is a boolean to the formats that write 1 and 0.
        same = TRUE if lowered in TRUE else FALSE
        for option in attribute.options.values():
            if option.value.lower() in same:
                return option.value
    raise ValueError("no such option")


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not finite")
    return (
        int(value)
        if value.is_integer() and abs(value) < 2**53 and "." not in text and "e" not in text.lower()
        else value
    )
