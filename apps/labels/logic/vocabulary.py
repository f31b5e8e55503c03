"""The seam to the ontology: what a label's class and attributes mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.common.errors import Invalid
from apps.ontologies.logic import OntologyIndex, check_label

__all__ = ["Known", "OntologyIndex", "resolve"]


@dataclass(frozen=True, slots=True)
class Known:
    """A class by its id, attributes by theirs, a skeleton's point names, and whether any of it is archived."""

    class_id: str
    attributes: dict[str, Any]
    points: Sequence[str]
    outdated: bool


def resolve(index: OntologyIndex, class_ref: str, shape: str, attributes: Any, pointer: str) -> Known:
    """What the ontology knows of a label. Raises Invalid: unknown class, another shape, unknown or wrong answers."""
    found = check_label(index, class_ref=class_ref, shape=shape, attributes=attributes, pointer=pointer)
    if found.errors:
        raise Invalid("The label does not fit the ontology.", errors=found.errors)
    return Known(found.class_id, found.attributes, found.points, found.outdated)
