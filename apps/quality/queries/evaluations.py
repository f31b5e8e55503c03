"""Reads of evaluations: the newest of a model, its file, and what its classes are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any
from uuid import UUID

import numpy as np
from django.core.files.storage import default_storage

from apps.common.errors import Conflict, Invalid, NotFound
from apps.inference.models import PredictionModel
from apps.ontologies.logic import OntologyIndex
from apps.quality.logic.checks import Array
from apps.quality.logic.evaluated import Table
from apps.quality.logic.evaluation import ANY, NOTHING
from apps.quality.models import Evaluation

NOTHING_NAME = "nothing"
HELD = 2
"""Files that a process keeps in memory: some 130 bytes a prediction."""


def latest_evaluation(project_id: UUID, model: PredictionModel | None) -> Evaluation:
    """The newest one that is ready, of the model or of any. Raises NotFound."""
    rows = Evaluation.objects.filter(project_id=project_id, state="ready").select_related("model")
    found = (rows if model is None else rows.filter(model=model)).order_by("-id").first()
    if found is None:
        raise NotFound
    return found


@lru_cache(maxsize=HELD)
def table_at(key: str) -> Table:
    """The file never changes. Raises Conflict where it is gone."""
    try:
        with default_storage.open(key, "rb") as file, np.load(BytesIO(file.read()), allow_pickle=False) as arrays:
            return Table.of(dict(arrays))
    except FileNotFoundError:
        raise Conflict("The evaluation's matches are not kept any more; evaluate anew.", code="file_gone") from None


def table_of(evaluation: Evaluation) -> Table | None:
    """Its matches; None where nothing could be compared."""
    return table_at(evaluation.key) if evaluation.summary.get("units") else None


@dataclass(frozen=True, slots=True)
class Named:
    """A class, or an answer of a classification: its number in the file, its key, its present name."""

    number: int
    key: str
    name: str
    question: str | None


def names_of(evaluation: Evaluation, index: OntologyIndex) -> list[Named]:
    """By number; an answer is called ``question: answer``."""
    return [named(number, key, index) for number, key in enumerate(evaluation.summary.get("keys", ()))]


def named(number: int, key: str, index: OntologyIndex) -> Named:
    question, colon, option = key.partition(":")
    if not colon:
        return Named(number, key, index.class_name(key), None)
    entry = index.find(question)
    options: Mapping[str, Any] = entry.attributes.entries[0].options if entry else {}
    said = options[option].value if option in options else option
    return Named(number, key, f"{index.class_name(question)}: {said}", question)


def number_of(names: Sequence[Named], asked: str | None, pointer: str) -> int:
    """The number of a class that a request names by id or name; NOTHING and ANY. Raises Invalid."""
    if asked is None:
        return ANY
    if asked == NOTHING_NAME:
        return NOTHING
    found = next((one.number for one in names if asked in (one.key, one.name)), None)
    if found is None:
        raise Invalid.at(pointer, "The evaluation has no such class.", code="unknown_class")
    return found


def subset_number(evaluation: Evaluation, asked: str | None) -> int | None:
    """Raises Invalid at /subset."""
    if asked is None:
        return None
    subsets: list[str] = evaluation.summary.get("subsets", [])
    if asked not in subsets:
        raise Invalid.at("/subset", "The evaluation has no such subset.", code="unknown_subset")
    return subsets.index(asked)


def uuids(ids: Array) -> list[UUID]:
    """From rows of 16 bytes."""
    return [UUID(bytes=row.tobytes()) for row in ids]
