"""A definition as sent → the canonical definition, with immutable ids for classes, attributes and options.

Canonical: ``{"objects": [{"id", "name", "shape", "color", "skill", "archived", "attributes", "template"?}],
"classifications": [attribute]}``; an attribute is ``{"id", "name", "type", "required", "archived", "skill"?,
"options"?}``, an option ``{"id", "value", "archived", "attributes"}``. Lists are complete: what is left out of a list
is dropped; a member that is left out of a known item keeps its value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.common.errors import Invalid
from apps.ontologies.logic.limits import (
    CHOICES,
    MAX_ATTRIBUTES,
    MAX_CLASSES,
    MAX_EDGES,
    MAX_NESTING,
    MAX_OPTIONS,
    MAX_POINTS,
    MAX_SKILL,
    PALETTE,
    SHAPES,
    TYPES,
)
from apps.ontologies.logic.reader import EnoughError, Json, Reader, kept

EMPTY: Json = {"objects": [], "classifications": []}

_OBJECT = frozenset({"id", "name", "shape", "color", "skill", "archived", "attributes", "template"})
_ATTRIBUTE = frozenset({"id", "name", "type", "required", "archived", "skill", "options"})
_OPTION = frozenset({"id", "value", "archived", "attributes"})
_TEMPLATE = frozenset({"points", "edges"})


def read_definition(body: Mapping[str, Any], *, make_id: Callable[[], str], current: Json | None = None) -> Json:
    """The canonical definition of ``body`` (its members ``objects`` and ``classifications``; others are ignored).

    An item is one of ``current`` when it names its id, or carries no id and has the name of a sibling that nobody else
    in the body claims by id. Raises Invalid with a pointer to each mistake (at most 100).
    """
    reader = Reader(make_id)
    now = current or EMPTY
    found = EMPTY
    try:
        objects = _read_list(reader, body.get("objects", now["objects"]), now["objects"], "/objects", _read_object)
        asked = _read_list(
            reader,
            body.get("classifications", now["classifications"]),
            now["classifications"],
            "/classifications",
            _read_attribute,
        )
        _colour(objects)
        _one_name(reader, objects, asked)
        found = {"objects": objects, "classifications": asked}
    except EnoughError:
        pass
    if reader.errors:
        raise Invalid("The ontology is not valid.", errors=reader.errors)
    return found


ReadItem = Callable[[Reader, Json, "Json | None", str, int], Json]

_KINDS = {
    "objects": (_OBJECT, "name", MAX_CLASSES),
    "classifications": (_ATTRIBUTE, "name", MAX_CLASSES),
    "attributes": (_ATTRIBUTE, "name", MAX_ATTRIBUTES),
    "options": (_OPTION, "value", MAX_OPTIONS),
}


def _read_list(
    reader: Reader, raw: Any, current: Sequence[Json], pointer: str, read: ReadItem, level: int = 1
) -> list[Json]:
    """Siblings: each matched with what it was, read, and named apart from the others."""
    known, key, most = _KINDS[pointer.rpartition("/")[2]]
    items = [reader.members(item, known, f"{pointer}/{i}") for i, item in enumerate(reader.items(raw, most, pointer))]
    by_id = {item["id"]: item for item in current}
    claimed = {item["id"] for item in items if isinstance(item.get("id"), str)}
    by_name = {item[key]: item for item in current if item["id"] not in claimed}
    seen: set[str] = set()
    names: set[str] = set()
    found = []
    for i, item in enumerate(items):
        here = f"{pointer}/{i}"
        was = _match(reader, item, key, by_id, by_name, here)
        name = reader.name(kept(item, was, key, None), f"{here}/{key}")
        if name in names:
            reader.note(f"{here}/{key}", "repeated_name", f"{name} is there twice.")
        names.add(name)
        ident = was["id"] if was else reader.make_id()
        if ident in seen:
            reader.note(f"{here}/id", "repeated_id", "This id is there twice.")
        seen.add(ident)
        archived = reader.flag(kept(item, was, "archived", False), f"{here}/archived")
        found.append({"id": ident, key: name, "archived": archived, **read(reader, item, was, here, level)})
    return found


def _match(
    reader: Reader, item: Json, key: str, by_id: Mapping[str, Json], by_name: Mapping[str, Json], pointer: str
) -> Json | None:
    ident = item.get("id")
    if ident is None:
        name = item.get(key)
        return by_name.get(name.strip()) if isinstance(name, str) else None
    if not isinstance(ident, str) or ident not in by_id:
        reader.note(f"{pointer}/id", "unknown_id", "Nothing here has this id; new items get theirs from the server.")
        return None
    return by_id[ident]


def _read_object(reader: Reader, item: Json, was: Json | None, pointer: str, level: int) -> Json:
    shape = reader.one_of(kept(item, was, "shape", None), SHAPES, f"{pointer}/shape")
    color = kept(item, was, "color", None)
    found: Json = {
        "shape": shape,
        "color": None if color is None else reader.color(color, f"{pointer}/color"),
        "skill": reader.short_text(kept(item, was, "skill", None), MAX_SKILL, f"{pointer}/skill"),
        "attributes": _read_attributes(reader, item, was, pointer, level),
    }
    template = kept(item, was, "template", None)
    if shape == "skeleton":
        found["template"] = _read_template(reader, template, f"{pointer}/template")
    elif template is not None and "template" in item:
        reader.note(f"{pointer}/template", "not_a_skeleton", "Only a skeleton has a template.")
    return found


def _read_attributes(reader: Reader, item: Json, was: Json | None, pointer: str, level: int) -> list[Json]:
    raw = kept(item, was, "attributes", [])
    if raw and level > MAX_NESTING:
        reader.note(f"{pointer}/attributes", "too_deep", f"Attributes nest at most {MAX_NESTING} levels deep.")
        return []
    current = was["attributes"] if was else []
    return _read_list(reader, raw, current, f"{pointer}/attributes", _read_attribute, level)


def _read_attribute(reader: Reader, item: Json, was: Json | None, pointer: str, level: int) -> Json:
    kind = reader.one_of(kept(item, was, "type", None), TYPES, f"{pointer}/type")
    found: Json = {"type": kind, "required": reader.flag(kept(item, was, "required", False), f"{pointer}/required")}
    skill = reader.short_text(kept(item, was, "skill", None), MAX_SKILL, f"{pointer}/skill")
    if skill:
        found["skill"] = skill
    current = (was or {}).get("options", [])
    if kind not in CHOICES:
        if item.get("options"):
            reader.note(f"{pointer}/options", "no_choice", f"Only {' and '.join(CHOICES)} have options.")
        return found
    options = _read_list(reader, item.get("options", current), current, f"{pointer}/options", _read_option, level)
    if not options:
        reader.note(f"{pointer}/options", "required", f"A {kind} has at least one option.")
    return {**found, "options": options}


def _read_option(reader: Reader, item: Json, was: Json | None, pointer: str, level: int) -> Json:
    return {"attributes": _read_attributes(reader, item, was, pointer, level + 1)}


def _read_template(reader: Reader, raw: Any, pointer: str) -> Json:
    """``{"points": [name, …], "edges": [[index, index], …]}`` of a skeleton."""
    if raw is None:
        reader.note(pointer, "required", "A skeleton has a template of points and edges.")
        return {"points": [], "edges": []}
    template = reader.members(raw, _TEMPLATE, pointer)
    points = [
        reader.name(name, f"{pointer}/points/{i}")
        for i, name in enumerate(reader.items(template.get("points"), MAX_POINTS, f"{pointer}/points"))
    ]
    if not points or len(set(points)) != len(points):
        reader.note(
            f"{pointer}/points", "bad_points", "A skeleton has at least one point, each with a name of its own."
        )
    edges = []
    for i, edge in enumerate(reader.items(template.get("edges"), MAX_EDGES, f"{pointer}/edges")):
        if not _is_edge(edge, len(points)):
            reader.note(f"{pointer}/edges/{i}", "bad_edge", "An edge is a pair of different point numbers, from 0.")
        else:
            edges.append(list(edge))
    return {"points": points, "edges": edges}


def _is_edge(edge: Any, size: int) -> bool:
    if not isinstance(edge, list) or [type(end) for end in edge] != [int, int]:
        return False
    return all(0 <= end < size for end in edge) and edge[0] != edge[1]


def _colour(objects: list[Json]) -> None:
    """Gives the classes without a colour the next free one of the palette."""
    used = {item["color"] for item in objects}
    free = [color for color in PALETTE if color not in used] or list(PALETTE)
    turn = 0
    for item in objects:
        if item["color"] is None:
            item["color"] = free[turn % len(free)]
            turn += 1


def _one_name(reader: Reader, objects: Sequence[Json], asked: Sequence[Json]) -> None:
    """A label names its class only, so objects and classifications share one set of names."""
    names = {item["name"] for item in objects}
    for i, item in enumerate(asked):
        if item["name"] in names:
            reader.note(f"/classifications/{i}/name", "repeated_name", f"{item['name']} is an object class already.")
