"""Steps of a change that rewrite labels: merge two classes, split one by an answer, fill a new attribute.

As sent, by names or ids: ``merge: [{"from", "into"}]``, ``split: [{"class", "attribute", "into": {option: class}}]``,
``fill: [{"class", "attribute", "value"}]``. Read, they are the same with ids only, and an ``op``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.common.errors import FieldError, Invalid
from apps.ontologies.logic.answers import check_label, show_attributes
from apps.ontologies.logic.index import AttributeEntry, ClassEntry, OntologyIndex
from apps.ontologies.logic.reader import Json, escape

MAX_STEPS = 100

MEMBERS = {"merge": ("from", "into"), "split": ("class", "attribute", "into"), "fill": ("class", "attribute", "value")}

Rewrite = Callable[[str, Mapping[str, Any]], tuple[str, dict[str, Any]] | None]
"""A label's class id and stored attributes → the new ones, or None when the label stays as it is."""


def read_steps(body: Mapping[str, Any], index: OntologyIndex) -> list[Json]:
    """The steps of a change's body, in the order merge, split, fill, against the definition as it will be.

    Raises Invalid with pointers.
    """
    steps: list[Json] = []
    for op in MEMBERS:
        steps += [{"op": op, **_READERS[op](item, index, pointer)} for pointer, item in sent_steps(body, op)]
    _refuse_chains(steps)
    return steps


def sent_steps(body: Mapping[str, Any], op: str) -> list[tuple[str, Json]]:
    """The steps of one kind with their pointers; a single step may stand without its list, and a merge's ``from`` may
    list several classes. Raises Invalid.
    """
    raw = body.get(op, [])
    raw = [raw] if isinstance(raw, dict) else raw
    if not isinstance(raw, list) or len(raw) > MAX_STEPS:
        raise Invalid.at(f"/{op}", f"This is a list of at most {MAX_STEPS} steps.", code="not_a_list")
    steps: list[tuple[str, Json]] = []
    for i, item in enumerate(raw):
        pointer = f"/{op}/{i}"
        if not isinstance(item, dict) or set(item) != set(MEMBERS[op]):
            raise Invalid.at(pointer, f"A step has the members {', '.join(MEMBERS[op])}.", code="bad_step")
        several = item["from"] if op == "merge" and isinstance(item["from"], list) else None
        steps += [(pointer, item)] if several is None else [(pointer, {**item, "from": source}) for source in several]
    if len(steps) > MAX_STEPS:
        raise Invalid.at(f"/{op}", f"This is a list of at most {MAX_STEPS} steps.", code="not_a_list")
    return steps


def _merge(item: Json, index: OntologyIndex, pointer: str) -> Json:
    source = _class(index, item["from"], f"{pointer}/from")
    return {"from": source.id, "into": _target(index, source, item["into"], f"{pointer}/into").id}


def _split(item: Json, index: OntologyIndex, pointer: str) -> Json:
    source = _class(index, item["class"], f"{pointer}/class")
    attribute = _attribute(source, item["attribute"], f"{pointer}/attribute")
    if attribute.type != "radio":
        raise Invalid.at(f"{pointer}/attribute", "A class is split by a radio attribute.", code="not_a_radio")
    if not isinstance(item["into"], dict) or not item["into"]:
        raise Invalid.at(f"{pointer}/into", "into maps options to classes.", code="not_an_object")
    into = {}
    for ref, target in item["into"].items():
        here = f"{pointer}/into/{escape(ref)}"
        option = attribute.options.get(ref)
        if option is None:
            raise Invalid.at(here, f"{attribute.name} has no such option.", code="unknown_option")
        into[option.id] = _target(index, source, target, here).id
    return {"class": source.id, "attribute": attribute.id, "into": into}


def _fill(item: Json, index: OntologyIndex, pointer: str) -> Json:
    source = _class(index, item["class"], f"{pointer}/class")
    attribute = _attribute(source, item["attribute"], f"{pointer}/attribute")
    found = check_label(index, source.id, source.shape, {attribute.id: item["value"]})
    if found.errors:
        errors = [FieldError(f"{pointer}/value", error.code, error.detail) for error in found.errors]
        raise Invalid("The value is no answer to the attribute.", errors=errors)
    if attribute.id not in found.attributes:
        raise Invalid.at(f"{pointer}/value", "Say which answer the labels get.", code="required")
    return {"class": source.id, "attribute": attribute.id, "value": found.attributes[attribute.id]}


_READERS: Mapping[str, Callable[[Json, OntologyIndex, str], Json]] = {"merge": _merge, "split": _split, "fill": _fill}


def _class(index: OntologyIndex, ref: Any, pointer: str) -> ClassEntry:
    entry = index.find(ref)
    if entry is None or entry.is_classification:
        raise Invalid.at(pointer, "The ontology has no such class.", code="unknown_class")
    return entry


def _target(index: OntologyIndex, source: ClassEntry, ref: Any, pointer: str) -> ClassEntry:
    target = _class(index, ref, pointer)
    if target.id == source.id or target.archived:
        raise Invalid.at(pointer, "Labels go to another class, which is in use.", code="bad_target")
    if (target.shape, target.points) != (source.shape, source.points):
        raise Invalid.at(pointer, "Labels go to a class of the same shape.", code="wrong_shape")
    return target


def _attribute(source: ClassEntry, ref: Any, pointer: str) -> AttributeEntry:
    found = source.attributes.lookup.get(ref) if isinstance(ref, str) else None
    if found is None:
        raise Invalid.at(pointer, "The class has no such attribute.", code="unknown_attribute")
    return found


def _refuse_chains(steps: Sequence[Json]) -> None:
    """One step per class that labels leave, and none that they go to, so that the order does not matter."""
    left = [step["from"] if step["op"] == "merge" else step["class"] for step in steps if step["op"] != "fill"]
    reached = {step["into"] for step in steps if step["op"] == "merge"}
    reached |= {target for step in steps if step["op"] == "split" for target in step["into"].values()}
    if len(set(left)) != len(left) or reached & set(left):
        raise Invalid.at("/merge", "A class is left by one step only, and by none that others go to.", code="chained")


def classes_left(steps: Sequence[Json]) -> set[str]:
    """The classes that a merge empties; they end up archived."""
    return {step["from"] for step in steps if step["op"] == "merge"}


def classes_touched(steps: Sequence[Json]) -> set[str]:
    """The classes whose labels the steps may rewrite."""
    return {step["from"] if step["op"] == "merge" else step["class"] for step in steps}


def rewriter(steps: Sequence[Json], index: OntologyIndex) -> Rewrite:
    """The function that carries the steps out on one label. Doing it twice is the same as once."""

    def rewrite(class_id: str, attributes: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        now, answers = class_id, dict(attributes)
        for step in steps:
            target = _destination(step, now, answers)
            if target is not None:
                now, answers = target, _carried(index, now, target, answers)
            elif step["op"] == "fill" and step["class"] == now and answers.get(step["attribute"]) in (None, "", []):
                answers[step["attribute"]] = step["value"]
        return None if (now, answers) == (class_id, attributes) else (now, answers)

    return rewrite


def _destination(step: Json, class_id: str, attributes: Mapping[str, Any]) -> str | None:
    if step["op"] == "merge" and step["from"] == class_id:
        return str(step["into"])
    if step["op"] == "split" and step["class"] == class_id:
        answer = attributes.get(step["attribute"])
        found = step["into"].get(answer["value"] if isinstance(answer, dict) else answer)
        return None if found is None else str(found)
    return None


def _carried(index: OntologyIndex, source: str, target: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that the target class has a place for: the same attribute name, with an answer valid there."""
    entry = index.find(target)
    kept: dict[str, Any] = {}
    for name, value in show_attributes(index.find(source), attributes).items():
        found = check_label(index, target, entry.shape if entry else None, {name: value})
        if not found.errors:
            kept |= found.attributes
    return kept
