"""What differs between two definitions, item by item, and what of it needs care."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.ontologies.logic.reader import Json


@dataclass(frozen=True, slots=True)
class Item:
    """A class, classification, attribute or option. ``class_id`` is the class whose labels can use it."""

    kind: str
    id: str
    name: str
    class_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a new definition does to one item: ``added renamed archived restored removed changed required``.

    ``changed`` is another shape, another type, or other skeleton points; ``required`` asks more of labels that are
    there already.
    """

    action: str
    item: Item
    to: str | None = None


CARELESS = ("removed", "changed")
"""What must not happen to an item in use."""


def items_of(definition: Json) -> dict[str, Item]:
    """Every item of a definition by its id."""
    found = {}
    for item in definition["objects"]:
        found[item["id"]] = Item("class", item["id"], item["name"], item["id"], item)
        found.update({child.id: child for child in _below(item["attributes"], item["id"])})
    for item in definition["classifications"]:
        found[item["id"]] = Item("classification", item["id"], item["name"], item["id"], item)
        found.update({child.id: child for child in _options(item, item["id"])})
    return found


def _below(attributes: Sequence[Json], class_id: str) -> Iterator[Item]:
    for attribute in attributes:
        yield Item("attribute", attribute["id"], attribute["name"], class_id, attribute)
        yield from _options(attribute, class_id)


def _options(attribute: Json, class_id: str) -> Iterator[Item]:
    for option in attribute.get("options", ()):
        yield Item("option", option["id"], option["value"], class_id, option)
        yield from _below(option["attributes"], class_id)


def differences(old: Json, new: Json) -> list[Change]:
    """What changes from ``old`` to ``new``: first what the new one has, in its order, then what it lacks."""
    before, after = items_of(old), items_of(new)
    found = []
    for ident, item in after.items():
        was = before.get(ident)
        if was is None:
            found.append(Change("added", item))
        else:
            found += _alterations(was, item)
        if _asks_more(was, item) and item.class_id in before:
            found.append(Change("required", item))
    return found + [Change("removed", item) for ident, item in before.items() if ident not in after]


def _alterations(was: Item, item: Item) -> list[Change]:
    found = []
    if was.name != item.name:
        found.append(Change("renamed", was, item.name))
    if was.body["archived"] != item.body["archived"]:
        found.append(Change("archived" if item.body["archived"] else "restored", item))
    if _kind(was.body) != _kind(item.body):
        found.append(Change("changed", item))
    return found


def _kind(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """What an item's labels rest on."""
    points = (body.get("template") or {}).get("points")
    return body.get("shape"), body.get("type"), points


def _asks_more(was: Item | None, item: Item) -> bool:
    demanded = bool(item.body.get("required")) and not item.body["archived"]
    already = was is not None and bool(was.body.get("required")) and not was.body["archived"]
    return demanded and not already
