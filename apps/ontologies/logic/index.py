"""A definition compiled for lookups: by id or by name, in constant time. Immutable, shared between requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.ontologies.logic.limits import CLASSIFICATION


@dataclass(frozen=True, slots=True)
class OptionEntry:
    """One option of a radio or checklist; ``archived`` counts an archived parent too."""

    id: str
    value: str
    archived: bool
    attributes: AttributeTable


@dataclass(frozen=True, slots=True)
class AttributeEntry:
    """One attribute (or the answer of a classification). ``options`` maps ids and values alike."""

    id: str
    name: str
    type: str
    required: bool
    archived: bool
    options: Mapping[str, OptionEntry]
    skill: str | None = None


@dataclass(frozen=True, slots=True)
class AttributeTable:
    """Sibling attributes: ``entries`` in order, ``lookup`` by id or name, ``required`` those that must be answered."""

    entries: tuple[AttributeEntry, ...]
    lookup: Mapping[str, AttributeEntry]
    required: tuple[AttributeEntry, ...]


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """An object class, or a classification (``shape`` is then "classification", and its one attribute is itself).

    ``points`` names a skeleton's points. ``required`` is a classification's: every image needs its answer.
    """

    id: str
    name: str
    shape: str
    color: str | None
    skill: str | None
    archived: bool
    required: bool
    attributes: AttributeTable
    points: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]

    @property
    def is_classification(self) -> bool:
        return self.shape == CLASSIFICATION

    def skills_for(self, answers: Mapping[str, Any]) -> tuple[str, ...]:
        """What somebody who judges a label of this class with these answers (by attribute id) must be skilled in."""
        asked = (entry.skill for entry in self.attributes.entries if entry.id in answers)
        return tuple(dict.fromkeys(skill for skill in (self.skill, *asked) if skill))

    @property
    def skills(self) -> tuple[str, ...]:
        """All that it may ask for, its own first."""
        return tuple(skill for skill in (self.skill, *(entry.skill for entry in self.attributes.entries)) if skill)


@dataclass(frozen=True, slots=True)
class OntologyIndex:
    """Everything that may be labeled, as of one version. ``class_names`` maps class and classification ids to names.

    ``demands``: something in it must be answered, so that labels can lack an answer at all.
    """

    ontology_id: str
    version: int
    classes: tuple[ClassEntry, ...]
    class_names: Mapping[str, str]
    demands: bool
    _lookup: Mapping[str, ClassEntry]

    def find(self, ref: Any) -> ClassEntry | None:
        """The class or classification with this id or name."""
        return self._lookup.get(ref) if isinstance(ref, str) else None

    def class_name(self, class_id: str) -> str:
        """Its present name; the id itself for what this version does not know."""
        return self.class_names.get(class_id, class_id)

    @property
    def objects(self) -> tuple[ClassEntry, ...]:
        return tuple(entry for entry in self.classes if not entry.is_classification)

    @property
    def classifications(self) -> tuple[ClassEntry, ...]:
        return tuple(entry for entry in self.classes if entry.is_classification)


def compile_index(ontology_id: object, version: int, definition: Mapping[str, Any]) -> OntologyIndex:
    """The index of a canonical definition."""
    classes = (
        *(_object(item) for item in definition["objects"]),
        *(_classification(item) for item in definition["classifications"]),
    )
    lookup = {entry.name: entry for entry in classes} | {entry.id: entry for entry in classes}
    names = {entry.id: entry.name for entry in classes}
    demands = any(entry.required or _demands(entry.attributes) for entry in classes)
    return OntologyIndex(str(ontology_id), version, classes, names, demands, lookup)


def _demands(table: AttributeTable) -> bool:
    """Whether an attribute here, or beneath an option, must be answered."""
    options = (option for entry in table.entries for option in entry.options.values())
    return bool(table.required) or any(_demands(option.attributes) for option in options)


def _object(item: Mapping[str, Any]) -> ClassEntry:
    template = item.get("template") or {"points": [], "edges": []}
    return ClassEntry(
        id=item["id"],
        name=item["name"],
        shape=item["shape"],
        color=item["color"],
        skill=item["skill"],
        archived=item["archived"],
        required=False,
        attributes=_table(item["attributes"], item["archived"]),
        points=tuple(template["points"]),
        edges=tuple((a, b) for a, b in template["edges"]),
    )


def _classification(item: Mapping[str, Any]) -> ClassEntry:
    # Its one attribute must be answered wherever the label is there, required or not: an answer is all that it says.
    table = _table([{**item, "required": True}], archived=False)
    return ClassEntry(
        id=item["id"],
        name=item["name"],
        shape=CLASSIFICATION,
        color=None,
        skill=item.get("skill"),
        archived=item["archived"],
        required=item["required"] and not item["archived"],
        attributes=table,
        points=(),
        edges=(),
    )


def _table(items: Sequence[Mapping[str, Any]], archived: bool) -> AttributeTable:
    entries = tuple(_attribute(item, archived) for item in items)
    lookup = {entry.name: entry for entry in entries} | {entry.id: entry for entry in entries}
    return AttributeTable(entries, lookup, tuple(entry for entry in entries if entry.required))


def _attribute(item: Mapping[str, Any], archived: bool) -> AttributeEntry:
    archived = archived or item["archived"]
    options = [_option(option, archived) for option in item.get("options", ())]
    return AttributeEntry(
        id=item["id"],
        name=item["name"],
        type=item["type"],
        required=item["required"] and not archived,
        archived=archived,
        options={option.value: option for option in options} | {option.id: option for option in options},
        skill=item.get("skill"),
    )


def _option(item: Mapping[str, Any], archived: bool) -> OptionEntry:
    archived = archived or item["archived"]
    return OptionEntry(item["id"], item["value"], archived, _table(item["attributes"], archived))
