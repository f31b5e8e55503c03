"""What a prediction may say: a label of the ontology with a confidence, and perhaps a probability per class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.common.errors import FieldError
from apps.ontologies.logic import Answer, ClassEntry, OntologyIndex, check_label

MEMBERS = frozenset({"id", "class", "shape", "geometry", "attributes", "confidence", "probabilities"})
MAX_LABELS = 2_000
MAX_PROBABILITIES = 2_000
SUM_TOLERANCE = 1e-3
ROUNDING = 1e-9
"""Beyond it the sum of many rounded numbers may stray by itself."""


@dataclass(frozen=True, slots=True)
class PredictedLabel:
    """A sound prediction in stored form; its geometry is still to be checked against the image. ``answer`` has the
    class."""

    answer: Answer
    label_id: UUID | None
    shape: str
    geometry: Any
    confidence: float
    probabilities: dict[str, float] = field(default_factory=dict)


class _Errors(list[FieldError]):
    def note(self, pointer: str, code: str, detail: str) -> None:
        self.append(FieldError(pointer, code, detail))


def read_prediction(index: OntologyIndex, raw: Any, pointer: str) -> PredictedLabel | Sequence[FieldError]:
    """One label of a prediction, or what is wrong with it."""
    errors = _Errors()
    if not isinstance(raw, Mapping):
        errors.note(pointer, "not_an_object", "A label is an object.")
        return errors
    for name in raw:
        if name not in MEMBERS:
            errors.note(f"{pointer}/{name}", "unknown_field", "There is no such member.")
    answer = check_label(index, raw.get("class"), raw.get("shape"), raw.get("attributes"), pointer=pointer)
    errors += answer.errors
    label_id = _read_id(errors, raw.get("id"), f"{pointer}/id")
    confidence = _share(errors, raw.get("confidence"), f"{pointer}/confidence")
    probabilities: dict[str, float] = {}
    if answer.entry is not None:
        if answer.entry.is_classification and not answer.attributes and not answer.errors:
            errors.note(f"{pointer}/attributes", "required", "A classification says its answer in attributes.")
        given = raw.get("probabilities")
        probabilities = _read_probabilities(errors, index, answer.entry, given, f"{pointer}/probabilities")
    if errors:
        return errors
    return PredictedLabel(answer, label_id, raw["shape"], raw.get("geometry"), confidence, probabilities)


def _read_id(errors: _Errors, value: Any, pointer: str) -> UUID | None:
    if value is None:
        return None
    try:
        return UUID(value) if isinstance(value, str) else value if isinstance(value, UUID) else UUID("")
    except ValueError:
        errors.note(pointer, "bad_id", "This is not a UUID.")
        return None


def _share(errors: _Errors, value: Any, pointer: str) -> float:
    """A finite number from 0 to 1."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 <= value <= 1:
        errors.note(pointer, "out_of_range", "This is a number from 0 to 1.")
        return 0.0
    return float(value)


def _read_probabilities(
    errors: _Errors, index: OntologyIndex, entry: ClassEntry, raw: Any, pointer: str
) -> dict[str, float]:
    """By ids. Of an object they are of classes, of a classification of its options."""
    if raw is None:
        return {}
    if not isinstance(raw, Mapping) or not 1 <= len(raw) <= MAX_PROBABILITIES:
        errors.note(pointer, "not_an_object", "probabilities maps classes to probabilities.")
        return {}
    found: dict[str, float] = {}
    for name, value in raw.items():
        here = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
        ident = _id_of(index, entry, name)
        if ident is None:
            errors.note(here, "unknown_class", "The ontology has no such class or option.")
        elif ident in found:
            errors.note(here, "repeated_class", "This class is there twice.")
        else:
            found[ident] = _share(errors, value, here)
    if len(found) == len(raw) and abs(math.fsum(found.values()) - 1) > SUM_TOLERANCE + ROUNDING:
        errors.note(pointer, "bad_sum", f"The probabilities sum to 1 within {SUM_TOLERANCE}.")
    return found


def _id_of(index: OntologyIndex, entry: ClassEntry, name: Any) -> str | None:
    if entry.is_classification:
        option = entry.attributes.entries[0].options.get(name)
        return option.id if option else None
    found = index.find(name)
    return None if found is None or found.is_classification else found.id


def show_probabilities(index: OntologyIndex, class_id: str, stored: Mapping[str, float]) -> dict[str, float]:
    """By present names; unknown ids stay as they are."""
    entry = index.find(class_id)
    if entry is None or not entry.is_classification:
        return {index.class_name(ident): value for ident, value in stored.items()}
    options = entry.attributes.entries[0].options
    return {options[ident].value if ident in options else ident: value for ident, value in stored.items()}
