"""Answers: what a label says of class and attributes, checked, stored by ids and shown by names.

Stored: ``{attribute id: answer}``; a radio's answer is an option id, or ``{"value": option id, "attributes": {…}}``
when something nested is answered; a checklist's a list of those; text, number and boolean are themselves. So renaming
never touches a label. Absent and null mean unanswered, which is allowed until the task is submitted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from apps.common.errors import FieldError
from apps.ontologies.logic.index import AttributeEntry, AttributeTable, ClassEntry, OntologyIndex, OptionEntry
from apps.ontologies.logic.limits import LARGEST_INTEGER, MAX_ANSWER
from apps.ontologies.logic.reader import escape


@dataclass(frozen=True, slots=True)
class Answer:
    """What a label says, in stored form, or what is wrong with it.

    ``outdated``: it uses something that the ontology has archived. ``points`` names a skeleton's points. With
    ``errors`` the rest means nothing (``entry`` is None when the class itself is unknown).
    """

    entry: ClassEntry | None
    attributes: dict[str, Any]
    outdated: bool
    errors: tuple[FieldError, ...] = ()

    @property
    def class_id(self) -> str:
        return self.entry.id if self.entry else ""

    @property
    def points(self) -> tuple[str, ...]:
        return self.entry.points if self.entry else ()


class Missing(NamedTuple):
    """A required answer that is not there; ``label_id`` is None for a required classification without a label."""

    label_id: str | None
    pointer: str
    detail: str
    code: str = "required"


class _Check:
    """Collects what is wrong with one label's answers."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.archived = False

    def note(self, pointer: str, code: str, detail: str) -> None:
        self.errors.append(FieldError(pointer, code, detail))


def check_label(index: OntologyIndex, class_ref: Any, shape: Any, attributes: Any, *, pointer: str = "") -> Answer:
    """The answer of one label, by names or ids; its errors stand at pointers below ``pointer``, with the codes
    ``unknown_class wrong_shape unknown_attribute unknown_option wrong_type repeated_option …``. Nothing is raised."""
    entry = index.find(class_ref)
    if entry is None:
        return _refused(None, f"{pointer}/class", "unknown_class", "The ontology has no such class.")
    if shape != entry.shape:
        return _refused(entry, f"{pointer}/shape", "wrong_shape", f"The shape of {entry.name} is {entry.shape}.")
    check = _Check()
    check.archived = entry.archived
    stored = _answers(check, entry.attributes, attributes, f"{pointer}/attributes")
    return Answer(entry, stored, check.archived, tuple(check.errors[:100]))


def _refused(entry: ClassEntry | None, pointer: str, code: str, detail: str) -> Answer:
    return Answer(entry, {}, False, (FieldError(pointer, code, detail),))


def _answers(check: _Check, table: AttributeTable, raw: Any, pointer: str) -> dict[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        check.note(pointer, "not_an_object", "attributes is an object by attribute name.")
        return {}
    stored: dict[str, Any] = {}
    for name, value in raw.items():
        here = f"{pointer}/{escape(name)}"
        attribute = table.lookup.get(name)
        if attribute is None:
            check.note(here, "unknown_attribute", "There is no such attribute here.")
        elif attribute.id in stored:
            check.note(here, "repeated_attribute", f"{attribute.name} is answered twice.")
        elif value is not None:
            stored[attribute.id] = _answer(check, attribute, value, here)
            check.archived |= attribute.archived
    return stored


def _answer(check: _Check, attribute: AttributeEntry, value: Any, pointer: str) -> Any:
    match attribute.type:
        case "radio":
            return _choice(check, attribute, value, pointer)
        case "checklist":
            return _choices(check, attribute, value, pointer)
        case "boolean" if isinstance(value, bool):
            return value
        case "text" if isinstance(value, str):
            if len(value) > MAX_ANSWER:
                check.note(pointer, "too_long", f"A text has at most {MAX_ANSWER} characters.")
            return value
        case "number" if _is_number(value):
            return value
    check.note(pointer, "wrong_type", f"{attribute.name} is a {attribute.type}.")
    return None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) <= LARGEST_INTEGER
    return isinstance(value, float) and math.isfinite(value)


def _choice(check: _Check, attribute: AttributeEntry, value: Any, pointer: str) -> Any:
    """An option's id, with its nested answers where there are any."""
    nested: Any = None
    if isinstance(value, dict):
        for name in value:
            if name not in ("value", "attributes"):
                check.note(f"{pointer}/{escape(name)}", "unknown_field", "An answer has a value and attributes.")
        value, nested = value.get("value"), value.get("attributes")
        place = f"{pointer}/value"
    else:
        place = pointer
    option = attribute.options.get(value) if isinstance(value, str) else None
    if option is None:
        check.note(place, "unknown_option", f"{attribute.name} has no such option.")
        return None
    check.archived |= option.archived
    answers = _answers(check, option.attributes, nested, f"{pointer}/attributes")
    return {"value": option.id, "attributes": answers} if answers else option.id


def _choices(check: _Check, attribute: AttributeEntry, value: Any, pointer: str) -> list[Any]:
    if not isinstance(value, list):
        check.note(pointer, "wrong_type", f"{attribute.name} is a list of options.")
        return []
    if len(value) > len(attribute.options):
        check.note(pointer, "repeated_option", "An option is there twice.")
        return []
    chosen = [_choice(check, attribute, item, f"{pointer}/{i}") for i, item in enumerate(value)]
    ids = [_option_id(item) for item in chosen if item is not None]
    if len(set(ids)) != len(ids):
        check.note(pointer, "repeated_option", "An option is there twice.")
    return chosen


def _option_id(answer: Any) -> Any:
    return answer["value"] if isinstance(answer, dict) else answer


def show_attributes(entry: ClassEntry | None, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored attributes by their present names, as API.md writes them. Unknown ids stay as they are."""
    return _show(entry.attributes, stored) if entry else dict(stored)


def _show(table: AttributeTable, stored: Mapping[str, Any]) -> dict[str, Any]:
    shown = {}
    for ident, value in stored.items():
        attribute = table.lookup.get(ident)
        if attribute is None:
            shown[ident] = value
        elif attribute.type == "radio":
            shown[attribute.name] = _show_choice(attribute, value)
        elif attribute.type == "checklist" and isinstance(value, list):
            shown[attribute.name] = [_show_choice(attribute, item) for item in value]
        else:
            shown[attribute.name] = value
    return shown


def _show_choice(attribute: AttributeEntry, answer: Any) -> Any:
    option = attribute.options.get(_option_id(answer))
    if option is None:
        return answer
    if isinstance(answer, dict):
        return {"value": option.value, "attributes": _show(option.attributes, answer["attributes"])}
    return option.value


def missing_required(index: OntologyIndex, labels: Mapping[str, Mapping[str, Any]]) -> list[Missing]:
    """The required answers that ``labels`` (stored rows with ``class`` and ``attributes``, by label id) lack, at
    ``/labels/ID/attributes/…`` by names; then the required classifications without any label, at
    ``/classifications/NAME``."""
    found: list[Missing] = []
    there: set[str] = set()
    for label_id, row in labels.items():
        entry = index.find(row["class"])
        if entry is None or entry.archived:
            continue
        there.add(entry.id)
        for pointer, name in _lacking(entry.attributes, row["attributes"], f"/labels/{label_id}/attributes"):
            found.append(Missing(label_id, pointer, f"{entry.name} needs an answer to {name}."))
    absent = (entry for entry in index.classes if entry.required and entry.id not in there)
    return found + [
        Missing(None, f"/classifications/{escape(entry.name)}", f"{entry.name} needs an answer.") for entry in absent
    ]


def _lacking(table: AttributeTable, stored: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, str]]:
    for attribute in table.required:
        if stored.get(attribute.id) in (None, "", []):
            yield f"{pointer}/{escape(attribute.name)}", attribute.name
    for ident, value in stored.items():
        answered = table.lookup.get(ident)
        if answered is None or answered.archived or not answered.options:
            continue
        here = f"{pointer}/{escape(answered.name)}"
        if isinstance(value, list):
            for i, item in enumerate(value):
                yield from _lacking_inside(answered, item, f"{here}/{i}")
        else:
            yield from _lacking_inside(answered, value, here)


def _lacking_inside(attribute: AttributeEntry, answer: Any, pointer: str) -> Iterator[tuple[str, str]]:
    option: OptionEntry | None = attribute.options.get(_option_id(answer))
    if option is not None and option.attributes.entries:
        nested = answer["attributes"] if isinstance(answer, dict) else {}
        yield from _lacking(option.attributes, nested, f"{pointer}/attributes")
