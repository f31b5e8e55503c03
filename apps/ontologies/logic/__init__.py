"""Pure rules of ontologies: definitions, answers, changes. No Django, no clock, no randomness."""

from __future__ import annotations

from apps.ontologies.logic.answers import Answer, Missing, check_label, missing_required, show_attributes
from apps.ontologies.logic.definition import EMPTY, read_definition
from apps.ontologies.logic.index import (
    AttributeEntry,
    AttributeTable,
    ClassEntry,
    OntologyIndex,
    OptionEntry,
    compile_index,
)
from apps.ontologies.logic.limits import CLASSIFICATION, SHAPES, TYPES

__all__ = [
    "CLASSIFICATION",
    "EMPTY",
    "SHAPES",
    "TYPES",
    "Answer",
    "AttributeEntry",
    "AttributeTable",
    "ClassEntry",
    "Missing",
    "OntologyIndex",
    "OptionEntry",
    "check_label",
    "compile_index",
    "missing_required",
    "read_definition",
    "show_attributes",
]
