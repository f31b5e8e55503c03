"""Ontologies: the blood cells of the API's own example."""

from __future__ import annotations

from copy import deepcopy
from itertools import count
from typing import Any

from apps.accounts.models import Organization, User
from apps.ontologies.logic import OntologyIndex, compile_index, read_definition
from apps.ontologies.models import Ontology
from apps.ontologies.operations import create_ontology

BLOOD: dict[str, Any] = {
    "objects": [
        {
            "name": "RBC",
            "shape": "bounding_box",
            "color": "#c92a2a",
            "skill": None,
            "attributes": [
                {
                    "name": "overlap",
                    "type": "radio",
                    "required": False,
                    "options": [
                        {"value": "none"},
                        {"value": "partial", "attributes": [{"name": "with", "type": "text", "required": True}]},
                    ],
                },
                {"name": "flags", "type": "checklist", "options": [{"value": "cut"}, {"value": "blurred"}]},
                {"name": "count", "type": "number"},
                {"name": "sure", "type": "boolean", "required": True},
            ],
        },
        {"name": "WBC", "shape": "bounding_box"},
        {
            "name": "hand",
            "shape": "skeleton",
            "template": {"points": ["wrist", "thumb", "index"], "edges": [[0, 1], [0, 2]]},
        },
    ],
    "classifications": [
        {"name": "focus", "type": "radio", "required": True, "options": [{"value": "sharp"}, {"value": "blurred"}]}
    ],
}


def blood() -> dict[str, Any]:
    """A copy to change."""
    return deepcopy(BLOOD)


def numbered_ids() -> Any:
    """Ids in order, for rules that are tried without a database."""
    numbers = count(1)
    return lambda: f"00000000-0000-7000-8000-{next(numbers):012d}"


def blood_index() -> OntologyIndex:
    return compile_index("ontology", 1, read_definition(blood(), make_id=numbered_ids()))


def make_ontology(
    organization: Organization, body: dict[str, Any] | None = None, *, created_by: User | None = None
) -> Ontology:
    """An ontology at version 1: the blood cells unless told."""
    return create_ontology(organization=organization, name="Blood cells", body=body or blood(), created_by=created_by)
