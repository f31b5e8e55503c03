"""The keys each stage type's `config` may hold, and what a good value of each is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workflows.conditions import is_finite, shorten
from workflows.graph import AGENT, ANNOTATE, ARCHIVE, COMPLETE, CONSENSUS, EXPERT_REVIEW, REVIEW, ROUTER

MAX_ID = 64
MAX_TITLE = 200
MAX_TEXT = 500
MAX_LIST = 1000
MAX_BRANCHES = 50

Check = Callable[[object], str | None]
"""Gives what is wrong with a value, or None."""


def plain_text(value: object, limit: int = MAX_TEXT) -> str | None:
    """A printable text that is not blank."""
    if not isinstance(value, str):
        return "must be a text"
    if not value.strip():
        return "must not be blank"
    if len(value) > limit:
        return f"must have at most {limit} characters"
    if not all(char.isprintable() for char in value):
        return "must not hold control characters"
    return None


def outcome_name(value: object) -> str | None:
    return plain_text(value, MAX_ID)


def _boolean(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _number(low: float, high: float, *, above: bool = False) -> Check:
    def check(value: object) -> str | None:
        if not is_finite(value):
            return "must be a finite number"
        if value < low or value > high or (above and value == low):  # type: ignore[operator]
            return f"must be {'above' if above else 'from'} {low:g} {'and at most' if above else 'to'} {high:g}"
        return None

    return check


def _integer(low: int, high: int) -> Check:
    def check(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            return f"must be a whole number from {low} to {high}"
        return None

    return check


def _one_of(*choices: str) -> Check:
    def check(value: object) -> str | None:
        if isinstance(value, str) and value in choices:
            return None
        return f"must be one of {', '.join(choices)}"

    return check


def _texts(*, least: int = 0, limit: int = MAX_LIST, distinct: bool = True, text: Check = plain_text) -> Check:
    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return "must be a list of texts"
        if not least <= len(value) <= limit:
            return f"must have {least} to {limit} entries"
        for item in value:
            problem = text(item)
            if problem:
                return f"has an entry that {problem}"
        if distinct and len(set(value)) != len(value):
            return "must not name one entry twice"
        return None

    return check


def _mapping(check_value: Check, *, text: Check = plain_text, limit: int = MAX_LIST) -> Check:
    def check(value: object) -> str | None:
        if not isinstance(value, dict) or not value:
            return "must be an object with at least one entry"
        if len(value) > limit:
            return f"must have at most {limit} entries"
        for key, item in value.items():
            problem = text(key)
            if problem:
                return f"has a key that {problem}"
            problem = check_value(item)
            if problem:
                return f"has an entry {shorten(key)} that {problem}"
        return None

    return check


_MINUTES = _number(0, 60 * 24 * 365, above=True)
_CHANCE = _number(0, 1)

_QUEUE: dict[str, Check] = {
    "collaborators": _texts(),
    "skills": _texts(limit=50),
    "lease_minutes": _number(0, 60 * 24, above=True),
    "max_hold_hours": _number(0, 24 * 365, above=True),
    "reserve_hours": _number(0, 24 * 365, above=True),
}

_REVIEW: dict[str, Check] = {
    **_QUEUE,
    "strict": _boolean,
    "sample": _CHANCE,
    "class_sample": _mapping(_CHANCE),
    "show": _one_of("drawn", "all"),
    "allow_edit": _boolean,
    "four_eyes": _boolean,
    "return_to": _one_of("annotator", "pool"),
    "show_evidence": _one_of("at once", "after my verdict", "never"),
}

_TIMEOUT: dict[str, Check] = {"timeout_minutes": _MINUTES, "on_timeout": outcome_name}

PREDICT = "predict"
EVERYTHING = "everything"
_BUILT_IN: dict[str, Check] = {
    "agent": _one_of(PREDICT, EVERYTHING),
    "model": plain_text,
    "class": plain_text,
    "class_map": _mapping(plain_text),
    "outcome": outcome_name,
}
"""Settings of an agent that runs in a worker of ours, instead of a program from outside."""


def _is_list(value: object) -> str | None:
    if not isinstance(value, list) or not value:
        return "must be a list with at least one branch"
    return None if len(value) <= MAX_BRANCHES else f"must have at most {MAX_BRANCHES} branches"


CONFIG_KEYS: Mapping[str, Mapping[str, Check]] = {
    ANNOTATE: {**_QUEUE, "prelabel": plain_text, "class_map": _mapping(plain_text)},
    REVIEW: _REVIEW,
    EXPERT_REVIEW: {**_REVIEW, "after_fix": _one_of("accept", "second_expert", "return")},
    CONSENSUS: {**_QUEUE, "copies": _integer(2, 20), "metric": plain_text, "threshold": _CHANCE},
    ROUTER: {
        "branches": _is_list,
        "otherwise": outcome_name,
        "percentages": _mapping(_number(0, 100), text=outcome_name, limit=MAX_BRANCHES),
        "by_collaborator": _mapping(outcome_name),
        **_TIMEOUT,
    },
    AGENT: {
        **_QUEUE,
        "outcomes": _texts(least=1, limit=MAX_BRANCHES, text=outcome_name),
        "retries": _integer(0, 20),
        **_TIMEOUT,
        **_BUILT_IN,
    },
    COMPLETE: {},
    ARCHIVE: {},
}

FIXED_OUTCOMES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    ANNOTATE: (("submitted",), ("skipped",)),
    REVIEW: (("approved", "rejected"), ("escalated",)),
    EXPERT_REVIEW: (("approved", "rejected"), ()),
    CONSENSUS: (("agreed", "disagreed"), ()),
    COMPLETE: ((), ()),
    ARCHIVE: ((), ()),
}
"""Per stage type: outcomes that must be wired, outcomes that may be."""


def outcomes_of(stage_type: str, config: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(outcomes that must be wired, outcomes that may be) of a stage. Reads malformed configs without raising."""
    if stage_type in FIXED_OUTCOMES:
        return FIXED_OUTCOMES[stage_type]
    names: list[object] = []
    if stage_type == AGENT:
        names += _as_list(config.get("outcomes"))
    else:
        names += [item.get("outcome") for item in _as_list(config.get("branches")) if isinstance(item, dict)]
        names += list(_as_dict(config.get("percentages")))
        names += list(_as_dict(config.get("by_collaborator")).values())
        names.append(config.get("otherwise"))
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str))), ()


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _as_dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
